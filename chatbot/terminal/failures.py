"""An error or a verdict as a few friendly lines, and its exit code."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from chatbot.core.amounts import duration_words, short
from chatbot.core.errors import ChatError, ProgramFault, SchemaMismatch
from chatbot.core.events import Finished, Usage, Verdict
from chatbot.terminal import advice

EXIT_CODES = {
    Verdict.COMPLETE: 0,
    Verdict.LENGTH: 0,
    Verdict.FILTERED: 1,
    Verdict.REFUSED: 1,
    Verdict.CUT: 74,
    Verdict.FAILED: 74,
    Verdict.EMPTY: 74,
    Verdict.CANCELLED: 130,
}

# What models say when they simply come to their end; any other reason of a complete answer is worth a word.
_ORDINARY = {"stop", "completed", "end_turn", "stop_sequence", "eos", "STOP"}
_TOOLS = {"tool_calls", "function_call", "tool_use", "UNEXPECTED_TOOL_CALL"}

_LIMIT_IN_SESSION = "/set max_tokens N raises it."
# What happened, what to do about it in the shell, and in a session, which says itself how it can go on.
_SENTENCES = {
    Verdict.LENGTH: (
        "the answer stops at the token limit",
        "Raise it with --max-tokens, or have it finished with --continue-cut.",
        _LIMIT_IN_SESSION,
    ),
    Verdict.FILTERED: (
        "the provider's filter withheld the answer",
        *["Rephrase the question, or ask another provider."] * 2,
    ),
    Verdict.REFUSED: ("the model declined to answer", "", ""),
    Verdict.CUT: ("the answer broke off before its end", "Run the same command again.", ""),
    Verdict.FAILED: ("the answer ended in an error", "Run the same command again.", ""),
    Verdict.EMPTY: (
        "the model ended without an answer",
        "Ask again, or choose another model with -m.",
        "/model NAME chooses another one.",
    ),
    Verdict.CANCELLED: ("stopped", "", ""),
}
_USED_UP = (
    "the model ended without an answer",
    "The token limit was used up before the answer began: raise it with --max-tokens.",
    f"The token limit was used up before the answer began: {_LIMIT_IN_SESSION}",
)


def exit_code(finished: Finished) -> int:
    """The exit code of an answer: that of its error, unless text was given out; then it is incomplete, 74,
    does not fit its schema, or shows a fault of our own.
    """
    if finished.error is not None and (
        not finished.has_text or isinstance(finished.error, (ProgramFault, SchemaMismatch))
    ):
        return finished.error.exit_code
    return EXIT_CODES[finished.verdict]


def error_lines(error: ChatError, request_id: str | None = None, *, in_session: bool = False) -> Iterator[str]:
    """What happened, what the provider said of it, what to do, and the request id: two to four lines."""
    yield str(error)
    if error.said and error.said not in str(error):
        yield f"it says: {error.said}"
    if error.retryable and error.retry_after_s and error.retry_after_s >= 1:
        yield f"It asks to wait {duration_words(error.retry_after_s)}."
    elif error.advice:
        yield from (advice.in_session(error.advice) if in_session else error.advice).splitlines()
    if error.request_id or request_id:
        yield f"request id: {error.request_id or request_id}"


def verdict_lines(finished: Finished, *, in_session: bool = False) -> Iterator[str]:
    """What a person should know of how an answer ended; nothing when it simply is complete."""
    yield from _seams(finished)
    if finished.verdict is Verdict.CUT and finished.has_text:
        yield f"{finished.error or 'the answer broke off before its end'}; what came is above"
        yield from filter(None, [_SENTENCES[Verdict.CUT][1 + in_session]])
    elif finished.error is not None:
        request_id = None if isinstance(finished.error, SchemaMismatch) else finished.request_id
        yield from error_lines(finished.error, request_id, in_session=in_session)
    elif finished.finish_reason in _TOOLS:
        yield f"the model asked for a tool, and chat has none ({finished.finish_reason})"
    elif finished.verdict is Verdict.CANCELLED and in_session:
        return  # the session tells it together with how to go on
    elif finished.verdict is not Verdict.COMPLETE:
        used_up = (finished.finish_reason or "").lower() in ("length", "max_tokens", "max_output_tokens")
        told = _USED_UP if finished.verdict is Verdict.EMPTY and used_up else _SENTENCES[finished.verdict]
        if finished.verdict is Verdict.LENGTH and finished.parts:
            told = (told[0], "Raise it with --max-tokens.", told[2])
        yield told[0] + (f" ({finished.finish_reason})" if finished.finish_reason else "")
        yield from filter(None, [told[1 + in_session]])
    elif finished.finish_reason and finished.finish_reason not in _ORDINARY:
        yield f"the model stopped for its own reason: {finished.finish_reason}"


def _seams(finished: Finished) -> Iterator[str]:
    """Where an answer broke off, who went on, and where that may have doubled a word."""
    for before, part in pairwise(finished.parts):
        who = "/".join(filter(None, (part.provider, part.finished.model)))
        if before.provider and part.end > part.start:
            yield f"the answer broke off at character {before.end}; {who} went on"
        if not part.is_joined and part.end > part.start:
            yield f"{who} did not repeat the last words: at character {part.start} a word may be doubled"
    asked = len(finished.parts) - 1
    if asked > 0 and finished.verdict is not Verdict.COMPLETE and finished.parts[0].provider:
        yield f"{asked} more {'request' if asked == 1 else 'requests'} did not bring it to its end"


def explained(verdict: Verdict) -> str:
    """What a verdict means, and what may be done about it, as sentences."""
    if verdict is Verdict.COMPLETE:
        return "The answer is complete."
    happened, advice, _ = _SENTENCES[verdict]
    return " ".join(filter(None, [f"{happened[0].upper()}{happened[1:]}.", advice]))


FROM_CACHE = "from the cache: cost 0"


def usage_line(usage: Usage | None, cost: str = "") -> str:
    """Tokens in and out as one line, and what they cost: `tokens: 1.2k in, 7 out (950 cached); $0.00123`."""
    usage = usage or Usage()
    told = [
        f"{short(count)} {name}"
        for count, name in ((usage.input_tokens, "in"), (usage.output_tokens, "out"))
        if count is not None
    ]
    inner = [
        f"{short(count)} {name}"
        for count, name in (
            (usage.cached_tokens, "cached"),
            (usage.cache_write_tokens, "written to the cache"),
            (usage.reasoning_tokens, "reasoning"),
        )
        if count
    ]
    if not told:
        told = ["the provider did not say"]
    return "; ".join(filter(None, ("tokens: " + ", ".join(told) + (f" ({', '.join(inner)})" if inner else ""), cost)))
