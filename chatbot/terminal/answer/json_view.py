"""An answer as one JSON object, for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chatbot.core.calls.steps import Step
from chatbot.core.cost.answer import cost_json
from chatbot.core.events import Event, TextDelta
from chatbot.core.json_text import dumps
from chatbot.terminal.answer.show_events import AnswerResult, View
from chatbot.terminal.failures import exit_code


class JsonView:
    """A View that shows what goes beside the answer, and nothing of the answer itself."""

    def __init__(self, beside: View) -> None:
        self._beside = beside
        self.frame, self.withdraw, self.close = beside.frame, beside.withdraw, beside.close

    def show(self, events: Sequence[Event], now_s: float) -> None:
        self._beside.show([event for event in events if type(event) is not TextDelta], now_s)


def as_json(
    result: AnswerResult, provider: str, model: str, traffic: Mapping[str, int], more: Mapping[str, Any] = {}
) -> bytes:
    """The result as a line of JSON (UTF-8): the text, how it ended, what it took, what went wrong; and `more`."""
    finished = result.finished
    error = finished.error
    document = {
        "text": result.text,
        **more,
        **({"steps": list(map(_step, result.steps))} if result.steps else {}),
        "reasoning": result.reasoning or None,
        "verdict": str(finished.verdict),
        "finish_reason": finished.finish_reason,
        "provider": provider,
        "model": finished.model or model or None,
        "usage": None
        if finished.usage is None
        else {
            "input_tokens": finished.usage.input_tokens,
            "output_tokens": finished.usage.output_tokens,
            "reasoning_tokens": finished.usage.reasoning_tokens,
            "cached_tokens": finished.usage.cached_tokens,
            "cache_write_tokens": finished.usage.cache_write_tokens,
        },
        "cost": cost_json(result.cost, finished.usage),
        "request_id": finished.request_id,
        "attempts": finished.attempts,
        "traffic": dict(traffic),
        "cache": finished.cache and finished.cache._asdict(),
        "error": None
        if error is None
        else {
            "type": type(error).__name__,
            "message": str(error),
            "said": error.said or None,
            "status": error.status,
            "advice": error.advice or None,
            "retryable": error.retryable,
        },
        "exit_code": exit_code(finished),
    }
    return dumps(document).encode() + b"\n"


def _step(step: Step) -> dict[str, Any]:
    """A step; what is handed back to the provider is no concern of programs."""
    from chatbot.core.conversations.json_form import plain_step

    return {name: value for name, value in plain_step(step).items() if name != "items"}
