"""What happens in the HTTP of an answer, told while it comes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from chatbot.core.http.exchange import Chunk, Exchange, SafeExchange, Step
from chatbot.core.http.safe import safe_chunks
from chatbot.core.http.seen import Read, seen_events
from chatbot.terminal.http.rows import TellRows
from chatbot.terminal.http.verbose import chunk_row, event_rows, request_rows, response_rows
from chatbot.terminal.markdown.row import Row

_EVENT_ENDS = (b"\n\n", b"\r\n\r\n", b"\r\r")
_AT_ONCE_BYTES = 64 * 1024  # searched for keys
_ROWS_AT_ONCE = 200  # many that live at once cost the garbage collector as much time as they cost to make


class Telling(NamedTuple):
    """How much is told, and how: `read` says what an event means; `safe` takes the keys out of a record, `redact` out
    of a text; `after_head` stands between the head of an answer and its words. `done` says whether some work came to
    its end: what did not is not tried again.
    """

    level: int
    read: Read
    safe: Callable[[Exchange], SafeExchange]
    redact: Callable[[str], str]
    after_head: Sequence[Row]
    tell: TellRows
    done: Callable[[Callable[[], object]], bool]


class HttpSteps:
    """Tells what happened in the HTTP of an answer, each time it is called: `steps` gives what did since the last time,
    `withdraw` makes room on the screen.
    """

    def __init__(self, withdraw: Callable[[], None], steps: Callable[[], Iterable[Step]], telling: Telling) -> None:
        self._withdraw = withdraw
        self._steps = steps
        self._has_failed = False
        self._level, self._read, self._safe, self._redact, self._after_head, self._tell, self._done = telling
        self._told_request = ""  # whose head was told
        self._held = b""  # an event that has not ended yet
        self._chunks = 0

    def __call__(self) -> None:
        steps = self._steps()  # also where they are not told any more: they go into files too
        if self._has_failed:
            return
        coming = self._rows(steps)
        while not self._has_failed:
            rows: list[Row] = []
            self._has_failed = not self._done(lambda: rows.extend(islice(coming, _ROWS_AT_ONCE)))  # noqa: B023
            if not rows:
                return
            self._withdraw()
            self._has_failed = not self._done(lambda: self._tell(rows)) or self._has_failed  # noqa: B023

    def _rows(self, steps: Iterable[Step]) -> Iterator[Row]:
        came: list[Chunk] = []
        for step in steps:
            if step.chunk is not None:
                came.append(step.chunk)
                if self._level < 3:
                    continue
                self._chunks += 1
                yield chunk_row(self._chunks, step.chunk)
            yield from self._event_rows(came)
            came.clear()
            if step.chunk is None:
                yield from self._head_rows(step)
        yield from self._event_rows(came)

    def _head_rows(self, step: Step) -> Iterator[Row]:
        exchange = self._safe(step.exchange)
        if self._told_request != exchange.id:
            self._told_request, self._held, self._chunks = exchange.id, b"", 0
            yield from request_rows(exchange, self._level)
        if step.name == "answered":
            yield from response_rows(exchange, self._level)
            yield from self._after_head if (exchange.status or 0) < 300 else ()

    def _event_rows(self, came: Sequence[Chunk]) -> Iterator[Row]:
        """The events that are whole now; no key goes from one line to the next."""
        whole: list[Chunk] = []
        for chunk in came:
            self._held += chunk.data
            end = max(at + len(mark) if (at := self._held.rfind(mark)) >= 0 else 0 for mark in _EVENT_ENDS)
            if end:
                whole.append(chunk._replace(data=self._held[:end]))
                self._held = self._held[end:]
        for seen in seen_events(safe_chunks(whole, self._redact, _AT_ONCE_BYTES), self._read):
            yield from event_rows(seen)
