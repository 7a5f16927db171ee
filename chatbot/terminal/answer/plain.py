"""An answer as plain text: into a pipe or a file its very bytes, on a terminal made harmless; as soon as it is there.

Whatever goes beside the answer is written to standard error: a waiting line while nothing has come, reasoning, notices;
on a terminal only, but for notices and the first retry, which a log should have too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chatbot.core.events import Event, Notice, ReasoningDelta, Retrying, TextDelta
from chatbot.records import NamedTuple
from chatbot.terminal.answer.show_events import View
from chatbot.terminal.answer.wait_row import WaitRow
from chatbot.terminal.sanitise import Sanitiser


class Aside(NamedTuple):
    """The terminal behind standard error; `write` is None where there is none.

    Reasoning, if it is to be shown, stands there behind a `bar`, and dim and slanted if it may be `dim`.
    """

    write: Callable[[str], None] | None
    waiting: WaitRow
    show_reasoning: bool = True
    dim: bool = False
    bar: str = "│ "


class PlainView(View):
    """A View without Markdown. `write` takes text of the answer, `tell` a line for a person.

    On a terminal control characters are shown instead of obeyed.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        tell: Callable[[str], None],
        aside: Aside,
        *,
        on_terminal: bool = False,
    ) -> None:
        self._write = write
        self._tell = tell
        self._aside, self._waiting, self._show_reasoning, dim, bar = aside
        self._dim = ("\x1b[2m", "\x1b[0m") if dim else ("", "")
        self._yellow = ("\x1b[33m", "\x1b[0m") if dim else ("", "")
        self._bar = f"\x1b[23m{bar}\x1b[3m" if dim else bar  # upright beside slanted words
        self._sanitiser = Sanitiser()
        self._answer_sanitiser = Sanitiser() if on_terminal else None
        self._row = ""  # what stands in the transient row on standard error
        self._reasoning = False
        self._line_ends = ""  # of the reasoning, held until something follows them
        self._ends_in_newline = True

    def show(self, events: Sequence[Event], now_s: float) -> None:
        text = "".join([event.text for event in events if type(event) is TextDelta])
        for event in events:
            if type(event) is not TextDelta:
                self._beside(event, now_s)
        if text:
            self._end_aside()
            self._waiting.over()
            self._put(self._answer_sanitiser.feed(text) if self._answer_sanitiser else text)

    def frame(self, now_s: float) -> float | None:
        if self._aside is None:
            return None
        row = "" if self._reasoning else self._waiting.row(now_s)
        if row != self._row:
            before, after = self._yellow if self._waiting.is_retry(now_s) else ("", "")
            self._aside(f"\r\x1b[K{before}{row}{after}")
            self._row = row
        return self._waiting.wait_s(now_s)

    def withdraw(self) -> None:
        self._end_aside()

    def close(self, now_s: float) -> None:
        """An answer without a newline at its end gets one."""
        self._waiting.over()
        self._end_aside()
        if self._answer_sanitiser:
            self._put(self._answer_sanitiser.finish())
        if not self._ends_in_newline:
            self._write("\n")

    def _put(self, text: str) -> None:
        if text:
            self._write(text)
            self._ends_in_newline = text.endswith("\n")

    def _beside(self, event: Event, now_s: float) -> None:
        match event:
            case ReasoningDelta() if self._aside and self._show_reasoning:
                self._reason(self._sanitiser.feed(event.text))
            case Notice():
                self._end_aside()
                self._tell(event.text)
            case Retrying():
                self._end_aside()
                if self._aside is None and event.attempt == 1:
                    self._tell(f"{event.error}; trying again")
                self._waiting.retrying(event, now_s)

    def _reason(self, text: str) -> None:
        """More of the reasoning, the bar at the start of each of its lines."""
        text = self._line_ends + text
        if not self._reasoning:
            text = text.lstrip("\n")
        whole = text.rstrip("\n")
        self._line_ends = text[len(whole) :]
        if not whole or not self._aside:
            return
        self._clear_row()
        before = "" if self._reasoning else self._dim[0] + self._bar
        self._reasoning = True
        self._aside(before + whole.replace("\n", f"\n{self._bar}"))

    def _end_aside(self) -> None:
        self._clear_row()
        if self._reasoning and self._aside:
            self._aside(f"{self._dim[1]}\n")
            self._reasoning, self._line_ends = False, ""

    def _clear_row(self) -> None:
        if self._row and self._aside:
            self._aside("\r\x1b[K")
            self._row = ""
