"""One line for a person who looks at a pipe or a file, where nothing shows that something is waited for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chatbot.core.amounts import duration_words
from chatbot.core.events import Event
from chatbot.terminal.answer.show_events import View

SILENCE_S = 15.0


class SilenceNotice:
    """A View that tells of each silence of SILENCE_S seconds once. `place` is the server, asked at `began_s`."""

    def __init__(self, view: View, tell: Callable[[str], None], place: str, began_s: float) -> None:
        self._view = view
        self._tell = tell
        self._place = place
        self._heard_s = began_s
        self._told = False
        self.withdraw, self.close = view.withdraw, view.close

    def show(self, events: Sequence[Event], now_s: float) -> None:
        self._heard_s, self._told = now_s, False
        self._view.show(events, now_s)

    def frame(self, now_s: float) -> float | None:
        wait_s = self._view.frame(now_s)
        if self._told:
            return wait_s
        left_s = self._heard_s + SILENCE_S - now_s
        if left_s <= 0:
            self._told = True
            self._tell(f"nothing has come from {self._place} for {duration_words(SILENCE_S)}; still waiting")
            return wait_s
        return left_s if wait_s is None else min(wait_s, left_s)
