"""A service behind a token bucket, on a clock that only moves when somebody waits."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from chatbot.core.batch.pace import Pace
from chatbot.core.batch.told_limits import Cost, Heard
from chatbot.core.errors import RateLimited
from chatbot.core.events import Finished, Usage, Verdict
from chatbot.core.http.limits import Limit
from chatbot.layers.batch.paced import Asked, Asking, paced

ROWS = 1_000
REFUSED_WITHIN_S = 0.05
BEGAN_S = 1_700_000_000.0


class Shape(NamedTuple):
    """`per_s` units flow into a bucket of `size`; a row takes one, or its tokens (`counts_tokens`). Another client
    takes `others_per_s` when it can. An answer takes `latency_s`, give or take a fifth.
    """

    name: str
    per_s: float
    size: float
    latency_s: float = 0.8
    counts_tokens: bool = False
    tells_headers: bool = False
    retry_after: str = "whole seconds"  # "", or "exact"
    others_per_s: float = 0.0


class Bucket:
    """Workers at such a service."""

    def __init__(self, shape: Shape, seed: int) -> None:
        self.shape = shape
        self.now_s = BEGAN_S
        self.refusals = 0
        self.most_at_once = 0
        self._random = random.Random(seed)
        self._level, self._level_s = shape.size, BEGAN_S
        self._ends: list[tuple[float, int, Asked[int]]] = []

    def clock(self) -> float:
        return self.now_s

    def start(self, asking: Asking[int]) -> None:
        shape = self.shape
        needed = float(tokens_of(asking.row)) if shape.counts_tokens else 1.0
        self._fill()
        if self._level >= needed:
            self._level -= needed
            used = Usage(tokens_of(asking.row) - 100, 100)
            finished = Finished(Verdict.COMPLETE, usage=used, has_text=True)
            delay_s = shape.latency_s * self._random.uniform(0.8, 1.2)
        else:
            self.refusals += 1
            finished = Finished(
                Verdict.FAILED, error=RateLimited("too many", retry_after_s=self._retry_after_s(needed))
            )
            delay_s = REFUSED_WITHIN_S
        done = Asked(asking, "an answer", finished, Heard(self._limits(self.now_s + delay_s), self.now_s + delay_s))
        heapq.heappush(self._ends, (self.now_s + delay_s, self._random.getrandbits(60), done))
        self.most_at_once = max(self.most_at_once, len(self._ends))

    def take(self, timeout_s: float | None) -> list[Asked[int]]:
        until_s = float("inf") if timeout_s is None else self.now_s + timeout_s
        if not self._ends or self._ends[0][0] > until_s:
            assert until_s < float("inf"), "it would wait for ever"
            self.now_s = until_s
            return []
        self.now_s, _, done = heapq.heappop(self._ends)
        return [done]

    def _fill(self) -> None:
        passed_s, self._level_s = self.now_s - self._level_s, self.now_s
        net_per_s = self.shape.per_s - self.shape.others_per_s
        self._level = min(self.shape.size, self._level + passed_s * net_per_s)

    def _retry_after_s(self, needed: float) -> float | None:
        exact_s = (needed - self._level) / self.shape.per_s
        return {"": None, "exact": exact_s, "whole seconds": float(max(1, math.ceil(exact_s)))}[self.shape.retry_after]

    def _limits(self, head_s: float) -> tuple[Limit, ...]:
        if not self.shape.tells_headers:
            return ()
        full_s = head_s + (self.shape.size - self._level) / self.shape.per_s
        what = "tokens" if self.shape.counts_tokens else "requests"
        return (Limit(what, self.shape.size, math.floor(self._level), full_s),)


def tokens_of(row: int) -> int:
    """Those of a row: 200 to 799."""
    return 200 + row * 7919 % 600


class Simulated(NamedTuple):
    took_s: float
    ideal_s: float
    refusals: int
    answered: int
    most_at_once: int

    @property
    def ratio(self) -> float:
        return self.took_s / self.ideal_s


def simulated(shape: Shape, seed: int = 1) -> Simulated:
    """What becomes of 1 000 rows there, against an asker who knows the bucket."""
    bucket = Bucket(shape, seed)

    def rows() -> Iterator[Asking[int]]:
        for row in range(ROWS):
            yield Asking(row, Cost(tokens_of(row) - 100, 120))  # an estimate, a little too high

    done = [
        asked
        for asked in paced(rows(), bucket, Pace(bucket.now_s), bucket.clock, lambda asking: True, 600.0)
        if asked and asked.finished.verdict is Verdict.COMPLETE
    ]
    assert len({asked.asking.row for asked in done}) == len(done)
    units = sum(map(tokens_of, range(ROWS))) if shape.counts_tokens else ROWS
    ideal_s = (units - shape.size) / (shape.per_s - shape.others_per_s) + shape.latency_s
    return Simulated(bucket.now_s - BEGAN_S, ideal_s, bucket.refusals, len(done), bucket.most_at_once)


SHAPES = (
    Shape("requests a minute", 10, 60),
    Shape("tokens a minute", 5_000, 30_000, counts_tokens=True),
    Shape("tokens a minute, with headers", 5_000, 30_000, counts_tokens=True, tells_headers=True),
    Shape("requests a minute, with headers", 10, 60, tells_headers=True),
    Shape("small burst", 10, 5, retry_after="exact"),
    Shape("big burst", 10, 500),
    Shape("without Retry-After", 10, 60, retry_after=""),
    Shape("shared with another client", 10, 60, others_per_s=4),
    Shape("slow answers", 2, 20, latency_s=15),
)
# Each refusal costs such a bucket the half of a second that it would have filled in.
ROUNDED = Shape("small burst, in whole seconds", 10, 5)
SEEDS = (1, 2, 3)


def table(shapes: Sequence[Shape]) -> list[str]:
    """A line for each shape: the worst of the seeds."""
    lines = []
    for shape in shapes:
        worst = max((simulated(shape, seed) for seed in SEEDS), key=lambda each: each.ratio)
        lines.append(
            f"{shape.name:34} {worst.took_s:7.1f} s  ideal {worst.ideal_s:6.1f} s  ratio {worst.ratio:.3f}  "
            f"refused {worst.refusals:3}  lost {ROWS - worst.answered}  at once {worst.most_at_once}"
        )
    return lines
