"""Whether the waits of a client grow, told from few of them, with chance in them.

How long a client waits is given by chance within a range: from nothing to a second ("full jitter"), from a half to a
whole, or no range at all. Waits that grow have a range that grows; chance alone makes one wait longer than another. So
two stories are told of the first and the last wait of many runs: all of them come from one range, or the last ones come
from one that is larger. The story with the smaller range explains them better, and how much better is the logarithm of
the ratio of their likelihoods (Wald, Sequential Analysis, 1947): as long as that is small, more runs are wanted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Literal

from chatbot.records import NamedTuple

Growth = Literal["grow", "even", "at once", "unclear"]
_LEAST_RUNS, _MANY_RUNS, MOST_WAITS = 3, 8, 5
_NOISE_S = 0.05  # what a machine adds to a wait, now and then; of many waits the longest may be worse
_OUTLIERS = 16  # one of so many
_AT_ONCE_S, _AT_ONCE_RUNS = 0.06, 12
# Full jitter over two waits is the hardest to tell. By these bounds one right client in a million is called even, and
# of those that do not wait longer one in some hundred passes; tests/lab/grade/test_waiting.py counts them.
_GROWS, _GROWS_IN_FEW, _EVEN = 9.0, 6.0, -19.0
_STEPS = [2 ** (step / 2) for step in range(14)]
_LEAST_FACTOR, _SURE_FACTOR = 1.5, 2.0


def compared(runs: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
    """The first and the last wait of each run that has several; equally many of each, so that all can be compared."""
    several = [waits_s for waits_s in runs if len(waits_s) > 1]
    longer = [waits_s for waits_s in several if len(waits_s) > 2] or several
    last = min([MOST_WAITS, *map(len, longer)]) - 1
    return [(waits_s[0], waits_s[last]) for waits_s in longer]


def growth(runs: Sequence[Sequence[float]]) -> Growth:
    """What the waits of a client do, in seconds between its requests, in the runs of it; "unclear" where chance may
    have done it.
    """
    pairs = compared(runs)
    if len(pairs) < _LEAST_RUNS:
        return "unclear"
    first_s, last_s = zip(*pairs, strict=True)
    is_many = len(pairs) >= _MANY_RUNS
    if len(pairs) >= _AT_ONCE_RUNS:
        short = sum([wait_s < _AT_ONCE_S for wait_s in first_s + last_s])
        if short * 4 >= len(pairs) * 2 * 3:
            return "at once"
    sure = evidence(first_s, last_s, _SURE_FACTOR)
    if is_many and sure <= _EVEN:  # a few waits are the same by chance too
        return "even"
    enough = _GROWS if is_many else _GROWS_IN_FEW
    grows = sure >= enough or evidence(first_s, last_s, _LEAST_FACTOR) >= enough
    return "grow" if grows else "unclear"


def leans_to_growth(runs: Sequence[Sequence[float]]) -> bool:
    """Which of the two it rather is, where it has to be one of them."""
    pairs = compared(runs)
    return bool(pairs) and evidence([first for first, _ in pairs], [last for _, last in pairs], _SURE_FACTOR) > 0


def shown_range(waits_s: Iterable[float]) -> str:
    """From the shortest to the longest: `0.3 to 0.5 s`."""
    in_order = sorted(waits_s)
    return f"{in_order[0]:.1f} to {in_order[-1]:.1f} s"


def evidence(first_s: Sequence[float], last_s: Sequence[float], least_factor: float) -> float:
    """For waits that grow by this factor at least, and against even ones: the logarithm of the ratio of likelihoods.

    The range begins at nothing, or is a part of the wait; where it is wide, it may also begin at the shortest wait, as
    that of "decorrelated jitter" does.
    """
    found = _ratio(first_s, last_s, least_factor)
    in_order = sorted([*first_s, *last_s])
    shortest_s, longest_s = in_order[0], in_order[-1 - _outliers(len(in_order))]
    if longest_s - shortest_s > shortest_s:
        above_s = [wait_s - shortest_s for wait_s in (*first_s, *last_s)]
        found = max(found, _ratio(above_s[: len(first_s)], above_s[len(first_s) :], least_factor))
    return found


def _ratio(first_s: Sequence[float], last_s: Sequence[float], least_factor: float) -> float:
    """Of all factors the one that explains the waits best."""
    first, last = _Range.of(first_s), _Range.of(last_s)
    count = len(first_s) + len(last_s)
    outliers = _outliers(count)
    even_s = first.with_more(last, 1.0, outliers)
    most = count * math.log(even_s / (first.longest_s[0] - first.shortest_s + _NOISE_S))  # no factor makes it narrower
    best = -math.inf
    for step in _STEPS:
        factor = least_factor * step
        cost = len(last_s) * math.log(factor)
        if most - cost < best:
            break
        found = count * math.log(even_s / first.with_more(last, factor, outliers)) - cost
        if found > best:
            best = found
    return best


def _outliers(count: int) -> int:
    return max(1, count // _OUTLIERS)


class _Range(NamedTuple):
    """The shortest wait, and the longest ones."""

    shortest_s: float
    longest_s: Sequence[float]

    @classmethod
    def of(cls, waits_s: Sequence[float]) -> _Range:
        in_order = sorted(waits_s)
        return cls(in_order[0], in_order[-1 - _outliers(2 * len(in_order)) :])

    def with_more(self, other: _Range, factor: float, outliers: int) -> float:
        """How wide both are together, the other one shortened by a factor; without outliers, on a machine that is no
        clock.
        """
        longest = [wait_s / factor for wait_s in other.longest_s]
        longest += self.longest_s
        longest.sort()
        shortest_s = other.shortest_s / factor
        return longest[-1 - outliers] - (shortest_s if shortest_s < self.shortest_s else self.shortest_s) + _NOISE_S
