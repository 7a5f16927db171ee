"""The HTTP under the answers of one run: shown while it happens, and handed on when it is over."""

from __future__ import annotations

import random
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING

from chatbot.cli.ask.setup import Setup
from chatbot.cli.ask.wire.exchanges import Beginning, Exchanges
from chatbot.cli.output import stdio
from chatbot.core.errors import FileUnwritable, UsageError
from chatbot.core.events import Finished
from chatbot.core.http.exchange import (
    MAX_KEPT_BYTES,
    ConnectionFacts,
    Exchange,
    Moments,
    SafeExchange,
    SeenEvent,
    Step,
    StoredChunks,
)
from chatbot.outside.desktop.streams import is_terminal
from chatbot.outside.http.observed import LiveExchange
from chatbot.terminal.best_effort import LIMIT_S

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from chatbot.core.events import ProviderEvent
    from chatbot.core.http.kept import KeptExchange
    from chatbot.core.http.seen import Arrivals, Read
    from chatbot.core.sse.decoder import SseEvent
    from chatbot.providers.wires.base import Provider
    from chatbot.terminal.answer.show_events import View
    from chatbot.terminal.best_effort import BestEffort
    from chatbot.terminal.markdown.row import Row

CANNOT_SHOW = "the HTTP cannot be shown"
CANNOT_KEEP = "the HTTP is not kept whole"
_MANY_STEPS, _PAUSE_S, _LONGEST_PAUSE_S = 24, 0.001, 0.1
_BYTES_PER_S = 500_000  # of a body that the slowest and busiest machine searches for keys and writes


class AnswerHttp:
    """`read` says what an event means."""

    def __init__(self, setup: Setup, facts: Callable[[], tuple[ConnectionFacts, Moments]], read: Read) -> None:
        self._notices = setup.notices
        self._wanted = setup.arguments.http
        self._decided = setup.target.decided
        self._read = read
        self._route = setup.route
        self._steps: SimpleQueue[Step] = SimpleQueue()
        self._unread: list[Step] = []  # the last chunk, until the session wants another one
        self._noted: list[SeenEvent] | None = None
        self._came_ms = 0.0
        self._files = setup.files
        self._head: Exchange | None = None  # of the exchange that goes on, as it was before its body
        self._wake: Callable[[], None] = lambda: None
        self._withdraw: Callable[[], None] = lambda: None
        self._best_effort: BestEffort | None = None
        self._tell_steps: Callable[[bool], object] = self._new_steps
        self._told_events: Callable[[Exchange], int | None] = lambda exchange: None
        self._has_gap = False  # a file got not every step, and gets no more: what hangs once does so each time
        self._fault: OSError | None = None  # a body could not be kept whole
        self._answered_bytes = 0  # in all bodies so far
        self._safe_ones: dict[int, tuple[Exchange, SafeExchange]] = {}
        wanted = self._wanted
        wants_all = (
            wanted.verbose or wanted.timing or wanted.log_file or wanted.har or wanted.receipt
        )  # a cassette has it already
        new_file = self._new_file if wants_all else None
        self.exchanges = Exchanges(
            Beginning(setup.target, facts, time.time, random.random, MAX_KEPT_BYTES, new_file), self._note
        )

    def _new_file(self) -> BinaryIO:
        """Where a long body goes: where the person wants it in the end, if anywhere."""
        from chatbot.outside.files.private import unnamed_file

        named = self._wanted.log_file or self._wanted.har
        return unnamed_file(named.parent if named else None)

    def last(self, form: str, key_variable: str) -> str:
        """The exchange that asked the last question last, in a form. Raises UsageError where there is none."""
        from chatbot.core.http.outcome import asking
        from chatbot.outside.http.proxies import effective
        from chatbot.terminal.http.snippets.forms import snippet

        exchanges = self.exchanges.all
        if not exchanges:
            raise UsageError("nothing was asked yet", advice="Ask something first.")
        exchange = self._safe(asking(exchanges))
        return snippet(exchange, form, key_variable, effective(self._route, exchange.url))

    def kept(self) -> list[KeptExchange]:
        """The exchanges of the last question, for the history."""
        from chatbot.core.http.kept import kept

        return [kept(exchange) for exchange in self._all_safe()]

    def noting(self, provider: Provider) -> Provider:
        """The provider as a session has it: what it reads of the events is not read again to be told."""
        if self._wanted.verbose >= 2:
            from chatbot.core.http.seen import noting

            provider.read_stream = noting(provider.read_stream, self._note_event, self._read_no_more)  # type: ignore[method-assign, assignment]
        return provider

    def _note_event(self, event: SseEvent, said: list[ProviderEvent]) -> None:
        if self._noted is None:
            self._noted = []
        self._noted.append(SeenEvent(self._came_ms, event, tuple(said)))

    def _read_no_more(self) -> None:
        self._noted = None  # also of the last chunk, which was read in part

    def _note(self, exchange: LiveExchange, name: str) -> None:
        """In the thread of the network: what is told of it, the other thread does."""
        self._fault = self._fault or exchange.fault
        verbose, records = self._wanted.verbose, self._wanted.record is not None
        is_of_body = name in ("chunk", "read")
        if records or (verbose and (not is_of_body or verbose >= 2)):
            if not is_of_body or self._head is None:
                self._head = exchange.record(with_chunks=False)
            if name == "chunk" and (chunk := exchange.last_chunk):
                self._unread.append(Step(name, self._head, chunk))
                self._came_ms = chunk.at_ms
                return
            for step in self._unread_steps():
                self._steps.put(step._replace(events=self._noted if name == "read" else None))
            if name != "read":
                self._steps.put(Step(name, self._head))
            elif self._noted is not None:
                self._noted = []
            if self._steps.qsize() == 1:  # else whoever takes them has been woken already, and takes them all
                self._wake()
            ahead = self._steps.qsize() - _MANY_STEPS
            if ahead > 0:  # what comes faster than it is written would fill the memory
                time.sleep(min(ahead * _PAUSE_S, _LONGEST_PAUSE_S))

    def _unread_steps(self) -> list[Step]:
        """The last chunk, if nobody took it yet."""
        try:
            return [self._unread.pop()]
        except IndexError:
            return []

    def _new_steps(self, is_over: bool) -> list[Step]:
        """What came since the last time. A chunk comes once the session has read it, or nobody does any more."""
        steps = []
        while not self._steps.empty():
            steps.append(self._steps.get())
        if is_over:
            steps += self._unread_steps()
        files = self._files
        for step in steps if files else ():
            if files and not self._has_gap:
                self._has_gap = not self._done(CANNOT_KEEP, partial(files.step, step))
        return [step for step in steps if step.name != "chunk" or self._wanted.verbose >= 2]

    def around(self, view: View, best_effort: BestEffort, wake: Callable[[], None]) -> View:
        """The view of the next answer, with what is to be shown of its HTTP."""
        self._wake, self._best_effort, self._withdraw = wake, best_effort, view.withdraw

        def made() -> View:
            from chatbot.terminal.http.http_view import HttpView

            if not self._wanted.verbose:
                return HttpView(view, self._tell_steps, self._goes_on)
            from chatbot.terminal.http.http_steps import HttpSteps, Telling
            from chatbot.terminal.http.verbose import remark

            self._tell([remark(words) for words in self._decided])
            level, read, done = self._wanted.verbose, self._read, partial(self._done, CANNOT_SHOW)
            words = (self._notices.redact, self._apart(), self._write, done, self._notices.colour)
            steps = HttpSteps(view.withdraw, self._new_steps, Telling(level, read, self._safe, *words))
            self._tell_steps, self._told_events = steps, steps.events
            return HttpView(view, steps, self._goes_on)

        return best_effort(CANNOT_SHOW, made, view)

    def _goes_on(self) -> None:
        """A request is over, and another one follows."""
        if self._wanted.verbose:
            self._withdraw()  # the row of whoever waited for it
        self._are_over(self.exchanges.over())

    def finished(self, event: Finished) -> None:
        """The answer has ended."""
        self._are_over(self.exchanges.finished(event))
        if self._wanted.verbose or self._wanted.timing:
            self._done(CANNOT_SHOW, self._tell_waterfall, self._limit_s)

    def _are_over(self, exchanges: Sequence[Exchange]) -> None:
        self._tell_steps(True)
        self._answered_bytes += sum(exchange.body_bytes for exchange in exchanges)
        for at in range(-len(exchanges), 0) if self._files else ():
            self._done(CANNOT_KEEP, partial(self._keep, at), self._limit_s)
        if self._fault:
            self._done(CANNOT_KEEP, self._tell_of_fault)
        if self._wanted.verbose:
            self._done(CANNOT_SHOW, lambda: self._tell_ends(exchanges), self._limit_s)

    def _keep(self, at: int) -> None:
        exchange = self._all_safe()[at]
        if self._files:
            self._files.over(exchange, self._arrivals(exchange))

    def _tell_of_fault(self) -> None:
        raise FileUnwritable(f"a temporary file cannot be written: {self._fault and self._fault.strerror}")

    @property
    def _limit_s(self) -> float:
        """How long that may take which reads whole bodies before it counts as hanging."""
        return LIMIT_S + self._answered_bytes / _BYTES_PER_S

    def _apart(self) -> list[Row]:
        """A blank row between the HTTP and an answer that stands beside it."""
        from chatbot.terminal.markdown.row import Row

        return [Row()] if is_terminal(1) and is_terminal(2) else []

    def _done(self, what: str, work: Callable[[], object], limit_s: float = LIMIT_S) -> bool:
        return self._best_effort is None or self._best_effort.done(what, work, limit_s)

    def _tell_ends(self, exchanges: Sequence[Exchange]) -> None:
        from chatbot.core.http.seen import count_events
        from chatbot.terminal.http.verbose import end_rows

        if any(exchange.verdict and exchange.chunks for exchange in exchanges):
            self._tell(self._apart())
        for exchange in exchanges:
            events = 0
            if "json" not in exchange.header("content-type"):
                told = self._told_events(exchange)
                events = count_events(exchange.chunks) if told is None else told
            self._tell(end_rows(self._without_body(exchange), self._wanted.verbose, events))

    def _tell_waterfall(self) -> None:
        from chatbot.terminal.http.waterfall import waterfall

        exchanges = self.exchanges.all
        columns = stdio.size(2)[0] or shutil.get_terminal_size().columns
        unicode = "utf" in stdio.encoding(sys.stderr).lower()
        told = list(map(self._without_body, exchanges))
        self._tell(waterfall(told, list(map(self._arrivals, exchanges)), columns, unicode=unicode))

    def _arrivals(self, exchange: Exchange) -> Arrivals:
        from chatbot.core.http.seen import arrivals

        return arrivals(self._seen(exchange))

    def _seen(self, exchange: Exchange) -> Iterable[SeenEvent]:
        from chatbot.core.http.seen import seen_events

        return () if "json" in exchange.header("content-type") else seen_events(exchange.chunks, self._read)

    def _all_safe(self) -> list[SafeExchange]:
        """The exchanges of the question that are over, without keys: each is searched for them once."""
        known = self._safe_ones
        self._safe_ones = {id(each): known.get(id(each)) or (each, self._safe(each)) for each in self.exchanges.all}
        return [exchange for _, exchange in self._safe_ones.values()]

    def _without_body(self, exchange: Exchange) -> SafeExchange:
        """Without keys, for views that tell only when chunks came: to search a body takes long."""
        safe = self._safe(exchange._replace(chunks=()))
        return SafeExchange(safe._replace(chunks=StoredChunks(lambda: iter(()), exchange.chunk_times_ms)))

    def _safe(self, exchange: Exchange) -> SafeExchange:
        from chatbot.core.http.safe import safe

        return safe(exchange, self._notices.redact)

    def _tell(self, rows: Iterable[Row]) -> None:
        from chatbot.terminal.http.rows import as_text

        self._write(as_text(rows, styles=self._notices.colour))

    def _write(self, text: str) -> None:
        stdio.write_aside(text.encode(stdio.encoding(sys.stderr), "replace"))
