"""Calls and results between the steps of an answer, as lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chatbot.core.events import (
    Event,
    Finished,
    StepFinished,
    TextDelta,
    ToolCallDelta,
    ToolCalled,
    ToolFinished,
    ToolStarted,
    Verdict,
)
from chatbot.core.tools.calling import ToolCall, ToolResult
from chatbot.terminal.answer.show_events import View
from chatbot.terminal.answer.tool_view import ToolLines, ToolView

LONDON, PARIS = ToolCall("1", "weather", '{"city": "London"}'), ToolCall("2", "weather", '{"city": "Paris"}')
WHOLE = Finished(Verdict.COMPLETE, has_text=True)
STEP: list[Event] = [
    TextDelta("Let me see."),
    ToolCallDelta(0, "weather", '{"city": '),
    ToolCallDelta(0, "weather", '"London"}'),
    ToolCallDelta(1, "weather", '{"city": "Paris"}'),
    ToolCalled(LONDON),
    ToolCalled(PARIS),
    StepFinished(WHOLE, (LONDON, PARIS)),
]
STARTED: list[Event] = [ToolStarted(LONDON), ToolStarted(PARIS)]
CAME: list[Event] = [
    ToolFinished(ToolResult("2", "weather", "no such\x1b[2J city", is_error=True), 0.5),
    ToolFinished(ToolResult("1", "weather", "rain\nand wind"), 2.0),
]


class Screen:
    """What a person sees: texts of views, lines beside them, what is waited for, in their order."""

    def __init__(self, *, on_terminal: bool, holds_text: bool = False) -> None:
        self.seen: list[str] = []
        lines = ToolLines(self.seen.append if on_terminal else None, lambda line: self.seen.append(f"chat: {line}\n"))
        self.wanted: list[Callable[[], None]] = []
        self.view = ToolView(self._made, lines._replace(holds_text=holds_text), self._meanwhile)

    def show(self, *events: Event) -> None:
        for event in events:
            self.view.frame(0.0)
            self.view.show([event], 0.0)

    def _made(self, awaited: str) -> View:
        seen = self.seen
        seen.append(f"<{awaited}>")

        class One(View):
            def show(self, events: Sequence[Event], now_s: float) -> None:
                seen.extend(event.text for event in events if isinstance(event, TextDelta))

            def withdraw(self) -> None:
                seen.append("-")

            def close(self, now_s: float) -> None:
                seen.append("</>")

        return One()

    def _meanwhile(self, clear: Callable[[], None]) -> None:
        while self.wanted:
            clear()
            self.wanted.pop()()


def test_calls_are_shown_as_they_come_and_their_results_in_a_line_each() -> None:
    screen = Screen(on_terminal=True)
    screen.show(*STEP, *STARTED)
    screen.view.frame(0.0)
    screen.show(*CAME, TextDelta("It rains."))
    screen.view.close(0.0)
    assert "".join(screen.seen) == (
        '<>Let me see.</>• weather {"city": "London"}\n• weather {"city": "Paris"}\n<></><></>'
        "<weather></><weather></>  ↳ weather: error: no such␛[2J city (16 bytes, 0.5 s)\n"
        "<weather></>  ↳ weather: rain (13 bytes, 2 s)\n"
        "<>\nIt rains.</>"
    )


def test_in_a_pipe_lines_are_whole_and_what_is_said_before_a_call_is_no_answer() -> None:
    screen = Screen(on_terminal=False, holds_text=True)
    screen.show(*STEP, *STARTED, *CAME, TextDelta("It "), TextDelta("rains."))
    screen.view.close(0.0)
    told = "".join(screen.seen).replace("</>", "").replace("<>", "").replace("<weather>", "")
    assert told == (
        "chat: Let me see.\n"
        'chat: calls weather {"city": "London"}\n'
        'chat: calls weather {"city": "Paris"}\n'
        "chat: weather: error: no such␛[2J city (16 bytes, 0.5 s)\n"
        "chat: weather: rain (13 bytes, 2 s)\n"
        "It rains."
    )


def test_the_beginning_of_a_long_call_is_enough() -> None:
    screen = Screen(on_terminal=True)
    for _ in range(1000):
        screen.show(ToolCallDelta(0, "write", "x" * 1000))
    assert 300 < len("".join(screen.seen)) < 500


def test_mixed_pieces_of_two_calls_stay_apart() -> None:
    screen = Screen(on_terminal=True)
    screen.show(*[ToolCallDelta(number % 2, "ab"[number % 2], str(number)) for number in range(4)])
    assert "".join(screen.seen) == "<></>• a 0\n• b 1\n• a … 2\n• b … 3"


def test_whoever_has_a_question_gets_a_clear_screen() -> None:
    screen = Screen(on_terminal=True)
    screen.wanted.append(lambda: screen.seen.append("yes?"))
    screen.show(TextDelta("Hm."), StepFinished(WHOLE, (LONDON,)))
    screen.view.frame(0.0)
    assert screen.seen == ["<>", "Hm.", "</>", "yes?", "<>"]


def test_an_answer_that_is_cut_in_a_pipe_is_printed_as_far_as_it_came() -> None:
    screen = Screen(on_terminal=False, holds_text=True)
    screen.show(TextDelta("Half an "), TextDelta("ans"))
    screen.view.close(0.0)
    assert screen.seen == ["<>", "Half an ans", "</>"]
