from __future__ import annotations

from chatbot.core.batch.pace import Pace
from chatbot.core.batch.told_limits import Cost
from chatbot.core.errors import RateLimited
from chatbot.core.events import Finished, Verdict
from chatbot.layers.batch.paced import Asked, Asking, paced
from tests.layers.batch.buckets import ROUNDED, ROWS, SEEDS, SHAPES, Shape, simulated
from tests.tables import each


@each("shape", SHAPES)
def test_a_thousand_rows_take_at_most_a_twentieth_longer_than_the_bucket_allows_and_none_is_lost(shape: Shape) -> None:
    for seed in SEEDS:
        run = simulated(shape, seed)
        assert run.answered == ROWS
        assert run.ratio <= 1.05
        assert run.refusals <= ROWS // 10


def test_a_bucket_smaller_than_the_second_that_it_asks_to_wait_costs_a_little_more() -> None:
    assert max(simulated(ROUNDED, seed).ratio for seed in SEEDS) <= 1.15


class Refusing:
    """Workers at a service that refuses everything."""

    def __init__(self) -> None:
        self.now_s = 1_700_000_000.0
        self.sent = 0
        self._running: list[Asking[int]] = []

    def start(self, asking: Asking[int]) -> None:
        self.sent += 1
        self._running.append(asking)

    def take(self, timeout_s: float | None) -> list[Asked[int]]:
        running, self._running = self._running, []
        self.now_s += 0.05 if running else (timeout_s or 0.0)
        refused = Finished(Verdict.FAILED, error=RateLimited("no"))
        return [Asked(asking, "", refused) for asking in running]


def test_a_service_that_takes_nothing_is_given_up_after_a_while_and_asked_seldom() -> None:
    workers = Refusing()
    began_s = workers.now_s
    rows = [Asking(row, Cost()) for row in range(20)]
    done = list(filter(None, paced(rows, workers, Pace(began_s), lambda: workers.now_s, lambda asking: True, 300.0)))
    assert sorted(asked.asking.row for asked in done) == list(range(20))
    assert workers.now_s - began_s < 3600
    assert workers.sent < 200


def test_nothing_new_is_begun_once_that_is_not_wished_and_what_runs_is_waited_for() -> None:
    workers = Refusing()
    begun: list[int] = []

    def may_begin(asking: Asking[int] | None) -> bool:
        if asking is not None and len(begun) < 3:
            begun.append(asking.row)
        return len(begun) < 3 or (asking is not None and asking.row in begun[:3] and workers.sent < 3)

    rows = [Asking(row, Cost()) for row in range(20)]
    list(paced(rows, workers, Pace(workers.now_s), lambda: workers.now_s, may_begin, 300.0))
    assert workers.sent <= 3
