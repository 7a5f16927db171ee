"""A transport that tells of each exchange: what is sent, what comes and when, and how it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO

from chatbot.core.errors import Cancelled, ChatError, ConnectionLost, TimedOut
from chatbot.core.http.exchange import Chunk, Chunks, ConnectionFacts, End, Exchange, Moments
from chatbot.core.request import HttpRequest, HttpResponse, Transport
from chatbot.records import NamedTuple

if TYPE_CHECKING:
    from chatbot.outside.http.spooled import Spool


class LiveExchange:
    """An exchange while it happens, from the record of what is sent. One thread writes it; `record` may be taken at any
    time, in any. Of the body it keeps in memory what begins it, up to the chunk that exceeds `kept_bytes`; the rest in
    the unbuffered file that `new_file` makes, as it comes, and without one not at all. `fault` is why that failed.
    """

    def __init__(
        self,
        begun: Exchange,
        facts: Callable[[], tuple[ConnectionFacts, Moments]],
        kept_bytes: float = float("inf"),
        new_file: Callable[[], BinaryIO] | None = None,
    ) -> None:
        self._begun = begun
        self._facts = facts
        self._known: tuple[ConnectionFacts, Moments] | None = None  # at the end: the next exchange has facts of its own
        self._response: HttpResponse | None = None
        self._kept_bytes = kept_bytes
        self._new_file = new_file
        self._body_bytes = 0
        self._chunks: list[Chunk] = []  # those in memory
        self._in_memory_bytes = 0
        self._keeps = True
        self._spool: Spool | None = None
        self._moving = Lock()  # chunks, from the memory to the file
        self.last_chunk: Chunk | None = None
        self.fault: OSError | None = None
        self._ended_ms: float | None = None
        self._end: End = ""
        self._error = ""

    def answered(self, response: HttpResponse) -> None:
        """The head of the answer has come."""
        self._response = response

    def came(self, chunk: Chunk) -> None:
        """More of the body."""
        self.last_chunk = chunk
        self._body_bytes += len(chunk.data)
        if not self._keeps:
            return
        self._chunks.append(chunk)
        self._in_memory_bytes += len(chunk.data)
        if self._in_memory_bytes >= self._kept_bytes:
            self._keeps = self._new_file is not None and self._moved(self._new_file)

    def _moved(self, new_file: Callable[[], BinaryIO]) -> bool:
        from chatbot.outside.http.spooled import Spool  # most bodies are short

        try:
            with self._moving:
                self._spool = self._spool or Spool(new_file())
                self._spool.add(self._chunks)
                self._chunks, self._in_memory_bytes = [], 0
        except OSError as error:
            self.fault = error
            return False
        return True

    def _kept(self) -> Chunks:
        with self._moving:
            chunks = tuple(self._chunks)
            return self._spool.chunks(chunks) if self._spool else chunks

    def ended(self, end: End, error: str, at_ms: float) -> bool:
        """It is over; what is told of its end first counts. Whether this was first."""
        if self._end:
            return False
        self._known = self._facts()
        self._end, self._error, self._ended_ms = end, error, at_ms
        return True

    def record(self, *, with_chunks: bool = True) -> Exchange:
        """It as far as it has come."""
        connection, moments = self._known or self._facts()
        response = self._response
        exchange = self._begun._replace(
            connection=connection,
            moments=moments._replace(ended_ms=self._ended_ms),
            end=self._end,
            error=self._error,
            chunks=self._kept() if with_chunks else (),
            body_bytes=self._body_bytes,
        )
        if response is None:
            return exchange
        return exchange._replace(
            status=response.status,
            reason=response.reason,
            response_headers=response.header_pairs or tuple(response.headers.items()),
            wire_bytes=response.wire_bytes(),
        )


class Observer(NamedTuple):
    """Whom `observed` tells. `begin` makes the exchange that a request is; `step` hears when it was `answered`, of each
    `chunk`, when that was `read` (whoever reads wants the next), and when it `ended`.
    """

    begin: Callable[[HttpRequest], LiveExchange]
    step: Callable[[LiveExchange, str], None] = lambda exchange, name: None


def observed(transport: Transport, observer: Observer, clock: Callable[[], float]) -> Transport:
    """The same transport; `observer` hears of each exchange, also of one that fails."""

    def send(request: HttpRequest) -> HttpResponse:
        exchange = observer.begin(request)
        began_s = clock()

        def end(how: End, error: str = "") -> None:
            if exchange.ended(how, error, (clock() - began_s) * 1000):
                observer.step(exchange, "ended")

        def told(chunks: Iterator[bytes]) -> Iterator[bytes]:
            try:
                for data in chunks:
                    exchange.came(Chunk((clock() - began_s) * 1000, data))
                    observer.step(exchange, "chunk")
                    yield data
                    observer.step(exchange, "read")
            except ChatError as error:
                end(_end_of(error, answered=True), str(error))
                raise
            end("eof")

        def close() -> None:
            end("cancelled")  # before a read in another thread finds the connection gone
            response.close()

        try:
            response = transport(request)
        except ChatError as error:
            end(_end_of(error, answered=False), str(error))
            raise
        exchange.answered(response)
        observer.step(exchange, "answered")
        return response._replace(chunks=told(response.chunks), close=close)

    return send


def _end_of(error: ChatError, *, answered: bool) -> End:
    if isinstance(error, TimedOut):
        return "timeout"
    if isinstance(error, Cancelled):
        return "cancelled"
    return "reset" if answered or isinstance(error, ConnectionLost) else "refused"
