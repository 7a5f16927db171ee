"""The network, loaded when it is needed: an answer from the cache does without."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from chatbot.core.http.exchange import ConnectionFacts, Moments
from chatbot.core.http.traffic import Traffic
from chatbot.core.request import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from chatbot.outside.http.replaying import ReplayingTransport
    from chatbot.outside.http.transport import LiveTransport


class LateTransport:
    """A LiveTransport that `make` makes at the first request, or before by `load`."""

    def __init__(self, make: Callable[[], LiveTransport | ReplayingTransport]) -> None:
        self._make = make
        self._made: LiveTransport | ReplayingTransport | None = None

    def load(self) -> LiveTransport | ReplayingTransport:
        """The transport itself."""
        if self._made is None:
            self._made = self._make()
        return self._made

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """See Transport."""
        return self.load()(request)

    def facts(self) -> tuple[ConnectionFacts, Moments]:
        """See LiveTransport."""
        return self._made.facts() if self._made else (ConnectionFacts(), Moments())

    def take_traffic(self, within_s: float) -> tuple[Traffic, ...]:
        """See LiveTransport; nothing goes out where an answer is replayed."""
        return self._made.take_traffic(within_s) if self._made else ()

    def abort(self) -> None:
        """See LiveTransport."""
        if self._made:
            self._made.abort()
