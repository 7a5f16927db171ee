"""A terminal with a scrollback, on pyte: what a person sees, scrolls back to and copies.

pyte gives up on a text at a zero-width joiner; here joined emoji and variation selectors stay in the cell before.
"""

import re

import pyte
from pyte import modes
from wcwidth import wcwidth

_JOINED = re.compile("(?<=\u200d).|[\u200d\ufe0f\U0001f3fb-\U0001f3ff]", re.DOTALL)
_FORBIDDEN = re.compile(rb"\x1b\[[23]J|\x1bc|\x1b\[\?(?:1049|47|1047|25)[hl]|\x1b\[[0-9;?>]*[cn]|\x1b[\]PX^_]")


class Terminal(pyte.Screen):
    def __init__(self, columns: int, lines: int) -> None:
        self.scrollback: list[str] = []
        self.went_above_the_top = False
        super().__init__(columns, lines)
        self.mode.add(modes.DECAWM)
        self._stream = pyte.ByteStream(self)

    def write(self, data: bytes) -> None:
        assert not _FORBIDDEN.search(data), data
        self._stream.feed(data.replace(b"\n", b"\r\n").replace(b"\r\r\n", b"\r\n"))
        self.assert_in_normal_state()

    def assert_in_normal_state(self) -> None:
        assert modes.DECAWM in self.mode, "autowrap is off"
        assert modes.DECTCEM in self.mode, "the cursor is hidden"
        assert self.cursor.attrs == self.default_char, "a style is on"
        assert not self.went_above_the_top

    def draw(self, data: str) -> None:
        super().draw(_JOINED.sub("", data))

    def index(self) -> None:
        if self.cursor.y == self.lines - 1:
            self.scrollback.append(self._row(0))
        super().index()

    def erase_in_display(self, how: int = 0, *args: object, **kwargs: object) -> None:
        if how == 0 and (self.cursor.x, self.cursor.y) == (0, 0):  # as tmux does (`scroll-on-clear`)
            self.scrollback += [row for row in map(self._row, range(self.lines)) if row]
        super().erase_in_display(how, *args, **kwargs)

    def cursor_up(self, count: int | None = None) -> None:
        self.went_above_the_top |= (count or 1) > self.cursor.y
        super().cursor_up(count)

    def _row(self, y: int) -> str:
        """As `display` has it, which makes every row of the screen for one of them."""
        cells = self.buffer[y]
        text, columns = "", iter(range(min(max(cells, default=-1) + 1, self.columns)))
        for x in columns:
            text += cells[x].data
            if wcwidth(cells[x].data[0]) == 2:
                next(columns, None)
        return text.rstrip()

    @property
    def rows(self) -> list[str]:
        """Scrollback and screen, without the empty rows at the end."""
        rows = self.scrollback + [self._row(y) for y in range(self.lines)]
        while rows and not rows[-1]:
            rows.pop()
        return rows

    @property
    def at_start_of_empty_row(self) -> bool:
        return self.cursor.x == 0 and not any(self._row(y) for y in range(self.cursor.y, self.lines))
