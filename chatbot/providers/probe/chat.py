"""Verdicts on answers in words: whole and streamed, and what limits or shapes them."""

from __future__ import annotations

from chatbot.core.http.exchange import SafeExchange
from chatbot.core.sse import decoder
from chatbot.providers.probe.finding import Finding, Seen
from chatbot.providers.probe.reading import (
    answered,
    choice,
    document,
    documents,
    events,
    excerpt,
    fault,
    finish_reason,
    message,
    text,
    usage,
)
from chatbot.providers.wires.base import integer

FEW_TOKENS = 16
STOP_WORD, BEFORE_STOP = "four", "three"
_NUMBERS = "one two three four five six seven eight nine ten"
SHORT_TEXT = f"Repeat exactly: {_NUMBERS}"
LONG_TEXT = f"Repeat exactly, every word of it: {' '.join([_NUMBERS] * 5)}"
_MANY_WORDS = 2 * FEW_TOKENS
_NO_STREAM = Finding("unknown", "no stream came")
_USAGE = ("prompt_tokens", "completion_tokens")


def chat(exchange: SafeExchange, seen: Seen) -> Finding:
    return Finding("yes") if _whole(seen) else fault(exchange) or Finding("unknown")


def usage_whole(exchange: SafeExchange, seen: Seen) -> Finding:
    whole = _whole(seen)
    return _usage(whole) if whole else fault(exchange) or Finding("unknown")


def _whole(seen: Seen) -> SafeExchange | None:
    """An answer in one piece to an ordinary question."""
    asked = [seen[name] for name in ("max-tokens", "max-completion-tokens", "temperature", "system") if name in seen]
    return next((each for each in asked if answered(each) and document(each) is not None), None)


def limit(exchange: SafeExchange, seen: Seen) -> Finding:
    if found := fault(exchange):
        return found
    told = usage(exchange) or {}
    count = integer(told.get("completion_tokens"))
    words = len(text(exchange).split())
    if words > _MANY_WORDS or (count or 0) > FEW_TOKENS:
        return Finding("wrong", "ignored: the answer is longer", excerpt(text(exchange)))
    if finish_reason(exchange) == "length":
        return Finding("yes", "obeyed")
    return Finding("unknown", "taken, but the answer was short anyway", excerpt(text(exchange)))


def obeys(exchange: SafeExchange) -> bool:
    """Whether a limit was obeyed."""
    return limit(exchange, {}).answer == "yes"


def accepted(exchange: SafeExchange, seen: Seen) -> Finding:
    return fault(exchange) or Finding("yes", "taken")


def ignored(exchange: SafeExchange, seen: Seen) -> Finding:
    return fault(exchange) or Finding("yes", "ignored")


def stop(exchange: SafeExchange, seen: Seen) -> Finding:
    if found := fault(exchange):
        return found
    said = text(exchange).lower()
    if STOP_WORD in said:
        return Finding("wrong", "ignored: the word is in the answer", excerpt(text(exchange)))
    if BEFORE_STOP in said:
        return Finding("yes", "obeyed")
    return Finding("unknown", "taken, but the model did not come to the word", excerpt(text(exchange)))


def same_seed(exchange: SafeExchange, seen: Seen) -> Finding:
    if found := fault(exchange):
        return found
    before = seen.get("seed")
    if before is None or not answered(before):
        return Finding("unknown", "the first answer did not come")
    is_same = text(before) == text(exchange)
    return Finding("yes", "the same answer twice") if is_same else Finding("no", "two answers", excerpt(text(exchange)))


def refuses_stream_options(exchange: SafeExchange) -> bool:
    """Whether a stream is refused because its usage was asked for."""
    return exchange.status in (400, 422) and b"stream_options" in exchange.response_body


def streamed(exchange: SafeExchange, seen: Seen) -> Finding:
    if refuses_stream_options(exchange):
        return Finding("wrong", "stream_options is refused", excerpt(exchange.response_body))
    if found := fault(exchange):
        return found
    if document(exchange) is not None:
        return Finding("no", "the answer comes in one piece")
    if not finish_reason(exchange) and not _is_marked(exchange):
        end = excerpt(exchange.response_body[-160:])
        return Finding("wrong", "it ends without finish reason and end marker", end)
    at_ms = next((chunk.at_ms for chunk in exchange.chunks if chunk.data.strip()), 0.0)
    return Finding("yes", "", measured=f"first bytes after {at_ms:.0f} ms")


def content_type(exchange: SafeExchange, seen: Seen) -> Finding:
    if not _is_stream(exchange):
        return _NO_STREAM
    kind = exchange.header("content-type").partition(";")[0].strip()
    is_right = kind == "text/event-stream"
    return Finding(
        "yes" if is_right else "wrong", excerpt(kind) or "none", "" if is_right else f"content-type: {excerpt(kind)}"
    )


def end_marker(exchange: SafeExchange, seen: Seen) -> Finding:
    if not _is_stream(exchange):
        return _NO_STREAM
    if _is_marked(exchange):
        return Finding("yes", "[DONE]")
    return Finding("no", "ends without [DONE]", excerpt(exchange.response_body[-120:]))


def stream_usage(exchange: SafeExchange, seen: Seen) -> Finding:
    if refuses_stream_options(exchange):
        return Finding("no", "stream_options is refused")
    if not _is_stream(exchange):
        return _NO_STREAM
    telling = [said for said in documents(exchange) if isinstance(said.get("usage"), dict)]
    if not telling:
        return Finding("no", "not told, though asked for")
    found = _usage(exchange)
    if found.answer != "yes":
        return found
    if len(telling) > 1:
        return Finding("yes", "in several events")
    place = choice(telling[0])
    if not place:
        return Finding("yes", "in an event of its own")
    return Finding("yes", "in the event of the finish reason" if place.get("finish_reason") else "beside a choice")


def keep_alive(exchange: SafeExchange, seen: Seen) -> Finding:
    if not _is_stream(exchange):
        return _NO_STREAM
    lines = decoder.lines(chunk.data for chunk in exchange.chunks)
    comment = next((line for line in lines if line.startswith(b":")), None)
    return Finding("no", "none seen") if comment is None else Finding("yes", "comments", excerpt(comment))


def reasoning(exchange: SafeExchange, seen: Seen) -> Finding:
    found = {
        name for each in seen.values() if answered(each) for said in documents(each) for name in _reasoning_in(said)
    }
    if not found and any(text(each).lstrip().startswith("<think>") for each in seen.values()):
        found = {"<think> in the text"}
    return Finding("yes", ", ".join(sorted(found))) if found else Finding("no", "none seen")


def _reasoning_in(said: dict[str, object]) -> list[str]:
    part = message(said)
    named = [name for name in ("reasoning_content", "reasoning", "reasoning_details") if part.get(name)]
    content = part.get("content")
    kinds = [piece.get("type") for piece in content if isinstance(piece, dict)] if isinstance(content, list) else []
    return [*named, *(["thinking in content"] if "thinking" in kinds else [])]


def _usage(exchange: SafeExchange) -> Finding:
    told = usage(exchange)
    if told is None:
        return Finding("no", "not told")
    if any(integer(told.get(name)) is None for name in _USAGE):
        return Finding("wrong", f"without {' and '.join(_USAGE)}", excerpt(str(told)))
    return Finding("yes")


def _is_stream(exchange: SafeExchange) -> bool:
    return exchange.status == 200 and document(exchange) is None and bool(events(exchange))


def _is_marked(exchange: SafeExchange) -> bool:
    return any(data.strip() == "[DONE]" for data in events(exchange))
