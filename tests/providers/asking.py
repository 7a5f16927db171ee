"""What the tests of the wire formats ask, and of whom."""

from __future__ import annotations

import json
from typing import Any

from chatbot.core.messages import Conversation, Image
from chatbot.core.options import Endpoint, Options
from chatbot.core.request import HttpRequest
from chatbot.providers.wires import lookup
from chatbot.providers.wires.base import Provider
from tests.wires import service_named

URL = "https://api.example.com/v1"
PICTURE = Image("image/png", b"\x89PNG", 1, 1, "dot.png")
QUESTION = Conversation().asking("Why?")
TALK = Conversation(system="Be brief.").asking("One?").answered("Two.").asking("What is this?", (PICTURE,))


def provider(name: str, endpoint: Endpoint = Endpoint(URL)) -> Provider:  # noqa: B008  # it is frozen
    return lookup.provider_for(service_named(name), endpoint)


def payload(name: str, conversation: Conversation = QUESTION, **options: Any) -> dict[str, Any]:
    """The body in which the service `name` is asked."""
    return provider(name).payload(conversation, Options(**{"model": "m", **options}))


def request(name: str, endpoint: Endpoint = Endpoint(URL), **options: Any) -> HttpRequest:  # noqa: B008
    """The request with which the service `name` is asked."""
    wanted = Options(**{"model": "m", **options})
    asked = provider(name, endpoint)
    return asked.request(asked.payload(QUESTION, wanted), wanted)


def body_of(request: HttpRequest) -> Any:
    return json.loads(request.body)
