"""The other servers of a server of ours: many exchanges at once, each ended when its client goes away."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Protocol

from chatbot.core.errors import ChatError
from chatbot.core.http.traffic import Traffic
from chatbot.core.request import HttpRequest, HttpResponse, Transport

if TYPE_CHECKING:
    from chatbot.outside.http.transport import LiveTransport

_KEPT_S = 30.0  # most servers keep a connection for a minute or more; one that was closed just now loses a request


class Leaving(Protocol):
    """See Departure."""

    def then(self, act: Callable[[], None]) -> None: ...


class Upstreams:
    """Transports that `make` makes: each carries one exchange at a time, and waits with its connections for the next.
    `book` is told what went to which host for which provider.
    """

    def __init__(self, make: Callable[[], LiveTransport], book: Callable[[str, tuple[Traffic, ...]], None]) -> None:
        self._make = make
        self._book = book
        self._lock = threading.Lock()
        self._idle: deque[tuple[float, LiveTransport]] = deque()  # the one that was used last at the end

    def send(self, provider: str, departure: Leaving, request: HttpRequest) -> HttpResponse:
        """See Transport. The exchange ends when the client goes away; the response has to be closed, or read to its
        end.
        """
        loan = _Loan(self._taken(), partial(self._give_back, provider))
        departure.then(loan.abort)
        try:
            response = loan.transport(request)
        except ChatError:
            loan.end(is_good=False)
            raise

        def chunks() -> Iterator[bytes]:
            try:
                yield from response.chunks
            except ChatError:
                loan.end(is_good=False)
                raise
            loan.end(is_good=True)

        def close() -> None:
            response.close()
            loan.end(is_good=False)

        return response._replace(chunks=chunks(), close=close)

    def alone(self, provider: str) -> Transport:
        """What asks a provider for nobody who could go away."""
        return lambda request: self.send(provider, _Nobody(), request)

    def close(self) -> None:
        """Closes the connections that wait."""
        while self._idle:
            self._idle.pop()[1].close()

    def _taken(self) -> LiveTransport:
        with self._lock:
            self._let_go()
            if self._idle:
                return self._idle.pop()[1]
        return self._make()

    def _give_back(self, provider: str, transport: LiveTransport, *, is_good: bool) -> None:
        self._book(provider, transport.take_traffic())
        if not is_good:
            transport.close()
            return
        with self._lock:
            self._idle.append((time.monotonic(), transport))
            self._let_go()

    def _let_go(self) -> None:
        while self._idle and time.monotonic() - self._idle[0][0] > _KEPT_S:
            self._idle.popleft()[1].close()


class _Nobody:
    def then(self, act: Callable[[], None]) -> None:
        """Never."""


class _Loan:
    """A transport while it carries one exchange; afterwards nothing of that can end another's."""

    def __init__(self, transport: LiveTransport, give_back: Callable[..., None]) -> None:
        self.transport = transport
        self._give_back = give_back
        self._lock = threading.Lock()
        self._is_over = False

    def abort(self) -> None:
        with self._lock:
            if not self._is_over:
                self.transport.abort()

    def end(self, *, is_good: bool) -> None:
        with self._lock:
            was_over, self._is_over = self._is_over, True
        if not was_over:
            self._give_back(self.transport, is_good=is_good)
