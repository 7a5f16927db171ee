"""The HTTP exchanges of a question: numbered while they happen, and told how they went once that is known."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO

from chatbot.core.events import Event, Finished, Retrying
from chatbot.core.http.exchange import ConnectionFacts, Exchange, Moments, Wait
from chatbot.core.http.outcome import asking, with_outcome
from chatbot.core.messages import Conversation
from chatbot.core.options import Options
from chatbot.core.request import HttpRequest
from chatbot.outside.http.observed import LiveExchange, Observer
from chatbot.providers.choice import ModelTarget
from chatbot.records import NamedTuple
from chatbot.session import Ask, Sleep

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
        self._ends: deque[tuple[int, Retrying | Finished]] = deque()  # those not heard of yet
        self._step = step
        self.observer = Observer(partial(self._begin, beginning), step)

    def observer_of(self, target: ModelTarget, facts: Callable[[], tuple[ConnectionFacts, Moments]]) -> Observer:
        """Whom the connection to another target tells."""
        return Observer(partial(self._begin, self._beginning._replace(target=target, facts=facts)), self._step)

    def _begin(self, beginning: Beginning, request: HttpRequest) -> LiveExchange:
        with self._lock:
            before = [exchange.record(with_chunks=False).request for exchange in self._running]
            # Another body is another request: the results of a tool, the rest of an answer that broke off.
            attempt = 1 + sum((one.url, one.body) == (request.url, request.body) for one in before)
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
            self._ends.clear()

    def noting(self, ask: Ask) -> Ask:
        """The same, which keeps apart what was over when an attempt failed or an answer ended: who hears of it late may
        see more.
        """

        def noted(conversation: Conversation, options: Options, sleep: Sleep) -> Iterator[Event]:
            for event in ask(conversation, options, sleep):
                if type(event) is Finished or type(event) is Retrying:
                    with self._lock:
                        self._ends.append((len(self._running), event))
                yield event

        return noted

    def over(self) -> list[Exchange]:
        """Those that are over now, where another one follows: each with why, or with what became of its answer."""
        with self._lock:
            count, event = self._ends.popleft() if self._ends else (0, None)
        return self._ended(count, event)

    def finished(self, event: Finished) -> list[Exchange]:
        """Those that are over now, each with what became of its answer; the last one of them ended in `event`."""
        done = []
        while len(self._ends) > 1:
            done += self.over()
        own = self._ends.pop()[1] if self._ends else None
        if not isinstance(own, Finished) or own.verdict is not event.verdict:  # it was ended from this side
            own = event._replace(usage=None)
        return done + self._ended(None, own)

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

    def _ended(self, count: int | None, event: Retrying | Finished | None) -> list[Exchange]:
        """Those of the first `count`, or of all, that were not handed on yet, with what `event` says."""
        with self._lock:
            done = [exchange.record() for exchange in self._running[len(self._done) : count]]
        if done and isinstance(event, Finished):
            asked = asking(done)
            done = [with_outcome(each, event) if each is asked else each for each in done]
        elif done and isinstance(event, Retrying):
            said = next((f"{name}: {value}; " for name in WAIT_HEADERS if (value := done[-1].header(name))), "")
            done[-1] = done[-1]._replace(wait=Wait(event.delay_s, said + event.reason))
        self._done += done
        return done
