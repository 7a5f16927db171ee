"""Several answers side by side, each in a column of its own, while they arrive."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from chatbot.core.events import Event, TextDelta
from chatbot.terminal.answer.painter import Painter
from chatbot.terminal.answer.wait_row import FRAME_S
from chatbot.terminal.markdown.look import ASCII, DIM, PLAIN, STRONG, UNICODE
from chatbot.terminal.markdown.row import Row, Run, runs_len
from chatbot.terminal.markdown.stream import MarkdownStream
from chatbot.terminal.markdown.wrap import fold
from chatbot.terminal.sanitise import Sanitiser
from chatbot.terminal.screen import Screen
from chatbot.terminal.several.progress import Progress

LEAST_COLUMN_CELLS = 50
_GAP_CELLS = 3  # a line with a space on each side


def column_cells(width: int, count: int) -> int:
    """How wide each of so many columns is on a screen."""
    return (width - _GAP_CELLS * (count - 1)) // count


class _Column:
    """The rows of one answer: those that are final, and those that the rest of it may still change."""

    def __init__(self, cells: int, screen: Screen) -> None:
        self.rows: list[Row] = []
        self.preview: list[Row] = []
        self._cells = cells
        self._markdown = MarkdownStream(cells, UNICODE if screen.unicode else ASCII)
        self._sanitiser = Sanitiser()

    def feed(self, text: str, *, is_last: bool) -> None:
        self._markdown.feed(self._sanitiser.feed(text) + (self._sanitiser.finish() if is_last else ""))
        rows, preview = self._markdown.pump(is_last)
        self.rows += self._folded(rows)
        self.preview = self._folded(preview)

    def _folded(self, rows: Sequence[Row]) -> list[Row]:
        return [part for row in rows for part in fold(row, self._cells)]


class Columns:
    """A Board. `size` gives the columns and rows of the terminal as they are now; `pause` is that of LiveView.

    A row is final once it is in every column, or a column has ended above it. The columns keep the width they began
    with: what is final cannot be drawn again.
    """

    def __init__(
        self,
        screen: Screen,
        write: Callable[[bytes], None],
        progresses: Sequence[Progress],
        size: Callable[[], tuple[int, int]],
        pause: Callable[[Callable[[], None]], bool],
    ) -> None:
        self._write = write
        self._progresses = progresses
        self._size = size
        self._pause = pause
        self._painter = Painter(screen)
        self._known_size = size()
        self._cells = column_cells(screen.width, len(progresses))
        self._line = (UNICODE if screen.unicode else ASCII).thin_bar
        self._columns = [_Column(self._cells, screen) for _ in progresses]
        self._committed = 0
        self._drawn_s = float("-inf")
        self._heads = [self._row([Row(((each.name, STRONG),)) for each in progresses]), Row()]

    def show(self, number: int, events: Sequence[Event], now_s: float) -> None:
        """See Board."""
        text = "".join(event.text for event in events if type(event) is TextDelta)
        is_last = self._progresses[number].finished is not None
        if text or is_last:
            self._columns[number].feed(text, is_last=is_last)

    def frame(self, now_s: float) -> float | None:
        """See Board. The last frame, when all have ended, leaves no live row."""
        if self._pause(self.withdraw):
            self._painter.forget()
        size = self._size()
        if size != self._known_size:
            self._known_size = size
            self._painter.resized(*size)
        is_over = self.is_over
        if is_over or now_s - self._drawn_s >= FRAME_S:
            self._drawn_s = now_s
            self._draw(now_s, is_over=is_over)
        return None if is_over else max(0.0, self._drawn_s + FRAME_S - now_s)

    @property
    def is_over(self) -> bool:
        """Whether all have ended."""
        return all(each.finished for each in self._progresses)

    def withdraw(self) -> None:
        """Takes the live rows away, where somebody else goes on."""
        self._emit(self._painter.erased())

    def _draw(self, now_s: float, *, is_over: bool) -> None:
        final = min((len(c.rows) for c, p in self._pairs() if not p.finished), default=self._height)
        commit = [*self._heads, *self._table(self._committed, final)]
        self._heads = []
        self._committed = max(self._committed, final)
        live = [] if is_over else [*self._table(self._committed, self._height), Row(), self._status(now_s)]
        self._emit(self._painter.frame(commit, live))

    @property
    def _height(self) -> int:
        return max(len(column.rows) + len(column.preview) for column in self._columns)

    def _pairs(self) -> Iterator[tuple[_Column, Progress]]:
        return zip(self._columns, self._progresses, strict=True)

    def _table(self, begin: int, end: int) -> list[Row]:
        table = []
        for number in range(begin, end):
            cells = [[*column.rows, *column.preview][number : number + 1] for column in self._columns]
            table.append(self._row([cell[0] if cell else Row() for cell in cells]))
        return table

    def _status(self, now_s: float) -> Row:
        words = [Row(((each.words(now_s), DIM),)) for each in self._progresses]
        return self._row([fold(row, self._cells)[0] for row in words])

    def _row(self, cells: Sequence[Row]) -> Row:
        runs: list[Run] = []
        for number, cell in enumerate(cells, 1):
            runs += cell.runs
            if number < len(cells):
                runs.append((" " * (self._cells - runs_len(cell.runs)), PLAIN))
                runs.append((f" {self._line} ", DIM))
        return Row(tuple(runs))

    def _emit(self, data: bytes) -> None:
        if data:
            self._write(data)
