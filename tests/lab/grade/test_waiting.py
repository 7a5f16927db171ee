"""The rules that judge by time, on thousands of simulated clients: how often chance, or a slow machine, gives a false
mark. The waits are as the machine adds to them: a little always, and sometimes much.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest

from chatbot.lab.grade.cases import CASE_BY_NAME
from chatbot.lab.grade.grading import _MORE_AT_ONCE, _MOST_MORE
from chatbot.lab.grade.waiting import Growth, compared, evidence, growth
from chatbot.outside.processes.running import Piece
from tests.lab.grade.observed import ran, seen
from tests.tables import each

Draw = Callable[[random.Random, int], list[float]]  # some waits, in seconds


def jittered(least: float, first_s: float = 0.5) -> Draw:
    """Twice as long each time, of which chance takes a part: least is 0 for full jitter, 1 for none."""
    return lambda by, count: [first_s * 2**step * by.uniform(least, 1) for step in range(count)]


def decorrelated(by: random.Random, count: int) -> list[float]:
    waits_s = [0.5]
    for _ in range(count):
        waits_s.append(min(10.0, by.uniform(0.5, 3 * waits_s[-1])))
    return waits_s[1:]


def of_a_kind(draw: Callable[[random.Random], float]) -> Draw:
    return lambda by, count: [draw(by) for _ in range(count)]


RIGHT: dict[str, Draw] = {
    "full jitter": jittered(0),
    "full jitter, from a second on": jittered(0, 1.0),
    "equal jitter": jittered(0.5),
    "exponential": jittered(1),
    "openai": jittered(0.75),
    "decorrelated jitter": decorrelated,
    "tenacity's wait_exponential_jitter": lambda by, count: [2**step + by.random() for step in range(count)],
    "tenacity's wait_incrementing": lambda by, count: [0.5 + 0.5 * step for step in range(count)],
    "urllib3": lambda by, count: [0.0, *(0.5 * 2**step for step in range(1, count))],
    "linear, full jitter": lambda by, count: [0.5 * (step + 1) * by.random() for step in range(count)],
    "half as long again, give or take a half": lambda by, count: [
        0.5 * 1.5**step * by.uniform(0.5, 1.5) for step in range(count)
    ],
}
WRONG: dict[str, Draw] = {
    "a second": of_a_kind(lambda by: 1.0),
    "half a second": of_a_kind(lambda by: 0.5),
    "none": of_a_kind(lambda by: 0.0),
    "a second, and a little chance": of_a_kind(lambda by: by.uniform(0.9, 1.1)),
    "from a half to one": of_a_kind(lambda by: by.uniform(0.5, 1)),
    "up to one": of_a_kind(lambda by: by.uniform(0, 1)),
    "shorter each time": lambda by, count: [2.0 / (step + 1) for step in range(count)],
}


def noise_s(by: random.Random, loaded: bool) -> float:
    """What comes on top: of a machine with nothing else to do milliseconds, of a loaded one now and then a lot."""
    if not loaded:
        return by.expovariate(1 / 0.005)
    return by.expovariate(1 / 0.03) + (by.uniform(0, 0.5) if by.random() < 0.03 else 0)


def verdict(draw: Draw, by: random.Random, count: int, loaded: bool) -> tuple[Growth, int]:
    """As the grader comes to it, and after how many runs: four, then as many more as are wanted."""
    runs: list[list[float]] = []
    for more in (4, *(_MORE_AT_ONCE,) * (_MOST_MORE // _MORE_AT_ONCE)):
        runs += [[wait_s + noise_s(by, loaded) for wait_s in draw(by, count)] for _ in range(more)]
        if (found := growth(runs)) != "unclear":
            break
    return found, len(runs)


def least_evidence(draw: Draw, by: random.Random, count: int) -> float:
    """The strongest that there was against growth, at any time before it was seen to grow."""
    runs: list[list[float]] = []
    least = 0.0
    for more in (4, *(_MORE_AT_ONCE,) * (_MOST_MORE // _MORE_AT_ONCE)):
        runs += [[wait_s + noise_s(by, False) for wait_s in draw(by, count)] for _ in range(more)]
        if growth(runs) == "grow":
            break
        if len(runs) < 8:
            continue
        first_s, last_s = zip(*compared(runs), strict=True)
        least = min(least, evidence(first_s, last_s, 2.0))
    return least


def told(draw: Draw, clients: int, count: int, loaded: bool) -> Counter[str]:
    by = random.Random(f"{count} {loaded}")
    return Counter(verdict(draw, by, count, loaded)[0] for _ in range(clients))


@each("loaded", [False, True])
@each("kind", RIGHT)
def test_no_client_whose_waits_grow_is_failed(kind: str, loaded: bool) -> None:
    for count in (2, 3, 5):
        found = told(RIGHT[kind], 150, count, loaded)
        assert not found["even"] and not found["at once"], found
        assert found["grow"] > 140, found


@each("loaded", [False, True])
@each("kind", WRONG)
def test_clients_whose_waits_do_not_grow_are_caught(kind: str, loaded: bool) -> None:
    for count in (2, 3, 5):
        found = told(WRONG[kind], 100, count, loaded)
        assert found["grow"] <= 3, found
        assert found["even"] + found["at once"] >= 90, found


def test_chance_looks_like_even_waits_once_in_a_million() -> None:
    """Each step of evidence is e times as rare: what is seen at two thirds of the bound tells of the bound."""
    by = random.Random(5)
    least = sorted(least_evidence(jittered(0), by, 2) for _ in range(2000))
    assert least[0] > -15  # the bound is at -19
    assert sum(found < -6 for found in least) < 2000 * 2.7**-4
    assert sum(found < -9 for found in least) < 2000 * 2.7**-6


def timed(name: str, by: random.Random, wait_s: float) -> str:
    """The verdict of a case about a client that does after this time what the case is about."""
    late_s = wait_s + noise_s(by, True)
    match name:
        case "live":
            pieces = tuple(Piece(1 + at_s + noise_s(by, True), False, b"Word. ") for at_s in (wait_s, 1.7))
            given = seen(ran()._replace(pieces=pieces), (1.0,), says="Word. Word. ", sent_s=2.7)
        case "timeout":
            is_over = late_s < 15  # else it is ended, and has said nothing
            given = seen(ran(code=1, took_s=1 + late_s, ended="exited" if is_over else "ended"), (1.0,))
        case "ctrl-c":
            given = seen(ran(code=130, interrupted_s=3.0, took_s=3 + late_s), (1.0,))
        case _:
            given = seen(ran("All."), (1.0, 1 + late_s), says="All.")
    usual = (seen(ran(code=1), (1.0, 1.5)),) * (len(CASE_BY_NAME[name].scenes) - 1)
    return CASE_BY_NAME[name].judge(given, *usual).verdict


@each(
    ("name", "right_s", "wrong_s"),
    [
        ("retry-after", (3.0, 6.0), (0.0, 2.3)),
        ("retry-after-date", (3.0, 6.0), (0.0, 2.3)),  # a date has whole seconds
        ("live", (0.0, 0.4), (1.7, 1.8)),
        ("timeout", (2.0, 10.0), (15.0, 60.0)),
        ("ctrl-c", (0.0, 1.2), (3.0, 15.0)),
    ],
)
def test_a_loaded_machine_changes_no_mark_that_is_given_by_time(
    name: str, right_s: tuple[float, float], wrong_s: tuple[float, float]
) -> None:
    by = random.Random(name)
    assert {timed(name, by, by.uniform(*right_s)) for _ in range(2000)} == {"pass"}
    assert {timed(name, by, by.uniform(*wrong_s)) for _ in range(2000)} == {"fail"}


@pytest.mark.parametrize("count", range(2))
def test_who_asks_again_once_at_most_tells_nothing_of_waits_that_grow(count: int) -> None:
    assert growth([[1.0] * count] * 9) == "unclear" and not compared([[1.0] * count] * 9)


def test_the_last_of_equally_many_waits_is_compared_with_the_first() -> None:
    assert compared([[1, 2, 4, 8], [1, 2, 4], [1, 2], []]) == [(1, 4), (1, 4)]
    assert compared([[1, 2], [3, 4]]) == [(1, 2), (3, 4)]
    assert compared([list(range(9))]) == [(0, 4)]
