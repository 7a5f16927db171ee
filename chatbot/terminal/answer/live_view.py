"""An answer on a terminal: Markdown while it arrives."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from chatbot.core.events import Event, Notice, ReasoningDelta, Retrying, TextDelta
from chatbot.terminal.answer.live import LiveAnswer
from chatbot.terminal.answer.show_events import View

Size = tuple[int, int]


class LiveView(View):
    """A View for a terminal.

    `size` gives columns and rows as they are now. `tell` is for notices, or None to show them among the rows.
    `pause` stops the process when the person asked for it (Ctrl-Z), comes back when it goes on, and returns whether
    that happened; it is given what to do just before.
    """

    def __init__(
        self,
        answer: LiveAnswer,
        size: Callable[[], Size],
        pause: Callable[[Callable[[], None]], bool],
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self._answer = answer
        self._size = size
        self._known_size = size()
        self._due_s = math.inf
        self._pause = pause
        self._tell = tell or answer.note

    def show(self, events: Sequence[Event], now_s: float) -> None:
        text = "".join([event.text for event in events if type(event) is TextDelta])
        for event in events:
            match event:
                case ReasoningDelta():
                    self._answer.reasoning(event.text)
                case Notice():
                    self._tell(event.text)
                case Retrying():
                    self._answer.retrying(event, now_s)
        if text:
            self._answer.text(text)

    def frame(self, now_s: float) -> float | None:
        if self._pause(self._answer.suspended):
            self._answer.resumed()
        size = self._size()
        if size != self._known_size:
            self._known_size = size
            self._answer.resized(*size)
        if now_s >= self._due_s or self._answer.wait_s(now_s) == 0.0:
            self._answer.frame(now_s)
        wait_s = self._answer.wait_s(now_s)
        self._due_s = now_s + (math.inf if wait_s is None else wait_s)
        return wait_s

    def withdraw(self) -> None:
        """What is not final is drawn again with the next frame."""
        self._answer.suspended()
        self._answer.resumed()

    def close(self, now_s: float) -> None:
        self._answer.finish(now_s)
