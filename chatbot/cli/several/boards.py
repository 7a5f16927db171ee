"""The boards of several answers, made for the streams of this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chatbot.cli.ask.views import draws_aside, write_aside
from chatbot.cli.output import stdio
from chatbot.core.events import Event
from chatbot.terminal.answer.guarded_view import CANNOT_DRAW
from chatbot.terminal.answer.show_events import View
from chatbot.terminal.answer.wait_row import FRAME_S
from chatbot.terminal.best_effort import BestEffort
from chatbot.terminal.several.columns import Columns
from chatbot.terminal.several.in_turn import InTurn
from chatbot.terminal.several.progress import Progress, StatusRows


class NoView(View):
    """A View of what is not shown."""

    def show(self, events: Sequence[Event], now_s: float) -> None:
        pass

    def close(self, now_s: float) -> None:
        pass


class StatusLine:
    """A Board around one that shows each answer when it has ended: until then a row on standard error, where somebody
    looks at it, says how far they are.
    """

    def __init__(self, progresses: Sequence[Progress]) -> None:
        self._status = StatusRows(progresses)
        self._write = write_aside if draws_aside() else None
        self._row = ""
        self.board: InTurn | None = None

    def show(self, number: int, events: Sequence[Event], now_s: float) -> None:
        """See Board."""
        assert self.board
        self.board.show(number, events, now_s)

    def frame(self, now_s: float) -> float | None:
        """See Board."""
        assert self.board
        wait_s = self.board.frame(now_s)
        if self._write is None or not self.board.waiting:
            return wait_s
        columns = stdio.size(2)[0] or 80
        row = self._status.summary(now_s)[: columns - 1]
        if row != self._row:
            self._write(f"\r\x1b[K{row}")
            self._row = row
        return FRAME_S

    def withdraw(self) -> None:
        """Takes the row away, so that others may write."""
        if self._row and self._write:
            self._write("\r\x1b[K")
        self._row = ""


class GuardedColumns:
    """A Board: `columns`, for as long as they neither raise nor hang; then the answers in turn. `end` is called for
    each once all have ended.
    """

    def __init__(self, columns: Columns, in_turn: InTurn, end: Callable[[int], None], best_effort: BestEffort) -> None:
        self._columns, self._in_turn = columns, in_turn
        self._end = end
        self._best_effort = best_effort
        self._works = True

    def show(self, number: int, events: Sequence[Event], now_s: float) -> None:
        """See Board."""
        self._in_turn.show(number, events, now_s)
        self._do(lambda: self._columns.show(number, events, now_s))

    def frame(self, now_s: float) -> float | None:
        """See Board."""
        waits: list[float | None] = []
        self._do(lambda: waits.append(self._columns.frame(now_s)))
        if not self._works:
            return self._in_turn.frame(now_s)
        if self._columns.is_over:
            for number in self._in_turn.waiting:
                self._end(number)
        return waits[0]

    def _do(self, work: Callable[[], object]) -> None:
        if self._works and not self._best_effort.done(CANNOT_DRAW, work):
            self._works = False
            self._best_effort.done("the screen is left as it was", self._columns.withdraw)
