"""Several answers one after the other: one streams, the others wait for their turn with what has come of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chatbot.core.events import Event
from chatbot.terminal.answer.show_events import View, with_whole_text
from chatbot.terminal.several.progress import Progress


class InTurn:
    """A Board. `begin` makes the view of an answer when its turn has come, `end` is called when that is closed.

    The turns are in the order of the answers; with `as_they_end` in that in which they end.
    """

    def __init__(
        self,
        progresses: Sequence[Progress],
        begin: Callable[[int], View],
        end: Callable[[int], None],
        *,
        as_they_end: bool = False,
    ) -> None:
        self.waiting = list(range(len(progresses)))
        self._progresses = progresses
        self._begin, self._end = begin, end
        self._as_they_end = as_they_end
        self._ended: list[int] = []
        self._held: list[list[Event]] = [[] for _ in progresses]
        self._current: tuple[int, View] | None = None

    def show(self, number: int, events: Sequence[Event], now_s: float) -> None:
        """See Board."""
        self._held[number] += events
        if self._progresses[number].finished:
            self._ended.append(number)

    def frame(self, now_s: float) -> float | None:
        """See Board."""
        while True:
            if self._current is None:
                number = self._next()
                if number is None:
                    return None
                self.waiting.remove(number)
                self._current = number, self._begin(number)
            number, view = self._current
            events, self._held[number] = with_whole_text(self._held[number]), []
            if events:
                view.show(events, now_s)
            if not self._progresses[number].finished:
                return view.frame(now_s)
            view.close(now_s)
            self._current = None
            self._end(number)

    def _next(self) -> int | None:
        if self._as_they_end:
            return self._ended.pop(0) if self._ended else None
        return self.waiting[0] if self.waiting else None
