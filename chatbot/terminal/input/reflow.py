"""A prompt whose window gets another width, in a terminal that then wraps its rows anew.

prompt_toolkit erases as many rows as it has drawn, from where it left the cursor. A narrower window has broken some of
them, and the terminal pushes as many rows out at its top: what of the prompt is among them cannot be erased any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from prompt_toolkit.application import Application
from prompt_toolkit.data_structures import Point
from prompt_toolkit.layout.screen import Char

_STATUS_ROWS = 1


def follow_reflow(app: Application[str]) -> None:
    """Makes `app` erase all rows of its prompt. When it was made narrower and stands so high that the next time would
    push it out, it moves down.
    """
    renderer, output = app.renderer, app.output
    resized, cursor_row_told = app._on_resize, renderer.report_absolute_cursor_row
    columns = output.get_size().columns
    room = 0  # the rows that should be free above the prompt, 0 while it was not made narrower

    def on_resize() -> None:
        nonlocal columns, room
        before, columns = columns, output.get_size().columns
        if screen := renderer.last_rendered_screen:
            x, y = renderer._cursor_pos
            rows = [_widths(screen.data_buffer[row]) for row in range(y + 1)]
            renderer._cursor_pos = Point(x, rows_above_cursor(rows, x, columns))
            room = renderer._cursor_pos.y + 1 + _STATUS_ROWS if columns < before else 0
        resized()

    def on_cursor_row(row: int) -> None:
        nonlocal room
        size, screen = output.get_size(), renderer.last_rendered_screen
        drawn = _rows_drawn(screen.data_buffer) if screen else 0
        down = min(room - (row - 1), size.rows - drawn - (row - 1))
        room = 0
        if down > 0:
            renderer.erase(leave_alternate_screen=False)
            output.write_raw("\r\n" * down)
            row += down
        cursor_row_told(row)

    app._on_resize = on_resize  # type: ignore[method-assign]
    renderer.report_absolute_cursor_row = on_cursor_row  # type: ignore[method-assign]


def rows_above_cursor(rows: Sequence[Sequence[int]], cursor_column: int, columns: int) -> int:
    """How many rows of a window of so many `columns` stand above the cursor.

    Each row is the widths of its characters, 1 or 2 cells; the cursor is in the last one, before the character at
    `cursor_column`, or behind all of them. What ends a row exactly does not wrap it.
    """
    *above, last = rows
    before, cells = 0, 0
    while before < len(last) and cells < cursor_column:
        cells += last[before]
        before += 1
    return sum(1 + _wraps(row, columns) for row in above) + _wraps(last[: before + 1], columns)


def _wraps(widths: Iterable[int], columns: int) -> int:
    """How often a row is broken; a wide character that would be cut goes to the next one."""
    wraps = cells = 0
    for width in widths:
        if cells + width > columns:
            wraps += 1
            cells = 0
        cells += width
    return wraps


def _widths(row: Mapping[int, Char]) -> list[int]:
    """The widths of a row's characters, without the blanks at its end. Behind a wide one is a cell of no width."""
    end = max((column for column, cell in row.items() if cell.char != " "), default=-1) + 1
    return [row[column].width for column in range(end) if column not in row or row[column].width]


def _rows_drawn(rows: Mapping[int, Mapping[int, Char]]) -> int:
    return max((number for number, row in rows.items() if _widths(row)), default=-1) + 1
