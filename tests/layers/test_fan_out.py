"""Several at once, driven by hand: whose event comes next is what the test says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from chatbot.core.errors import Cancelled, NoKey
from chatbot.core.events import Event, Finished, FromOne, TextDelta, Verdict
from chatbot.layers.fan_out import Member, SideBySide, Timed, failing, fan_out
from chatbot.outside.background import side_by_side
from chatbot.session import Sleep
from tests.conftest import FakeTime

COMPLETE = Finished(Verdict.COMPLETE, has_text=True)
NO_KEY = NoKey("there is no key")


def in_this_order(*numbers: int) -> SideBySide:
    """A pool without threads: each step of a work is done when its number is next."""

    def pool(works: Sequence[Iterator[Timed]]) -> Iterator[tuple[int, Timed | BaseException]]:
        for number in numbers:
            try:
                yield number, next(works[number])
            except StopIteration:
                yield number, Cancelled("stopped")
            except Exception as error:
                yield number, error

    return pool


def saying(*events: Event | Exception, delay_s: float = 0.0) -> Member:
    def ask(sleep: Sleep) -> Iterator[Event]:
        for event in events:
            sleep(delay_s)
            if isinstance(event, Exception):
                raise event
            yield event

    return Member(ask)


def run(members: Sequence[Member], *order: int, race: bool = False) -> list[tuple[int, Event]]:
    time_ = FakeTime()
    found = fan_out(members, in_this_order(*order), time_.sleep, time_.clock, race=race)
    return [(each.number, each.event) for each in found]


def test_events_come_in_the_order_in_which_they_happen_with_whose_they_are() -> None:
    a, b = saying(TextDelta("a"), COMPLETE), saying(TextDelta("b"), COMPLETE)
    expected = [(1, TextDelta("b")), (0, TextDelta("a")), (0, COMPLETE), (1, COMPLETE)]
    assert run([a, b], 1, 0, 0, 1) == expected


def test_each_event_has_its_time_since_the_question() -> None:
    time_ = FakeTime()
    found = fan_out([saying(TextDelta("a"), COMPLETE, delay_s=2.0)], in_this_order(0, 0), time_.sleep, time_.clock)
    assert list(found) == [FromOne(0, TextDelta("a"), 2.0), FromOne(0, COMPLETE, 4.0)]


def test_an_end_by_a_failure_or_by_a_lost_race_has_its_time_too() -> None:
    time_ = FakeTime()
    members = [saying(ZeroDivisionError("oh"), delay_s=2.0), saying(COMPLETE, delay_s=3.0), saying(COMPLETE)]
    found = fan_out(members, in_this_order(0, 1), time_.sleep, time_.clock, race=True)
    assert [(each.number, each.after_s) for each in found] == [(0, 2.0), (1, 3.0), (2, 5.0)]


def test_one_that_cannot_be_asked_is_told_and_disturbs_nobody() -> None:
    events = run([Member(failing(NO_KEY)), saying(TextDelta("b"), COMPLETE)], 0, 1, 1)
    assert events == [
        (0, Finished(Verdict.FAILED, error=NO_KEY, attempts=0)),
        (1, TextDelta("b")),
        (1, COMPLETE),
    ]


def test_a_fault_of_our_own_in_one_is_the_end_of_that_answer_alone() -> None:
    (_, text), (one, end), *others = run([saying(TextDelta("a"), ZeroDivisionError("oh")), saying(COMPLETE)], 0, 0, 1)
    assert text == TextDelta("a") and one == 0
    assert isinstance(end, Finished) and end.verdict is Verdict.CUT and end.has_text
    assert (
        end.error and "ZeroDivisionError: oh" in str(end.error) and isinstance(end.error.__cause__, ZeroDivisionError)
    )
    assert others == [(1, COMPLETE)]


def test_one_that_just_ends_was_cancelled() -> None:
    assert run([saying()], 0) == [(0, Finished(Verdict.CANCELLED))]


def test_in_a_race_the_first_complete_answer_stops_the_others_and_nothing_more_of_them_comes() -> None:
    stopped: list[int] = []
    members = [
        saying(TextDelta("a"), TextDelta("more"), COMPLETE)._replace(stop=lambda: stopped.append(0)),
        saying(COMPLETE)._replace(stop=lambda: stopped.append(1)),
        saying(COMPLETE)._replace(stop=lambda: stopped.append(2)),
    ]
    assert run(members, 0, 1, 0, 2, race=True) == [
        (0, TextDelta("a")),
        (1, COMPLETE),
        (0, Finished(Verdict.CANCELLED, has_text=True)),
        (2, Finished(Verdict.CANCELLED)),
    ]
    assert stopped == [0, 2]


def test_a_race_goes_on_until_an_answer_is_complete() -> None:
    cut = Finished(Verdict.CUT, has_text=True)
    assert run([saying(cut), saying(COMPLETE)], 0, 1, race=True) == [(0, cut), (1, COMPLETE)]


def test_one_that_waits_to_try_again_does_not_once_the_race_is_over() -> None:
    sent: list[str] = []

    def trying_again(sleep: Sleep) -> Iterator[Event]:
        yield TextDelta("a")
        sleep(5.0)
        sent.append("again")
        yield COMPLETE

    time_ = FakeTime()
    loser = trying_again
    found = fan_out([Member(loser), saying(COMPLETE)], in_this_order(0, 1, 0), time_.sleep, time_.clock, race=True)
    assert [each.number for each in found] == [0, 1, 0]
    kept: list[Iterator[Timed]] = []

    def keeping(works: Sequence[Iterator[Timed]]) -> Iterator[tuple[int, Timed | BaseException]]:
        kept.extend(works)
        yield 0, next(works[0])
        yield 1, next(works[1])

    list(fan_out([Member(loser), saying(COMPLETE)], keeping, time_.sleep, time_.clock, race=True))
    with pytest.raises(Cancelled):
        next(kept[0])
    assert not sent


def test_in_threads_all_of_them_come_to_their_end() -> None:
    members = [saying(TextDelta(str(number)), COMPLETE) for number in range(16)]
    time_ = FakeTime()
    found = list(fan_out(members, side_by_side, time_.sleep, time_.clock))
    for number in range(16):
        assert [each.event for each in found if each.number == number] == [TextDelta(str(number)), COMPLETE]
