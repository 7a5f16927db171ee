"""A transport that answers from a cassette: the same bytes, cuts and faults, and no network."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from chatbot.core.errors import (
    Cancelled,
    CannotConnect,
    ChatError,
    ConfigurationError,
    ConnectionLost,
    NetworkError,
    TimedOut,
)
from chatbot.core.http.canonical import anywhere, canonical, differing
from chatbot.core.http.exchange import ConnectionFacts, Exchange, Moments
from chatbot.core.http.traffic import Traffic
from chatbot.core.request import HttpRequest, HttpResponse

_FAULTS: dict[str, type[NetworkError]] = {"timeout": TimedOut, "refused": CannotConnect}


class ReplayingTransport:
    """A Transport. Requests are told apart as `canonical` does; those that are the same are answered in the order in
    which they were recorded, and the last of them again. `speed` 1 keeps the recorded pace, 0 knows none.
    `safe` takes the keys out of what is asked, as they were taken out of the record.
    """

    def __init__(
        self,
        exchanges: Sequence[Exchange],
        name: str,
        *,
        speed: float,
        sleep: Callable[[float], object],
        safe: Callable[[HttpRequest], HttpRequest],
        on_sent: Callable[[], None] = lambda: None,
    ) -> None:
        self._name = name
        self._speed = speed
        self._sleep = sleep
        self._safe = safe
        self._on_sent = on_sent
        self._aborted = threading.Event()
        self._forms = [(anywhere(canonical(each.request, "")), each) for each in exchanges]
        self._used: set[int] = set()
        self._current: Exchange | None = None

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """See Transport. Raises ConfigurationError, which names what differs, for a request that is not recorded."""
        self._aborted.clear()
        self._on_sent()
        exchange = self._current = self._found(request)
        if exchange.status is None:
            raise self._fault(exchange)
        headers = {name.lower(): value for name, value in exchange.response_headers}
        return HttpResponse(
            exchange.status,
            headers,
            self._chunks(exchange),
            self.abort,
            reason=exchange.reason,
            header_pairs=exchange.response_headers,
            wire_bytes=lambda: exchange.wire_bytes,
        )

    def facts(self) -> tuple[ConnectionFacts, Moments]:
        """Of the exchange that is replayed."""
        return (self._current.connection, self._current.moments) if self._current else (ConnectionFacts(), Moments())

    def take_traffic(self, within_s: float) -> tuple[Traffic, ...]:
        """None: nothing is sent."""
        return ()

    def abort(self) -> None:
        """Ends the running exchange."""
        self._aborted.set()

    def _found(self, request: HttpRequest) -> Exchange:
        asked = anywhere(canonical(self._safe(request), ""))
        same = [number for number, (form, _) in enumerate(self._forms) if form == asked]
        if not same:
            raise self._mismatch(asked)
        number = next((number for number in same if number not in self._used), same[-1])
        self._used.add(number)
        return self._forms[number][1]

    def _mismatch(self, asked: dict[str, Any]) -> ChatError:
        nearest = min((differing(form, asked) for form, _ in self._forms), key=len, default=[])
        what = f"what differs from the nearest one: {', '.join(nearest[:5])}" if nearest else "it is empty"
        return ConfigurationError(
            f"the cassette {self._name} has no such request; {what}", advice="Record it anew with --record."
        )

    def _chunks(self, exchange: Exchange) -> Iterator[bytes]:
        before_ms = exchange.moments.answered_ms or 0.0
        for chunk in exchange.chunks:
            if self._speed > 0 and chunk.at_ms > before_ms:
                self._sleep((chunk.at_ms - before_ms) / 1000 / self._speed)
                before_ms = chunk.at_ms
            if self._aborted.is_set():
                raise Cancelled("the exchange was ended here")
            yield chunk.data
        if exchange.end not in ("eof", ""):
            raise self._fault(exchange)

    def _fault(self, exchange: Exchange) -> NetworkError:
        return _FAULTS.get(exchange.end, ConnectionLost)(exchange.error or "the recording ends here")
