"""An answer as plain text, and what stands beside it on the terminal behind standard error."""

from __future__ import annotations

import pytest

from chatbot.core.errors import RateLimited
from chatbot.core.events import Event, Notice, ReasoningDelta, Retrying, TextDelta
from chatbot.terminal.answer.plain import Aside, PlainView
from chatbot.terminal.answer.wait_row import WaitRow


class Shown:
    """What a view wrote: the `answer` to standard output, everything else to `aside`."""

    def __init__(self, *events: Event, dim: bool = False, bar: str = "│ ") -> None:
        self.answer, self.aside = "", ""
        view = PlainView(
            self._write,
            lambda text: self._beside(f"chat: {text}\n"),
            Aside(self._beside, WaitRow("gpt-x", 0.0), True, dim, bar),
        )
        for event in events:
            view.show([event], 0.0)
        view.close(0.0)

    def _write(self, text: str) -> None:
        self.answer += text

    def _beside(self, text: str) -> None:
        self.aside += text


@pytest.mark.parametrize("bar", ["│ ", "| "])
def test_each_line_of_the_reasoning_begins_with_a_bar_however_it_comes(bar: str) -> None:
    pieces = ["\n\nOne", ".\n", "Two", ".\n\n", "Three.\nFour.", "\n\n"]
    shown = Shown(*map(ReasoningDelta, pieces), TextDelta("The answer."), bar=bar)
    assert shown.aside == f"{bar}One.\n{bar}Two.\n{bar}\n{bar}Three.\n{bar}Four.\n"
    assert shown.answer == "The answer.\n"


def test_reasoning_is_dim_and_slanted_and_its_bar_upright() -> None:
    shown = Shown(ReasoningDelta("One.\nTwo."), dim=True)
    assert shown.aside == "\x1b[2m\x1b[23m│ \x1b[3mOne.\n\x1b[23m│ \x1b[3mTwo.\x1b[0m\n"


def test_a_notice_stands_on_a_line_of_its_own_and_the_reasoning_goes_on_behind_its_bar() -> None:
    shown = Shown(ReasoningDelta("One.\n"), Notice("wait"), ReasoningDelta("Two."), ReasoningDelta(" Three."))
    assert shown.aside == "│ One.\nchat: wait\n│ Two. Three.\n"


@pytest.mark.parametrize("dim", [True, False])
def test_the_wait_for_the_next_attempt_is_yellow_where_there_are_colours(dim: bool) -> None:
    aside: list[str] = []
    wait_row = WaitRow("gpt-x", 0.0)
    view = PlainView(lambda data: None, aside.append, Aside(aside.append, wait_row, True, dim))
    view.show([Retrying(7.0, 1, RateLimited("too many requests"))], 0.0)
    view.frame(1.0)
    words = "⠋ too many requests; trying again in 6 s (Ctrl-C stops)"
    assert aside == [f"\r\x1b[K\x1b[33m{words}\x1b[0m" if dim else f"\r\x1b[K{words}"]
    view.frame(9.0)
    assert "\x1b[33m" not in aside[-1]


def test_blank_lines_alone_are_no_reasoning() -> None:
    assert Shown(ReasoningDelta("\n\n"), TextDelta("Hi")).aside == ""
