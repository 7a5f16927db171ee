"""The wire formats, all of them: what holds in one is tested in each."""

from __future__ import annotations

from typing import get_args

from chatbot.providers import services
from chatbot.providers.service import Service, Wire, api_of

WIRES: tuple[Wire, ...] = get_args(Wire)


def service_named(name: str) -> Service:
    """The service of that name; for a wire format that is nobody's first one, OpenAI in it."""
    return services.find(name) if name in services.BY_NAME else services.find("openai").spoken_to(api_of(name))
