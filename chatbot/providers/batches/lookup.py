"""The batch engine of a service."""

from __future__ import annotations

from chatbot.core.options import Options
from chatbot.providers.batches.base import BatchEngine
from chatbot.providers.wires.base import Provider


def engine_for(provider: Provider, options: Options) -> BatchEngine:
    """The engine that goes with the wire format; services compatible with OpenAI have its engine, or none."""
    wire = provider.service.wire
    if wire == "anthropic":
        from chatbot.providers.batches.anthropic import AnthropicBatches

        return AnthropicBatches(provider, options)
    if wire == "gemini":
        from chatbot.providers.batches.gemini import GeminiBatches

        return GeminiBatches(provider, options)
    from chatbot.providers.batches.openai import OpenAIBatches

    return OpenAIBatches(provider, options)
