"""A transport that tells of each exchange: what is sent, what comes and when, and how it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from chatbot.core.errors import Cancelled, ChatError, ConnectionLost, TimedOut
from chatbot.core.http.exchange import Chunk, ConnectionFacts, End, Exchange, Moments
from chatbot.core.request import HttpRequest, HttpResponse, Transport


class LiveExchange:
    """An exchange while it happens, from the record of what is sent. One thread writes it; `record` may be taken at any
    time, in any. Of the body it keeps the beginning, up to the chunk that exceeds `kept_bytes`.
    """

    def __init__(
        self,
        begun: Exchange,
        facts: Callable[[], tuple[ConnectionFacts, Moments]],
        kept_bytes: float = float("inf"),
    ) -> None:
        self._begun = begun
        self._facts = facts
        self._known: tuple[ConnectionFacts, Moments] | None = None  # at the end: the next exchange has facts of its own
        self._response: HttpResponse | None = None
        self._kept_bytes = kept_bytes
        self._body_bytes = 0
        self.chunks: list[Chunk] = []
        self._ended_ms: float | None = None
        self._end: End = ""
        self._error = ""

    def answered(self, response: HttpResponse) -> None:
        """The head of the answer has come."""
        self._response = response

    def came(self, chunk: Chunk) -> None:
        """More of the body."""
        if self._body_bytes < self._kept_bytes:
            self.chunks.append(chunk)
        self._body_bytes += len(chunk.data)

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
            chunks=tuple(self.chunks) if with_chunks else (),
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
    `chunk`, and when it `ended`.
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
