from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import pytest

from chatbot.core.errors import Hung, OutputUnwritable, RateLimited
from chatbot.core.events import Event, Notice, Retrying, TextDelta
from chatbot.terminal.answer.guarded_view import CANNOT_DRAW, BareText, GuardedView
from chatbot.terminal.best_effort import BestEffort
from tests.tables import each

T = TypeVar("T")
CALLS = ["make", "show", "frame", "close"]


def unlimited(work: Callable[[], T], limit_s: float) -> T:
    assert limit_s > 0
    return work()


class Failing:
    """A view that writes what it shows, until the call `fails_at` comes."""

    def __init__(self, write: Callable[[str], None], fails_at: str, error: BaseException) -> None:
        self._write, self._fails_at, self._error = write, fails_at, error
        self._pass("make")

    def _pass(self, call: str) -> None:
        if call == self._fails_at:
            raise self._error

    def show(self, events: Sequence[Event], now_s: float) -> None:
        if any(isinstance(event, TextDelta) and "two" in event.text for event in events):
            self._pass("show")
        for event in events:
            if isinstance(event, TextDelta):
                self._write(event.text)

    def frame(self, now_s: float) -> float | None:
        if now_s > 1:
            self._pass("frame")
        return 0.5

    def withdraw(self) -> None:
        self._write("<")

    def close(self, now_s: float) -> None:
        self._pass("close")
        self._write("\n")


def shown(fails_at: str, error: BaseException, *, on_terminal: bool) -> tuple[str, list[str]]:
    """What is written of two words when the call `fails_at` fails, and what is told."""
    written: list[str] = []
    told: list[str] = []
    bare = BareText(written.append, told.append, on_terminal=on_terminal)
    view = GuardedView(lambda: Failing(written.append, fails_at, error), bare, BestEffort(unlimited, told.append))
    view.show([TextDelta("one ")], 0)
    view.frame(1)
    view.show([TextDelta("two")], 1)
    view.frame(2)
    view.close(2)
    return "".join(written), told


@each("error", [ValueError("no"), Hung(), RecursionError()])
@each("call", CALLS)
def test_in_a_pipe_each_byte_comes_once(call: str, error: BaseException) -> None:
    text, told = shown(call, error, on_terminal=False)
    assert text.replace("<", "") == "one two\n"
    assert len(told) == 1
    assert told[0].startswith(CANNOT_DRAW)


@each("call", CALLS)
def test_on_a_terminal_the_text_comes_from_its_beginning(call: str) -> None:
    text, _ = shown(call, ValueError("no"), on_terminal=True)
    assert text.endswith("one two\n")


def test_a_view_that_does_not_fail_is_all_there_is() -> None:
    assert shown("never", ValueError(), on_terminal=True) == ("one two\n", [])


@each("error", [BrokenPipeError(), OutputUnwritable("full"), KeyboardInterrupt(), SystemExit(1)])
@each("call", CALLS[1:])
def test_what_is_no_fault_of_the_view_is_passed_on(call: str, error: BaseException) -> None:
    with pytest.raises(type(error)):
        shown(call, error, on_terminal=False)


def test_bare_text_gives_a_terminal_no_orders_and_tells_what_happens_beside_it() -> None:
    written: list[str] = []
    told: list[str] = []
    bare = BareText(written.append, told.append, on_terminal=True)
    bare.show([Notice("note"), Retrying(1.0, 1, RateLimited("busy")), TextDelta("a\x1b[2J\u202eé\n")], 0)
    bare.close(0)
    assert "".join(written) == "a\ufffd[2J\ufffdé\n"
    assert told == ["note", "busy; trying again"]


def test_a_teller_that_fails_is_no_failure_and_a_failure_is_told_once() -> None:
    told: list[str] = []

    def tell(text: str) -> None:
        told.append(text)
        raise RuntimeError("the teller")

    def fails() -> int:
        raise ValueError("no")

    best_effort = BestEffort(unlimited, tell)
    assert [best_effort("it does not work", fails, 3) for _ in range(2)] == [3, 3]
    assert not best_effort.done("it does not work", fails)
    assert told == ["it does not work (ValueError: no)"]


@each(("written", "ends"), [("", []), ("all of it\n", []), ("half", ["\n"])])
def test_what_goes_on_after_a_whole_line_adds_none(written: str, ends: list[str]) -> None:
    out: list[str] = []
    bare = BareText(out.append, print, on_terminal=False)
    bare.go_on(written, "")
    bare.close(0.0)
    assert out == ends
