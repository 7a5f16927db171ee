"""A view beside which the HTTP underneath is told, on the other stream."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chatbot.core.events import Event
from chatbot.terminal.answer.show_events import View


class HttpView(View):
    """A View that first has told what happened in its HTTP: `tell_steps` is told whether the answer is over,
    and does not raise.
    """

    def __init__(self, view: View, tell_steps: Callable[[bool], object]) -> None:
        self._view = view
        self._tell_steps = tell_steps
        self.withdraw = view.withdraw  # type: ignore[method-assign]

    def show(self, events: Sequence[Event], now_s: float) -> None:
        self._tell_steps(False)
        self._view.show(events, now_s)

    def frame(self, now_s: float) -> float | None:
        self._tell_steps(False)
        return self._view.frame(now_s)

    def close(self, now_s: float) -> None:
        self._tell_steps(True)
        self._view.close(now_s)
