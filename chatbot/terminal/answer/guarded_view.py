"""A view that may fail: the text then comes as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chatbot.core.events import Event, Notice, Retrying, TextDelta
from chatbot.terminal.answer.show_events import View
from chatbot.terminal.best_effort import LIMIT_S, BestEffort

CANNOT_DRAW = "the answer cannot be drawn, and follows as plain text"
_CHARACTERS_PER_S = 20_000  # what the slowest machine draws with ease


def time_to_draw_s(characters: int) -> float:
    """How long drawing so much text may take before it counts as hanging."""
    return LIMIT_S + characters / _CHARACTERS_PER_S


def harmless(text: str) -> str:
    """`text` without anything that a terminal would obey, by the simplest rule there is."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)


class BareText(View):
    """A View that needs nothing else of this program: it writes the text, on a terminal without what a terminal would
    obey.
    """

    def __init__(self, write: Callable[[str], None], tell: Callable[[str], None], *, on_terminal: bool) -> None:
        self.on_terminal = on_terminal
        self._write = write
        self._tell = tell
        self._ends_in_newline = True

    def show(self, events: Sequence[Event], now_s: float) -> None:
        for event in events:
            match event:
                case TextDelta(text):
                    self.text(text)
                case Notice(text):
                    self._tell(text)
                case Retrying():
                    self._tell(f"{event.error}; trying again")

    def go_on(self, written: str, rest: str) -> None:
        """The rest of an answer whose beginning somebody else has written."""
        self._ends_in_newline = not written or written.endswith("\n")
        self.text(rest)

    def text(self, text: str) -> None:
        """The next part of the answer."""
        if text:
            self._write(harmless(text) if self.on_terminal else text)
            self._ends_in_newline = text.endswith("\n")

    def close(self, now_s: float) -> None:
        """An answer without a newline at its end gets one."""
        if not self._ends_in_newline:
            self._write("\n")


class GuardedView(View):
    """The view that `make` makes, for as long as it neither raises nor hangs; then `bare`.

    On a terminal `bare` begins again with the first word, since nobody knows what the view left there; in a pipe it
    goes on after what was written.
    """

    def __init__(self, make: Callable[[], View], bare: BareText, best_effort: BestEffort) -> None:
        self._bare = bare
        self._best_effort = best_effort
        self._text: list[str] = []
        self._shown = 0  # how many pieces of the text the view has taken
        self._undrawn = 0  # characters
        self._view: View = bare
        self._view = best_effort(CANNOT_DRAW, make, bare)

    def show(self, events: Sequence[Event], now_s: float) -> None:
        new = [event.text for event in events if type(event) is TextDelta]
        self._text += new
        self._undrawn += sum(map(len, new))
        if self._done(lambda view: view.show(events, now_s)):
            self._shown = len(self._text)

    def frame(self, now_s: float) -> float | None:
        waits: list[float | None] = []
        if self._done(lambda view: waits.append(view.frame(now_s))):
            self._undrawn = 0
        return waits[0] if waits else None

    def withdraw(self) -> None:
        self._done(lambda view: view.withdraw())

    def close(self, now_s: float) -> None:
        if not self._done(lambda view: view.close(now_s)):
            self._view.close(now_s)

    def _done(self, work: Callable[[View], None]) -> bool:
        """Whether the view has done it; if it failed, the bare text is on the screen from now on."""
        view = self._view
        if view is self._bare:
            work(view)
            return True
        if self._best_effort.done(CANNOT_DRAW, lambda: work(view), time_to_draw_s(self._undrawn)):
            return True
        self._view = self._bare
        self._best_effort.done("the screen is left as it was", view.withdraw)
        if self._bare.on_terminal:
            self._bare.text("".join(self._text))
        else:
            self._bare.go_on("".join(self._text[: self._shown]), "".join(self._text[self._shown :]))
        return False
