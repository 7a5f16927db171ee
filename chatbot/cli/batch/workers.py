"""Those who ask: threads, each with a connection of its own."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

from chatbot.cli.ask.setup import Setup
from chatbot.core.amounts import duration_words
from chatbot.core.batch.row import Row
from chatbot.core.batch.told_limits import Heard
from chatbot.core.errors import TimedOut
from chatbot.core.events import Finished, TextDelta
from chatbot.core.http.limit_headers import parse_limits
from chatbot.core.messages import Conversation
from chatbot.core.redaction.events import EventRedactor
from chatbot.core.request import HttpRequest, HttpResponse
from chatbot.layers.batch.paced import Asked, Asking, is_refused
from chatbot.layers.batch.retries import PacedRetries
from chatbot.layers.cached import Cached
from chatbot.outside.background import Inbox
from chatbot.outside.http.transport import IDLE_TIMEOUT_S, LiveTransport
from chatbot.providers.wires.lookup import provider_for
from chatbot.records import NamedTuple
from chatbot.session import Session


class BatchRow(NamedTuple):
    """A row with its question, and about how many tokens that has."""

    row: Row
    conversation: Conversation
    input_tokens: int


class Workers:
    """As many as are needed at once. See chatbot.layers.batch.paced.Workers; `on_wait` is called before each wait, and
    says how long it may last at most. Raises what a worker raised that is a fault of ours.
    """

    def __init__(self, setup: Setup, on_wait: Callable[[], float | None]) -> None:
        self._setup = setup
        self._on_wait = on_wait
        self._todo: SimpleQueue[Asking[BatchRow]] = SimpleQueue()
        self._done = Inbox[Asked[BatchRow]]()
        self._count = self._busy = 0
        self._cached: Cached | None = None
        if setup.arguments.cache.is_wanted:
            from chatbot.cli.ask.caching import cached

            self._cached = cached(setup, session_of(setup, LiveTransport(os.environ)), lambda: None)

    def start(self, asking: Asking[BatchRow]) -> None:
        self._busy += 1
        if self._busy > self._count:
            self._count += 1
            threading.Thread(target=self._work, daemon=True, name="chat-batch").start()
        self._todo.put(asking)

    def take(self, timeout_s: float | None) -> list[Asked[BatchRow]]:
        most_s = self._on_wait()
        waits_s = [wait_s for wait_s in (timeout_s, most_s) if wait_s is not None]
        done = self._done.take(min(waits_s, default=None))
        self._busy -= len(done)
        return done

    def wake(self) -> None:
        """Makes a waiting `take` return. May be called in a signal handler."""
        self._done.wake()

    def _work(self) -> None:
        worker = _Worker(self._setup, self._cached)
        while True:
            asking = self._todo.get()
            try:
                self._done.put(worker(asking))
            except BaseException as error:  # carried to the main thread, which knows what to do
                self._done.put(error)
                return


def session_of(setup: Setup, send: Callable[[HttpRequest], HttpResponse]) -> Session:
    """What asks one row."""
    target, retries = setup.target, setup.arguments.connection.max_retries
    provider = provider_for(target.service, target.endpoint)
    return Session(provider, send, PacedRetries(max_retries=retries), time.monotonic, time.time, random.random)


class _Worker:
    def __init__(self, setup: Setup, cached: Cached | None) -> None:
        connection = setup.arguments.connection
        idle_s = connection.timeout or IDLE_TIMEOUT_S
        self._transport = LiveTransport(os.environ, route=setup.route, idle_timeout_s=idle_s)
        self._max_time_s = connection.max_time
        session = session_of(setup, self._heard)
        self._ask = cached._replace(session=session).ask if cached else session.ask
        self._options = setup.options
        self._setup = setup
        self._last = Heard()

    def __call__(self, asking: Asking[BatchRow]) -> Asked[BatchRow]:
        self._last = Heard()
        notices = self._setup.notices
        redacted = EventRedactor(self._setup.target.secrets, notices.redacted)
        overdue = self._limited()
        try:
            text: list[str] = []
            finished: Finished | None = None
            for event in redacted(self._ask(asking.row.conversation, self._options, time.sleep)):
                if type(event) is TextDelta:
                    text.append(event.text)
                elif type(event) is Finished:
                    finished = event
        finally:
            if overdue:
                overdue.cancel()
        assert finished is not None
        if overdue and overdue.finished.is_set() and finished.error and overdue.fired:
            finished = finished._replace(error=TimedOut(f"it took longer than {duration_words(self._max_time_s or 0)}"))
        # Of a row that is asked again, it counts with the next one that is over.
        traffic = () if is_refused(finished) else self._transport.take_traffic()
        return Asked(asking, "".join(text), finished, self._last, traffic)

    def _heard(self, request: HttpRequest) -> HttpResponse:
        response = self._transport(request)
        now_s = time.time()
        pairs = response.header_pairs or tuple(response.headers.items())
        self._last = Heard(parse_limits(pairs, now_s).known, now_s)
        return response

    def _limited(self) -> _Overdue | None:
        if self._max_time_s is None:
            return None
        overdue = _Overdue(self._max_time_s, self._transport.abort)
        overdue.start()
        return overdue


class _Overdue(threading.Timer):
    """Ends an exchange that takes too long; `fired` tells that it did."""

    fired = False

    def __init__(self, limit_s: float, abort: Callable[[], None]) -> None:
        super().__init__(limit_s, self._fire)
        self.daemon = True
        self._abort = abort

    def _fire(self) -> None:
        self.fired = True
        self._abort()
