"""Reasoning, shown while there is no answer yet."""

from collections import deque
from math import floor

from chatbot.terminal.markdown import Row
from chatbot.terminal.markdown.look import DIM
from chatbot.terminal.markdown.wrap import Wrapper
from chatbot.terminal.sanitise import Sanitiser

_LIVE_THOUGHTS = 4  # rows


class Thoughts:
    """Reasoning: its last rows while it comes, then one row that says how long it took."""

    def __init__(self, width: int, *, show: bool, hide: bool) -> None:
        self._sanitiser = Sanitiser()
        self._wrapper = Wrapper(width, cut_addresses=not show)
        self._show, self._hide = show, hide
        self._rows: deque[Row] = deque(maxlen=None if show else _LIVE_THOUGHTS)
        self._open = False
        self._since_s: float | None = None

    def feed(self, delta: str) -> None:
        text = self._sanitiser.feed(delta)
        if not self._open:
            text = text.lstrip("\n")
        if text:
            self._open = True
            self._rows += self._wrapper.feed([(text.replace("\t", "    "), DIM)])

    def resized(self, width: int) -> None:
        self._wrapper.width = width

    def live(self, now_s: float, commit: list[Row]) -> list[Row]:
        """Rows to show; those that are to stay are moved to `commit`."""
        if not self._open or self._hide:
            return []
        if self._since_s is None:
            self._since_s = now_s
        if self._show:
            commit += self._rows
            self._rows.clear()
        head = Row(((f"thinking {floor(now_s - self._since_s)} s", DIM),))
        last = self._wrapper.clone().finish()
        return [head, *[*self._rows, *last][-_LIVE_THOUGHTS:]]

    def end(self, now_s: float, answer_follows: bool) -> list[Row]:
        """The rows that stay of what was thought; none the second time."""
        if not self._open:
            return []
        self._open = False
        rows: list[Row] = []
        if self._show:
            rows = [*self._rows, *self._wrapper.finish()]
        elif not self._hide:
            seconds = round(now_s - (now_s if self._since_s is None else self._since_s))
            rows = [Row(((f"thought for {seconds} s", DIM),))]
        self._rows.clear()
        return [*rows, Row()] if rows and answer_follows else rows

    def next_tick_s(self, now_s: float) -> float | None:
        return None if not self._open or self._hide else floor(now_s) + 1.0
