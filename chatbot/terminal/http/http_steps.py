"""What happens in the HTTP of an answer, told while it comes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice

from chatbot.core.http.exchange import Chunk, Exchange, SafeExchange, SeenEvent, Step
from chatbot.core.http.safe import safe_events
from chatbot.core.http.seen import Read, seen_events
from chatbot.records import NamedTuple
from chatbot.terminal.http.rows import as_text, plain_text
from chatbot.terminal.http.verbose import chunk_row, event_lines, event_rows, request_rows, response_rows
from chatbot.terminal.markdown.row import Row
from chatbot.terminal.sanitise import sanitise

_EVENT_ENDS = (b"\n\n", b"\r\n\r\n", b"\n\r", b"\r\r")  # two line ends, be they LF, CRLF or CR
_EVENTS_AT_ONCE = 200  # many that live at once cost the garbage collector as much time as they cost to make


class Telling(NamedTuple):
    """How much is told, and how: `read` says what an event means; `safe` takes the keys out of a record, `redact` out
    of a text; `after_head` stands between the head of an answer and its words. `done` says whether some work came to
    its end: what did not is not tried again. `tell` writes text, which has `styles` or not.
    """

    level: int
    read: Read
    safe: Callable[[Exchange], SafeExchange]
    redact: Callable[[str], str]
    after_head: Sequence[Row]
    tell: Callable[[str], None]
    done: Callable[[Callable[[], object]], bool]
    styles: bool = False


class HttpSteps:
    """Tells what happened in the HTTP of an answer, each time it is called: `steps` gives what did since the last time,
    `withdraw` makes room on the screen.
    """

    def __init__(self, withdraw: Callable[[], None], steps: Callable[[bool], Iterable[Step]], telling: Telling) -> None:
        self._withdraw = withdraw
        self._steps = steps
        self._level, self._read, self._safe, self._redact, self._after_head, self._tell, self._done, self._styles = (
            telling
        )
        self._has_failed = False
        self._told_request = ""  # whose head was told
        self._held = b""  # an event that has not ended yet
        self._chunks = 0
        self._events: dict[str, int] = {}

    def __call__(self, is_over: bool) -> None:
        steps = self._steps(is_over)  # also where they are not told any more: they go into files too
        coming = iter(()) if self._has_failed else self._texts(steps)
        while not self._has_failed:
            texts: list[str] = []
            self._has_failed = not self._done(lambda: texts.extend(islice(coming, 1)))  # noqa: B023
            if not texts:
                return
            if text := texts[0]:
                self._withdraw()
                self._has_failed |= not self._done(lambda: self._tell(text))

    def events(self, exchange: Exchange) -> int | None:
        """How many were told of it; None where not all were."""
        return None if self._has_failed or self._level < 2 else self._events.get(exchange.id, 0)

    def _texts(self, steps: Iterable[Step]) -> Iterator[str]:
        events: list[SeenEvent] = []
        for step in steps:
            is_told = step.chunk is None or self._level >= 3
            if events and (is_told or len(events) >= _EVENTS_AT_ONCE):
                yield self._event_text(events)
                events = []
            if is_told:
                yield as_text(self._rows(step), styles=self._styles)
            if step.chunk is not None:
                whole = self._whole_events(step.chunk)
                events += seen_events([whole], self._read) if step.events is None else step.events
        yield self._event_text(events)

    def _rows(self, step: Step) -> Iterator[Row]:
        if step.chunk is not None:
            self._chunks += 1
            yield chunk_row(self._chunks, step.chunk)
            return
        level = self._level
        exchange = self._safe(step.exchange)
        if self._told_request != exchange.id:
            self._told_request, self._held, self._chunks = exchange.id, b"", 0
            yield from request_rows(exchange, level)
        if step.name == "answered":
            yield from response_rows(exchange, level)
            yield from self._after_head if (exchange.status or 0) < 300 else ()

    def _whole_events(self, chunk: Chunk) -> Chunk:
        """The chunk, from the beginning of an event to the end of one."""
        if not self._held and chunk.data.endswith(b"\n\n"):
            return chunk  # as nearly all are where each event comes alone
        held = self._held + chunk.data
        end = max(at + len(mark) if (at := held.rfind(mark)) >= 0 else 0 for mark in _EVENT_ENDS)
        self._held = held[end:]
        return chunk._replace(data=held[:end])

    def _event_text(self, events: Sequence[SeenEvent]) -> str:
        """The rows of some events, without keys."""
        self._events[self._told_request] = self._events.get(self._told_request, 0) + len(events)
        safe = safe_events(events, self._redact, sanitise)
        if not self._styles:
            return plain_text(event_lines(safe))
        return as_text(chain.from_iterable(map(event_rows, safe)), styles=True)
