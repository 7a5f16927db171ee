"""The wire format of a service: a new format is one file beside this one, and one branch here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatbot.core.options import Endpoint
from chatbot.providers import services
from chatbot.providers.service import Service
from chatbot.providers.wires.base import Provider

if TYPE_CHECKING:
    from chatbot.core.http.seen import Read


def provider_for(service: Service, endpoint: Endpoint) -> Provider:
    """The wire format that `service` speaks, at `endpoint`. Only that format's module is loaded."""
    if service.wire == "anthropic":
        from chatbot.providers.wires.anthropic import AnthropicMessages

        return AnthropicMessages(service, endpoint)
    if service.wire == "responses":
        from chatbot.providers.wires.responses import OpenAIResponses

        return OpenAIResponses(service, endpoint)
    if service.wire == "gemini":
        from chatbot.providers.wires.gemini import GeminiGenerate

        return GeminiGenerate(service, endpoint)
    from chatbot.providers.wires.openai import OpenAIChat

    return OpenAIChat(service, endpoint)


def speaker_of(wire: str) -> Provider:
    """A wire format at nobody's service, to read what anybody sent; of an unknown one, as of OpenAI's."""
    service = next((row for row in services.SERVICES if row.wire == wire), services.SERVICES[0])
    return provider_for(service, Endpoint(""))


def reader_for(wire: str) -> Read:
    """What reads an event of a wire format."""
    return speaker_of(wire).read_event
