"""Reasoning, shown while there is no answer yet."""

from collections import deque
from math import floor

from chatbot.core.amounts import duration_words
from chatbot.terminal.markdown.look import DIM, REASONING, UNICODE, Signs
from chatbot.terminal.markdown.row import Row, joined
from chatbot.terminal.markdown.wrap import Wrapper
from chatbot.terminal.sanitise import Sanitiser

_LIVE_ROWS = 4
_BAR_CELLS = 2


class Reasoning:
    """Reasoning behind a bar: its last rows while it comes, then one row that says how long it took.

    `width` is that of the screen, in cells. `show` keeps every row, `hide` shows none.
    """

    def __init__(self, width: int, signs: Signs = UNICODE, *, show: bool, hide: bool) -> None:
        self._sanitiser = Sanitiser()
        self._wrapper = Wrapper(_beside_bar(width), cut_addresses=True)
        self._bar = signs.thin_bar
        self._show, self._hide = show, hide
        self._rows: deque[Row] = deque(maxlen=None if show else _LIVE_ROWS)
        self._open = False
        self._since_s: float | None = None
        self._line_ends = ""  # held until something follows them: no empty row is the last

    def feed(self, delta: str) -> None:
        """The next piece, as it came."""
        text = self._line_ends + self._sanitiser.feed(delta)
        if not self._open:
            text = text.lstrip("\n")
        whole = text.rstrip("\n")
        self._line_ends = text[len(whole) :]
        if whole:
            self._open = True
            self._rows += self._wrapper.feed([(whole.replace("\t", "    "), REASONING)])

    def resized(self, width: int) -> None:
        """What comes from now on is wrapped for this width."""
        self._wrapper.width = _beside_bar(width)

    def live(self, now_s: float, commit: list[Row]) -> list[Row]:
        """Rows to show; those that are to stay are moved to `commit`."""
        if not self._open or self._hide:
            return []
        if self._since_s is None:
            self._since_s = now_s
        if self._show:
            commit += map(self._barred, self._rows)
            self._rows.clear()
        last = self._wrapper.clone().finish()
        words = f"reasoning {duration_words(floor(now_s - self._since_s))}"
        return [*self._told(words), *map(self._barred, [*self._rows, *last][-_LIVE_ROWS:])]

    def end(self, now_s: float, answer_follows: bool) -> list[Row]:
        """The rows that stay of the reasoning; none the second time."""
        if not self._open:
            return []
        self._open = False
        rows: list[Row] = []
        if self._show:
            rows = list(map(self._barred, [*self._rows, *self._wrapper.finish()]))
        elif not self._hide:
            took_s = now_s - (now_s if self._since_s is None else self._since_s)
            rows = self._told(f"reasoned for {duration_words(took_s)}" if took_s else "reasoned")
        self._rows.clear()
        return [*rows, Row()] if rows and answer_follows else rows

    def next_tick_s(self, now_s: float) -> float | None:
        """When the row that counts the seconds looks different; None when it will not."""
        return None if not self._open or self._hide else floor(now_s) + 1.0

    def _barred(self, row: Row) -> Row:
        """The bar stands upright beside slanted words, and alone where there are none."""
        return Row(joined(((f"{self._bar} ", DIM), *row.runs)) if row.runs else ((self._bar, DIM),))

    def _told(self, words: str) -> list[Row]:
        """Words of our own: upright."""
        wrapper = Wrapper(self._wrapper.width)
        return list(map(self._barred, [*wrapper.feed([(words, DIM)]), *wrapper.finish()]))


def _beside_bar(width: int) -> int:
    """The cells that the bar leaves; one for a wide character at least."""
    return max(2, width - _BAR_CELLS)
