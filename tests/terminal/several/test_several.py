"""Several answers on a screen that is looked at, and their loop, driven by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

import pytest

from chatbot.core.cost.answer import Cost
from chatbot.core.cost.price import Price, Rate
from chatbot.core.errors import RateLimited, TimedOut
from chatbot.core.events import CacheUse, Event, Finished, FromOne, Retrying, TextDelta, Usage, Verdict
from chatbot.terminal.answer.show_events import View
from chatbot.terminal.screen import Screen
from chatbot.terminal.several.columns import Columns, column_cells
from chatbot.terminal.several.in_turn import InTurn
from chatbot.terminal.several.progress import Progress, StatusRows
from chatbot.terminal.several.show_all import show_all
from chatbot.terminal.several.words import footer
from tests.terminal.emulator import Terminal

COMPLETE = Finished(Verdict.COMPLETE, has_text=True, usage=Usage(12, 40))


def one(number: int, event: Event) -> FromOne:
    return FromOne(number, event, after_s=1.0)


class Log(View):
    """A view that writes down what it is asked."""

    def __init__(self, name: str, log: list[str]) -> None:
        self.name, self.log = name, log

    def show(self, events: Sequence[Event], now_s: float) -> None:
        self.log += [f"{self.name}: {event.text}" for event in events if isinstance(event, TextDelta)]

    def close(self, now_s: float) -> None:
        self.log.append(f"{self.name} closed")


class Queue:
    """Gives one batch after the other."""

    def __init__(self, *batches: list[FromOne]) -> None:
        self.batches = list(batches)
        self.waits: list[float | None] = []
        self.given_up = False

    def take(self, timeout_s: float | None) -> Sequence[FromOne]:
        self.waits.append(timeout_s)
        return self.batches.pop(0) if self.batches else []

    def give_up(self) -> None:
        self.given_up = True


def board(log: list[str], progresses: Sequence[Progress], *, as_they_end: bool = False) -> InTurn:
    def begin(number: int) -> View:
        log.append(f"{number} begins")
        return Log(str(number), log)

    return InTurn(progresses, begin, lambda number: log.append(f"{number} ends"), as_they_end=as_they_end)


def shown(
    *batches: list[FromOne],
    count: int = 2,
    as_they_end: bool = False,
    stopped: Callable[[], bool] = lambda: False,
    limits_s: Sequence[float | None] | None = None,
) -> tuple[list[str], list[Progress], Queue]:
    log: list[str] = []
    progresses = [Progress(f"m{number}", 0.0) for number in range(count)]
    queue = Queue(*batches)
    times = iter(range(1000))
    show_all(
        queue,
        board(log, progresses, as_they_end=as_they_end),
        progresses,
        [lambda events: events] * count,
        lambda: float(next(times)),
        stopped,
        limits_s or [None] * count,
    )
    return log, progresses, queue


def test_the_first_streams_and_the_others_come_whole_in_turn() -> None:
    log, _, queue = shown(
        [one(1, TextDelta("b"))],
        [one(0, TextDelta("a")), one(1, COMPLETE)],
        [one(0, TextDelta("a"))],
        [one(0, COMPLETE)],
    )
    assert log == ["0 begins", "0: a", "0: a", "0 closed", "0 ends", "1 begins", "1: b", "1 closed", "1 ends"]
    assert not queue.given_up


def test_one_whose_turn_comes_before_its_end_streams_from_there_on() -> None:
    log, _, _ = shown([one(1, TextDelta("b"))], [one(0, COMPLETE)], [one(1, TextDelta("c"))], [one(1, COMPLETE)])
    assert log == ["0 begins", "0 closed", "0 ends", "1 begins", "1: b", "1: c", "1 closed", "1 ends"]


def test_for_a_program_they_come_as_they_end() -> None:
    log, _, _ = shown(
        [one(0, TextDelta("a")), one(1, TextDelta("b"))], [one(1, COMPLETE)], [one(0, COMPLETE)], as_they_end=True
    )
    assert [line for line in log if "begins" in line] == ["1 begins", "0 begins"]


def test_stopped_all_keep_what_came_and_are_given_up() -> None:
    calls = iter([False, True])
    log, progresses, queue = shown([one(1, TextDelta("b"))], stopped=lambda: next(calls, True))
    assert "1: b" in log and log[-1] == "1 ends"
    assert [each.result.finished.verdict for each in progresses] == [Verdict.CANCELLED] * 2
    assert [each.result.finished.has_text for each in progresses] == [False, True]
    assert queue.given_up


def test_the_time_of_one_may_be_over_before_that_of_another() -> None:
    _, progresses, queue = shown([], [], [], [], [], [], [one(1, COMPLETE)], limits_s=[3.0, None])
    first, second = (each.result.finished for each in progresses)
    assert isinstance(first.error, TimedOut) and first.verdict is Verdict.FAILED
    assert second == COMPLETE
    assert queue.given_up and queue.waits[0] is not None and queue.waits[0] <= 3.0


def test_what_comes_after_the_end_of_an_answer_is_not_of_it() -> None:
    log, _, _ = shown([one(0, COMPLETE), one(1, COMPLETE)], count=2)
    assert log.count("0 ends") == 1


def test_a_board_that_breaks_gives_them_all_up() -> None:
    class Broken:
        def show(self, number: int, events: Sequence[Event], now_s: float) -> None: ...

        def frame(self, now_s: float) -> float | None:
            raise BrokenPipeError

    queue = Queue()
    with pytest.raises(BrokenPipeError):
        show_all(queue, Broken(), [Progress("a", 0.0)], [lambda events: events], lambda: 0.0, lambda: False, [None])
    assert queue.given_up


def progress(*events: Event, name: str = "lab/a", after_s: float = 0.4) -> Progress:
    one = Progress(name, 0.0)
    for event in events:
        one.saw(event, after_s)
    one.take(events, 2.0)
    return one


def test_a_row_says_how_far_an_answer_is() -> None:
    assert progress().words(0.5) == "waiting"
    assert progress().words(3.2) == "waiting 3 s"
    assert progress(TextDelta("x" * 480)).words(9.0) == "receiving, about 120 tokens"
    assert progress(Retrying(5.0, 1, RateLimited("slow down"))).words(3.5) == "retrying in 4 s"
    assert progress(TextDelta("x"), COMPLETE).words(9.0) == "done, 400 ms"
    assert progress(Finished(Verdict.FAILED)).words(9.0) == "failed, 400 ms"


def test_rows_fit_the_screen_and_are_one_where_it_is_low() -> None:
    many = StatusRows([progress(name=f"lab/{number}") for number in range(15)] + [progress(TextDelta("x"), COMPLETE)])
    texts = [row.text for row in many.rows(0.0, Screen(80, 60))]
    assert len(texts) == 17 and texts[1] == "lab/0   waiting" and texts[-1] == "lab/a   done, 400 ms"
    assert [row.text for row in many.rows(0.0, Screen(80, 24))] == ["", "15 waiting, 1 done"]
    assert max(row.cells for row in many.rows(0.0, Screen(10, 60))) < 10
    assert StatusRows([]).rows(0.0, Screen()) == []


def test_a_footer_never_says_0_where_nothing_is_known() -> None:
    price = Price(Rate(Decimal(1_000_000)), Rate(Decimal(1)))
    one = progress(TextDelta("x"), COMPLETE)
    assert footer(one, None).endswith("; cost unknown; complete")
    one.cost = Cost(Decimal("0.0012"), price)
    assert footer(one, None) == "first text 400 ms, total 400 ms; tokens: 12 in, 40 out; $0.0012; complete"
    stopped = progress(Finished(Verdict.CANCELLED))
    stopped.cost = Cost(None, price)
    told = "no text, total 2 s; tokens: about 12 in, 0 out; {}; stopped"
    assert footer(stopped, Usage(12, 0)) == told.format("about $12.00")
    stopped.cost = Cost(None)
    assert footer(stopped, Usage(12, 0)) == told.format("price unknown")
    cached = progress(TextDelta("x"), COMPLETE._replace(cache=CacheUse(True, 1.0, 1.0, "k")))
    assert "from the cache: cost 0" in footer(cached, None)


class Wide:
    """Columns on a screen that is looked at."""

    def __init__(self, width: int = 110, height: int = 24, count: int = 2) -> None:
        self.terminal = Terminal(width, height)
        self.size = (width, height)
        self.progresses = [Progress(f"m{number}", 0.0) for number in range(count)]
        self.columns = Columns(
            Screen(width, height), self.terminal.write, self.progresses, lambda: self.size, lambda before: False
        )
        self.now_s = 0.0

    def comes(self, number: int, *events: Event) -> None:
        self.progresses[number].take(events, self.now_s)
        self.columns.show(number, events, self.now_s)
        self.now_s += 0.5
        self.columns.frame(self.now_s)

    @property
    def halves(self) -> list[tuple[str, str]]:
        rows = [row.partition("│") for row in self.terminal.rows]
        return [(left.strip(), right.strip()) for left, _, right in rows]


def test_columns_grow_side_by_side_with_how_far_they_are_below() -> None:
    wide = Wide()
    wide.comes(0, TextDelta("one\n\ntwo"))
    assert wide.halves == [
        ("m0", "m1"),
        ("", ""),
        ("one", ""),
        ("", ""),
        ("two", ""),
        ("", ""),
        ("receiving, about 2 tokens", "waiting"),
    ]
    wide.comes(1, TextDelta("uno"), COMPLETE)
    wide.comes(0, COMPLETE)
    assert wide.halves == [("m0", "m1"), ("", ""), ("one", "uno"), ("", ""), ("two", "")]
    assert wide.terminal.at_start_of_empty_row


def test_columns_longer_than_the_screen_are_whole_in_the_scrollback() -> None:
    wide = Wide(height=9)
    for number in range(60):
        wide.comes(number % 2, TextDelta(f"- {number}\n"))
    wide.comes(1, COMPLETE)
    wide.comes(0, COMPLETE)
    assert [left for left, _ in wide.halves[2:]] == [f"• {number}" for number in range(0, 60, 2)]
    assert [right for _, right in wide.halves[2:]] == [f"• {number}" for number in range(1, 60, 2)]


def test_an_answer_that_ends_early_does_not_hold_the_other_back() -> None:
    wide = Wide(height=9)
    wide.comes(0, COMPLETE)
    for number in range(30):
        wide.comes(1, TextDelta(f"- {number}\n"))
    wide.comes(1, COMPLETE)
    assert [right for _, right in wide.halves[2:]] == [f"• {number}" for number in range(30)]


def test_what_a_terminal_would_obey_does_not_reach_it_and_wide_characters_keep_the_line() -> None:
    wide = Wide()
    wide.comes(0, TextDelta("梨梨 \x1b[2J"), COMPLETE)
    wide.comes(1, TextDelta("b"), COMPLETE)
    row = wide.terminal.rows[2]
    assert "␛[2J" in row and row.rstrip().endswith("│ b")


def test_columns_share_what_the_lines_between_them_leave() -> None:
    assert column_cells(103, 2) == 50 and column_cells(102, 2) == 49 and column_cells(156, 3) == 50
