"""Where the cursor is after a terminal has wrapped the rows of a prompt anew."""

from __future__ import annotations

from chatbot.terminal.input.reflow import rows_above_cursor
from tests.tables import each

NARROW, WIDE = 1, 2


@each(
    ("rows", "cursor_column", "columns", "above"),
    [
        ([[]], 0, 40, 0),
        ([[NARROW] * 52], 52, 60, 0),
        ([[NARROW] * 52], 52, 52, 0),
        ([[NARROW] * 52], 52, 51, 1),
        ([[NARROW] * 52], 52, 20, 2),
        ([[NARROW] * 52], 10, 20, 0),
        ([[NARROW] * 52], 20, 20, 1),
        ([[NARROW] * 52, [NARROW] * 5], 5, 60, 1),
        ([[NARROW] * 52, [NARROW] * 5], 5, 30, 2),
        ([[], [], [NARROW] * 5], 5, 30, 2),
        ([[WIDE] * 10], 20, 10, 1),
        ([[WIDE] * 10], 20, 9, 2),
        ([[NARROW, *[WIDE] * 10]], 21, 11, 1),
        ([[NARROW, *[WIDE] * 10]], 21, 10, 2),
        ([[NARROW] * 5], 9, 3, 1),
    ],
)
def test_rows_above_the_cursor(rows: list[list[int]], cursor_column: int, columns: int, above: int) -> None:
    assert rows_above_cursor(rows, cursor_column, columns) == above
