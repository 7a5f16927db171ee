"""The loop over all rows. Workers do the asking; clock, workers and the person's wishes are arguments."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, NamedTuple, Protocol, TypeVar

from chatbot.core.batch.pace import Pace, Ticket
from chatbot.core.batch.told_limits import Cost, Heard
from chatbot.core.errors import RateLimited
from chatbot.core.events import Finished
from chatbot.core.http.traffic import Traffic

Row = TypeVar("Row")


class Asking(NamedTuple, Generic[Row]):
    """A row that is to be asked; `attempts` were refused so far."""

    row: Row
    cost: Cost
    attempts: int = 0
    ticket: Ticket | None = None


class Asked(NamedTuple, Generic[Row]):
    """A row that was asked, its answer, what the headers told of limits, and what went over the network."""

    asking: Asking[Row]
    text: str
    finished: Finished
    heard: Heard = Heard()
    traffic: tuple[Traffic, ...] = ()


class Workers(Protocol[Row]):
    """Those who ask. `take` gives what is over: it waits for the first at most so long (None: as long as it likes)."""

    def start(self, asking: Asking[Row]) -> None: ...

    def take(self, timeout_s: float | None) -> list[Asked[Row]]: ...


def paced(
    rows: Iterable[Asking[Row]],
    workers: Workers[Row],
    pace: Pace,
    now: Callable[[], float],
    may_begin: Callable[[Asking[Row] | None], bool],
    patience_s: float,
) -> Iterator[Asked[Row] | None]:
    """Each row once it is over, in any order; None each time that nothing is over yet, for whoever shows how it goes.

    A row that is refused for the rate (HTTP 429) is asked again, until nothing was taken for `patience_s`. Once
    `may_begin` says no, nothing new is begun, and what runs is waited for.
    """
    waiting: deque[Asking[Row]] = deque()
    following = iter(rows)
    refused_s: float | None = None  # since when nothing is taken
    while True:
        wait_s: float | None = None
        while may_begin(None):
            asking = waiting.popleft() if waiting else next(following, None)
            if asking is None:
                break
            wait_s = pace.wait_s(asking.cost, now()) if may_begin(asking) else None
            if wait_s != 0:
                waiting.appendleft(asking)
                break
            workers.start(asking._replace(ticket=pace.begin(asking.cost, now())))
            wait_s = None
        if not pace.in_flight and (not waiting or not may_begin(waiting[0])):
            return
        for asked in workers.take(None if wait_s == float("inf") else wait_s):
            again = _settled(asked, pace, now())
            refused_s = None if again is None else refused_s or now()
            if again is not None and refused_s is not None and now() - refused_s < patience_s:
                waiting.appendleft(again)
                continue
            yield asked
        yield None


def _settled(asked: Asked[Row], pace: Pace, now_s: float) -> Asking[Row] | None:
    """Tells the pace; the row again if it was refused for the rate."""
    asking, error = asked.asking, asked.finished.error
    assert asking.ticket is not None
    if not is_refused(asked.finished):
        pace.answered(asking.ticket, asked.heard)
        return None
    pace.refused(asking.ticket, error.retry_after_s if error else None, asked.heard, now_s)
    return asking._replace(attempts=asking.attempts + asked.finished.attempts, ticket=None)


def is_refused(finished: Finished) -> bool:
    """Whether it was refused for the rate, so that it may be asked again."""
    return isinstance(finished.error, RateLimited) and finished.error.retryable and not finished.has_text
