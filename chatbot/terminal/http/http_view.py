"""A view beside which the HTTP underneath is told, on the other stream."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chatbot.core.events import Event, PartFinished, Retrying, StepFinished
from chatbot.terminal.answer.show_events import View


class HttpView(View):
    """A View that first has told what happened in its HTTP: `tell_steps` is told whether the answer is over,
    and does not raise. `goes_on` is called where a request is over and another one follows.
    """

    def __init__(self, view: View, tell_steps: Callable[[bool], object], goes_on: Callable[[], None]) -> None:
        self._view = view
        self._tell_steps = tell_steps
        self._goes_on = goes_on
        self.withdraw = view.withdraw  # type: ignore[method-assign]

    def show(self, events: Sequence[Event], now_s: float) -> None:
        self._tell_steps(False)
        begin = 0
        for at, event in enumerate(events):
            if isinstance(event, (Retrying, StepFinished, PartFinished)):
                if at > begin:
                    self._view.show(events[begin:at], now_s)
                self._goes_on()
                begin = at
        self._view.show(events[begin:], now_s)

    def frame(self, now_s: float) -> float | None:
        self._tell_steps(False)
        return self._view.frame(now_s)

    def close(self, now_s: float) -> None:
        self._tell_steps(True)
        self._view.close(now_s)
