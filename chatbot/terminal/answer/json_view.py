"""An answer as one JSON object, for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chatbot.core.calls.steps import Step
from chatbot.core.cost.answer import cost_json
from chatbot.core.events import AnswerPart, Event, TextDelta
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
        "usage": finished.usage and finished.usage._asdict(),
        "cost": cost_json(result.cost, finished.usage),
        "request_id": finished.request_id,
        "attempts": finished.attempts,
        "parts": [_part_json(part) for part in finished.parts] or None,
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


def _part_json(part: AnswerPart) -> dict[str, Any]:
    """Which characters (Unicode code points) of the text one model said, and whether the seam before them was found."""
    finished = part.finished
    return {
        "start": part.start,
        "end": part.end,
        "joined": part.is_joined,
        "provider": part.provider or None,
        "model": finished.model or None,
        "verdict": str(finished.verdict),
        "usage": finished.usage and finished.usage._asdict(),
        "request_id": finished.request_id,
        "attempts": finished.attempts,
    }
