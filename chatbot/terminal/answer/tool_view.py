"""An answer in which the model calls tools: a view for each step, and between them the calls and what came of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chatbot.core.amounts import duration_words, size_words
from chatbot.core.events import (
    Event,
    StepFinished,
    TextDelta,
    ToolCallDelta,
    ToolCalled,
    ToolEvent,
    ToolFinished,
    ToolStarted,
)
from chatbot.core.tools.calling import ToolCall, ToolResult
from chatbot.records import NamedTuple
from chatbot.terminal.answer.show_events import View
from chatbot.terminal.sanitise import sanitise

_MOST_CHARS, _FEWEST_CHARS = 400, 12  # of arguments and results, on the screen


class ToolLines(NamedTuple):
    """Where calls are told. `write` takes text for the terminal behind standard error, None where there is none: then
    `tell` takes whole lines. `columns` are those of that terminal. `holds_text`: standard output is for the answer
    alone, so that what the model says before a call goes beside it.
    """

    write: Callable[[str], None] | None
    tell: Callable[[str], None]
    columns: Callable[[], int] = lambda: 80
    dim: bool = False
    unicode: bool = True
    holds_text: bool = False


class ToolView(View):
    """`make` makes the view of what is waited for now, which is a model (`""`) or tools of these names. `meanwhile`
    is called with each frame between two steps, with what clears the screen for somebody else: a question may have to
    be put to the person, who has seen by then what the model said before it.
    """

    def __init__(
        self, make: Callable[[str], View], lines: ToolLines, meanwhile: Callable[[Callable[[], None]], None]
    ) -> None:
        self._make = make
        self._lines = lines
        self._meanwhile = meanwhile
        self._view: View | None = make("")
        self._held: list[str] = []
        self._running: dict[str, str] = {}
        self._calls: dict[str, ToolCall] = {}
        self._has_text = False
        self._is_between_steps = False
        self._growing: int | None = None  # the call whose arguments are on the screen
        self._told: dict[int, int] = {}  # how many of them are, by call

    def show(self, events: Sequence[Event], now_s: float) -> None:
        passing: list[Event] = []
        for event in events:
            if isinstance(event, ToolEvent):
                self._pass(passing, now_s)
                passing = []
                self._beside(event, now_s)
            elif type(event) is TextDelta and self._lines.holds_text:
                self._held.append(event.text)
            else:
                passing.append(event)
        self._pass(passing, now_s)

    def frame(self, now_s: float) -> float | None:
        if self._is_between_steps:
            self._meanwhile(self.withdraw)
        return None if self._growing is not None else self._now().frame(now_s)

    def withdraw(self) -> None:
        self._end_line()
        if self._view is not None:
            self._view.withdraw()

    def close(self, now_s: float) -> None:
        if self._held:
            self._now().show([TextDelta("".join(self._held))], now_s)
        self._close_view(now_s)

    def _now(self) -> View:
        if self._view is None:
            self._view = self._make(", ".join(dict.fromkeys(self._running.values())))
        return self._view

    def _close_view(self, now_s: float) -> None:
        self._end_line()
        if self._view is not None:
            self._view.close(now_s)
            self._view = None

    def _pass(self, events: Sequence[Event], now_s: float) -> None:
        if events:
            self._end_line()
            self._is_between_steps = False
            has_text = any(type(event) is TextDelta for event in events)
            if has_text and self._has_text:  # a blank line between what was said and what is said now
                events, self._has_text = [TextDelta("\n"), *events], False
            self._now().show(events, now_s)

    def _beside(self, event: Event, now_s: float) -> None:
        if not isinstance(event, ToolFinished):  # of a call that is not made, perhaps before the next question
            self._is_between_steps = isinstance(event, StepFinished)
        match event:
            case ToolCallDelta():
                if self._view is not None and self._growing is None:
                    self._close_view(now_s)
                self._grow(event)
            case ToolCalled(call):
                self._end_line()
                self._tell_held()
                if self._lines.write is None:
                    self._lines.tell(_cut(f"calls {call.name} {_one_line(call.arguments)}", _MOST_CHARS))
            case StepFinished(finished, calls):
                self._has_text = self._has_text or (finished.has_text and not self._lines.holds_text)
                self._calls = {call.id: call for call in calls}
                self._close_view(now_s)
                self._told = {}
            case ToolStarted(call):
                self._close_view(now_s)
                self._running[call.id] = call.name
                if call != self._calls.get(call.id, call):
                    self._line(_cut(f"{call.name} {_one_line(call.arguments)}", _MOST_CHARS), "•", "*")
            case ToolFinished(result, took_s):
                self._close_view(now_s)
                self._running.pop(result.call_id, None)
                self._line(self._came(result, took_s), "  ↳", "  >")

    def _tell_held(self) -> None:
        """The answer is whole, and has calls: what was said before them is not all of it."""
        if held := "".join(self._held).strip():
            self._lines.tell(held)
        self._held = []

    def _came(self, result: ToolResult, took_s: float) -> str:
        """The first line of a result, its size, and how long it took."""
        first = next(iter(result.text.strip().splitlines()), "") or "nothing"
        size = size_words(len(result.text.encode("utf-8", "replace")))
        end = f" ({size}, {duration_words(took_s)})"
        name = f"{result.name}: " if len(self._calls) > 1 or self._lines.write is None else ""
        words = f"{name}{'error: ' if result.is_error else ''}{_one_line(first)}"
        columns = self._lines.columns() if self._lines.write else _MOST_CHARS
        return _cut(words, max(_FEWEST_CHARS, columns - len(end) - 6)) + end

    def _grow(self, delta: ToolCallDelta) -> None:
        """More of a call, on the terminal as it comes."""
        write = self._lines.write
        if write is None:
            return
        if delta.number != self._growing:
            self._end_line()
            self._growing = delta.number
            begun = " …" if delta.number in self._told else ""
            write(f"{self._style('2')}{self._sign('•', '*')} {_one_line(delta.name)}{begun} ")
        told = self._told.get(delta.number, 0)
        self._told[delta.number] = told + len(delta.arguments)
        if told <= _MOST_CHARS:
            write(_cut(_one_line(delta.arguments), _MOST_CHARS - told))

    def _end_line(self) -> None:
        if self._growing is not None and self._lines.write is not None:
            self._growing = None
            self._lines.write(f"{self._style('0')}\n")

    def _line(self, text: str, sign: str, plain: str) -> None:
        self._end_line()
        if self._lines.write is None:
            self._lines.tell(text)
        else:
            self._lines.write(f"{self._style('2')}{self._sign(sign, plain)} {text}{self._style('0')}\n")

    def _style(self, number: str) -> str:
        return f"\x1b[{number}m" if self._lines.dim else ""

    def _sign(self, sign: str, plain: str) -> str:
        return sign if self._lines.unicode else plain


def _one_line(text: str) -> str:
    """A text, made harmless, in one line."""
    return sanitise(text).replace("\n", " ").replace("\t", " ")


def _cut(text: str, chars: int) -> str:
    return text if len(text) <= chars else text[: max(0, chars - 1)] + "…"
