"""The HTTP exchanges of a question: numbered while they happen, and told how they went once that is known."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import BinaryIO

from chatbot.core.events import Finished, Retrying
from chatbot.core.http.exchange import ConnectionFacts, Exchange, Moments, Wait
from chatbot.core.http.outcome import asking, with_outcome
from chatbot.core.request import HttpRequest
from chatbot.outside.http.observed import LiveExchange, Observer
from chatbot.providers.choice import ModelTarget
from chatbot.records import NamedTuple
from chatbot.session import Sleep

WAIT_HEADERS = ("retry-after-ms", "retry-after")


class Beginning(NamedTuple):
    """What is known of an attempt before it leaves. `now` gives Unix seconds, `random` numbers in [0, 1); of each body
    `kept_bytes` are kept in memory, and the rest in what `new_file` makes.
    """

    target: ModelTarget
    facts: Callable[[], tuple[ConnectionFacts, Moments]]
    now: Callable[[], float]
    random: Callable[[], float]
    kept_bytes: int
    new_file: Callable[[], BinaryIO] | None = None

    def exchange(self, request: HttpRequest, attempt: int) -> LiveExchange:
        """The exchange of this attempt, the first of which is 1."""
        from chatbot.outside.http.transport import sent_headers  # loads the network's libraries

        service = self.target.service
        number = f"{int(self.random() * 16**8):08x}"
        asked = (number, attempt, self.now(), service.name, service.wire, self.target.model or "")
        sent = (request.method, request.url, sent_headers(request), request.body)
        return LiveExchange(Exchange(*asked, *sent), self.facts, self.kept_bytes, self.new_file)


class Exchanges:
    """Those of one run, question by question."""

    def __init__(self, beginning: Beginning, step: Callable[[LiveExchange, str], None]) -> None:
        self._beginning = beginning
        self._lock = threading.Lock()
        self._running: list[LiveExchange] = []
        self._done: list[Exchange] = []
        self._over_at_wait: list[int] = []  # how many were over at each wait: who hears of it late may see more
        self._waits = 0  # those heard of
        self._step = step
        self.observer = Observer(partial(self._begin, beginning), step)

    def observer_of(self, target: ModelTarget, facts: Callable[[], tuple[ConnectionFacts, Moments]]) -> Observer:
        """Whom the connection to another target tells."""
        return Observer(partial(self._begin, self._beginning._replace(target=target, facts=facts)), self._step)

    def _begin(self, beginning: Beginning, request: HttpRequest) -> LiveExchange:
        with self._lock:
            attempt = 1 + sum(before.record(with_chunks=False).url == request.url for before in self._running)
            exchange = beginning.exchange(request, attempt)
            self._running.append(exchange)
            return exchange

    def sent(self) -> None:
        """The request that was begun last has left."""
        if self._running:
            self.observer.step(self._running[-1], "sent")

    def new_question(self) -> None:
        """The next request is the first of another question."""
        with self._lock:
            self._running, self._done = [], []
            self._over_at_wait, self._waits = [], 0

    def noting(self, sleep: Sleep) -> Sleep:
        """The session's sleep before the next attempt, which keeps apart what was over before it."""

        def noted(delay_s: float) -> None:
            with self._lock:
                self._over_at_wait.append(len(self._running))
            sleep(delay_s)

        return noted

    def retrying(self, event: Retrying) -> list[Exchange]:
        """Those that are over now: the last one has failed, and another will follow."""
        with self._lock:
            number, self._waits = self._waits, self._waits + 1
            over = self._over_at_wait[number] if number < len(self._over_at_wait) else len(self._running)
        done = self._over(over)
        if done:
            said = next((f"{name}: {value}; " for name in WAIT_HEADERS if (value := done[-1].header(name))), "")
            done[-1] = done[-1]._replace(wait=Wait(event.delay_s, said + event.reason))
        return self._kept(done)

    def finished(self, event: Finished) -> list[Exchange]:
        """Those that are over now, the one that asked last with what became of the answer."""
        done = self._over()
        if done:
            asked = asking(done)
            done = [with_outcome(each, event) if each is asked else each for each in done]
        return self._kept(done)

    @property
    def begun(self) -> list[Exchange]:
        """Those of the question, whether they are over or not."""
        with self._lock:
            return [exchange.record() for exchange in self._running]

    @property
    def all(self) -> list[Exchange]:
        """Those of the question that are over, in their order."""
        return list(self._done)

    @property
    def proxy_of_page(self) -> str:
        """The proxy through which a web page came in the place of an answer; empty where none did."""
        last = self._done[-1] if self._done else None
        return last.connection.proxy if last and "html" in last.header("content-type") else ""

    @property
    def traffic(self) -> dict[str, int]:
        """Requests, bytes of their bodies, and bytes of the decoded bodies that came back."""
        return {
            "requests": len(self._done),
            "sent_bytes": sum(len(exchange.request_body) for exchange in self._done),
            "received_bytes": sum(exchange.body_bytes for exchange in self._done),
        }

    def _over(self, count: int | None = None) -> list[Exchange]:
        """Those of the first `count`, or of all, that were not handed on yet."""
        with self._lock:
            return [exchange.record() for exchange in self._running[len(self._done) : count]]

    def _kept(self, done: list[Exchange]) -> list[Exchange]:
        self._done += done
        return done
