"""What each wire format's words for the end of an answer mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chatbot.core.events import EndMarker, FinishReason, Verdict
from tests.providers.asking import provider
from tests.tables import each

ANSWERS: dict[str, Callable[[str], Any]] = {
    "openai": lambda reason: {"choices": [{"message": {"content": None}, "finish_reason": reason}]},
    "anthropic": lambda reason: {"type": "message", "content": [], "stop_reason": reason},
    "gemini": lambda reason: {"candidates": [{"finishReason": reason}]},
}
# A word from next year is an answer all the same; a wish for a tool is told as one.
MEANINGS = {
    "openai": {
        Verdict.COMPLETE: "stop tool_calls function_call eos a_word_from_next_year",
        Verdict.LENGTH: "length model_length",
        Verdict.FILTERED: "content_filter",
        Verdict.FAILED: "error insufficient_system_resource",
    },
    "anthropic": {
        Verdict.COMPLETE: "end_turn stop_sequence tool_use a_word_from_next_year",
        Verdict.LENGTH: "max_tokens model_context_window_exceeded",
        Verdict.CUT: "pause_turn",
        Verdict.REFUSED: "refusal",
    },
    "gemini": {
        Verdict.COMPLETE: "STOP UNEXPECTED_TOOL_CALL OTHER A_WORD_FROM_NEXT_YEAR",
        Verdict.LENGTH: "MAX_TOKENS",
        Verdict.FILTERED: "SAFETY PROHIBITED_CONTENT BLOCKLIST SPII RECITATION LANGUAGE IMAGE_SAFETY "
        "IMAGE_PROHIBITED_CONTENT IMAGE_RECITATION MODEL_ARMOR",
        Verdict.FAILED: "MALFORMED_FUNCTION_CALL MALFORMED_RESPONSE MISSING_THOUGHT_SIGNATURE TOO_MANY_TOOL_CALLS",
    },
}
CASES = [
    (wire, reason, verdict)
    for wire, meanings in MEANINGS.items()
    for verdict, reasons in meanings.items()
    for reason in reasons.split()
]


@each("wire, reason, verdict", CASES)
def test_each_finish_reason_has_its_verdict(wire: str, reason: str, verdict: Verdict) -> None:
    ends = [EndMarker()] if wire == "anthropic" else []
    assert list(provider(wire).read_answer(ANSWERS[wire](reason))) == [FinishReason(reason, verdict), *ends]
