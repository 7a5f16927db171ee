"""What `-v` tells of an exchange: `*` what chat did, `>` what it sent, `<` what came back, as curl does.

Level 1 has the heads, level 2 also the request's body and each server-sent event, level 3 also the borders of chunks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import urlsplit

from rich.style import Style

from chatbot.core import events
from chatbot.core.amounts import duration_words, size_words, step_words
from chatbot.core.http.bodies import shown_body
from chatbot.core.http.exchange import Chunk, SafeEvent, SafeExchange
from chatbot.core.redaction.redactor import HIDDEN
from chatbot.terminal.markdown.look import DIM, PLAIN
from chatbot.terminal.markdown.row import Row

GOOD, BAD, AMBER = Style(color="green", bold=True), Style(color="red", bold=True), Style(color="yellow", bold=True)
_MASKED = Style(color="yellow")
_SHOWN_HEADERS = ("content-type", "retry-after", "retry-after-ms")  # in the first row of an answer, at level 1


def request_rows(exchange: SafeExchange, level: int) -> Iterator[Row]:
    """The connection, and what was sent over it."""
    yield from _connection_row(exchange)
    path = urlsplit(exchange.url)
    target = path.path + (f"?{path.query}" if path.query else "")
    size = f"  {size_words(len(exchange.request_body))}" if exchange.request_body else ""
    yield _row("> ", (f"{exchange.method} {target}", PLAIN), (size, DIM))
    for name, value in exchange.request_headers:
        yield _header_row("> ", name, value)
    if level >= 2 and exchange.request_body:
        yield _row("> ")
        for line in shown_body(exchange.request_body).splitlines():
            yield _row("> ", (line, PLAIN))


def _connection_row(exchange: SafeExchange) -> Iterator[Row]:
    connection, moments = exchange.connection, exchange.moments
    if not connection.address:
        return
    if connection.is_reused:
        words = f"same connection to {connection.address}"
    else:
        ready_ms = moments.secured_ms or moments.connected_ms
        words = f"connected to {connection.address}" + (f" in {step_words(ready_ms)}" if ready_ms else "")
    details = [connection.tls, f"proxy {connection.proxy}" if connection.proxy else ""]
    yield remark(", ".join([words, *filter(None, details)]))


def response_rows(exchange: SafeExchange, level: int) -> Iterator[Row]:
    """The head of the answer."""
    if exchange.status is None:
        return
    status = (f"{exchange.status} {exchange.reason}".rstrip(), status_style(exchange.status))
    version = f"HTTP/{exchange.connection.http_version}  " if exchange.connection.http_version else ""
    yield _row("< ", (version, DIM), status, (f"  after {_ms(exchange.moments.answered_ms)}", DIM))
    for name, value in exchange.response_headers:
        if level >= 2 or name.lower() in _SHOWN_HEADERS or "request-id" in name.lower() or "limit" in name.lower():
            yield _header_row("< ", name, value)


def body_rows(exchange: SafeExchange, level: int) -> Iterator[Row]:
    """The body of an answer that was not told event by event."""
    if level >= 2 and exchange.chunks:
        for line in shown_body(exchange.response_body).splitlines():
            yield _row("< ", (line, PLAIN))


def event_rows(seen: SafeEvent) -> Iterator[Row]:
    """A server-sent event: when it came, its data as it came, and what it added to the answer."""
    yield Row((("< ", DIM), (_event_head(seen), DIM), (seen.event.data, PLAIN)), raw=True)
    if words := _event_words(seen):
        yield Row((("* ", DIM), (words, DIM)), raw=True)


def event_lines(safe: Iterable[SafeEvent]) -> list[str]:
    """The texts of those rows, of many events."""
    lines = []
    for seen in safe:
        lines.append(f"< {_event_head(seen)}{seen.event.data}")
        if words := _event_words(seen):
            lines.append(f"* {words}")
    return lines


def _event_head(seen: SafeEvent) -> str:
    kind = seen.event.type
    return _clock(seen.at_ms) if kind == "message" else f"{_clock(seen.at_ms)}{kind}  "


def _event_words(seen: SafeEvent) -> str:
    words = ", ".join([added_words(part) for part in seen.added])
    if seen.error:
        words += f", {seen.error}" if words else seen.error
    return words and " " * 11 + words


def added_words(part: events.ProviderEvent) -> str:
    """What one thing that an event said is."""
    if type(part) is events.TextDelta:  # nearly all are, and this is what is read for each event
        return f"text {part.text!r}"
    match part:
        case events.TextDelta(text) | events.Notice(text):
            return f"text {text!r}"
        case events.ReasoningDelta(text):
            return f"reasoning {text!r}"
        case events.CallPiece():
            return f"call {part.name} {part.arguments!r}" if part.name else f"call {part.arguments!r}"
        case events.Usage():
            return usage_words(part)
        case events.FinishReason():
            return f"finish reason {part.reason}"
        case events.OutputItems():
            return "items to hand back"
        case events.EndMarker():
            return "the end"


def chunk_row(number: int, chunk: Chunk) -> Row:
    """Where a piece of the body ended that came at once."""
    return remark(f"{_clock(chunk.at_ms)}chunk {number}: {size_words(len(chunk.data))}")


def end_rows(exchange: SafeExchange, level: int, event_count: int | None = None) -> Iterator[Row]:
    """How it ended, in bytes and in what it meant."""
    words = [_ending(exchange)]
    if event_count:
        words.append(f"{event_count} events")
    if exchange.usage:
        words.append(usage_words(exchange.usage))
    if told := "   ".join(filter(None, words)):
        yield remark(told)
    if exchange.wait:
        yield remark(f"waits {duration_words(exchange.wait.delay_s)}: {exchange.wait.reason}")
    body = exchange.body_bytes
    if level >= 3 and exchange.status is not None:
        wire = "" if exchange.wire_bytes in (None, body) else f", {size_words(exchange.wire_bytes or 0)} on the wire"
        yield remark(f"{size_words(body)} in {len(exchange.chunks)} chunks{wire}")


def _ending(exchange: SafeExchange) -> str:
    after = f" after {_ms(exchange.moments.ended_ms)}" if exchange.moments.ended_ms else ""
    if exchange.verdict:
        reason = f" ({exchange.finish_reason})" if exchange.finish_reason else ""
        return exchange.verdict + reason + (f": {exchange.error}" if exchange.error else "")
    if exchange.end == "eof":
        return "" if exchange.status is None or exchange.status < 300 else f"the answer is an error{after}"
    return (exchange.error or exchange.end or "still going on") + after


def usage_words(usage: events.Usage) -> str:
    """`9 in, 8 out`, with those that were reasoning or came from the provider's cache."""
    pairs = (
        (usage.input_tokens, "in"),
        (usage.cached_tokens, "cached"),
        (usage.output_tokens, "out"),
        (usage.reasoning_tokens, "reasoning"),
    )
    return ", ".join(
        f"{count} {word}" for count, word in pairs if count is not None and (count or word in ("in", "out"))
    )


def remark(words: str) -> Row:
    """A row of what chat did."""
    return _row("* ", (words, DIM))


def status_style(status: int | None) -> Style:
    """Green, amber or red, as the status is good, may pass, or is not good."""
    if status is None:
        return BAD
    return GOOD if status < 300 else AMBER if status < 400 or status in (408, 409, 425, 429) or status >= 500 else BAD


def _header_row(sign: str, name: str, value: str) -> Row:
    shown, hidden, rest = value.partition(HIDDEN)
    return _row(sign, (f"{name}: {shown}", DIM), (hidden, _MASKED), (rest, DIM))


def _row(sign: str, *runs: tuple[str, Style]) -> Row:
    return Row(((sign, DIM), *(run for run in runs if run[0])), raw=True)


@lru_cache(maxsize=1)  # events that came at once have one time
def _clock(at_ms: float) -> str:
    return f"{_ms(at_ms):>9}  "


def _ms(at_ms: float | None) -> str:
    return "-" if at_ms is None else step_words(at_ms)
