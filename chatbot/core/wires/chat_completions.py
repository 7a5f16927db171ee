"""OpenAI Chat Completions as whoever answers in them writes them: the lab, and `chat serve`.

Source: platform.openai.com/docs/api-reference/chat.
"""

from __future__ import annotations

from typing import Any

from chatbot.core.events import Usage
from chatbot.records import NamedTuple

Json = dict[str, Any]
END = b"data: [DONE]\n\n"


class Head(NamedTuple):
    """What every document of one answer has; `created_s` in Unix seconds."""

    id: str
    model: str
    created_s: int

    def chunk(self, delta: Json, finish_reason: str | None = None) -> Json:
        """A piece of a streamed answer."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return self.with_choices("chat.completion.chunk", [choice])

    def usage_chunk(self, usage: Usage) -> Json:
        """The last piece, where usage was asked for."""
        return {**self.with_choices("chat.completion.chunk", []), "usage": usage_document(usage)}

    def completion(self, message: Json, finish_reason: str | None, usage: Usage) -> Json:
        """A whole answer."""
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason}
        return {**self.with_choices("chat.completion", [choice]), "usage": usage_document(usage)}

    def with_choices(self, kind: str, choices: list[Json]) -> Json:
        """A document of this kind."""
        return {"id": self.id, "object": kind, "created": self.created_s, "model": self.model, "choices": choices}


def usage_document(usage: Usage) -> Json:
    """What is not known counts as none: clients want numbers."""
    sent, answered = usage.input_tokens or 0, usage.output_tokens or 0
    return {
        "prompt_tokens": sent,
        "completion_tokens": answered,
        "total_tokens": sent + answered,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens or 0},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens or 0},
    }


def error(message: str, kind: str, code: str | None = None, parameter: str | None = None) -> Json:
    """An error, as a body or an event."""
    return {"error": {"message": message, "type": kind, "param": parameter, "code": code}}
