"""Keys as lines for a terminal, never a character of one. Everything is harmless to print."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chatbot.records import NamedTuple
from chatbot.terminal.sanitise import sanitise

_GAP, _INDENT = "  ", "  "


class KeyRow(NamedTuple):
    """What is told of one key: the cells of its row, and the lines under it."""

    cells: tuple[str, ...]
    under: tuple[str, ...] = ()


def key_lines(rows: Sequence[KeyRow], columns: int) -> Iterator[str]:
    """A row each; where the screen is too narrow, a line for each cell. `columns` is 0 where there is no screen."""
    widths = [max(map(len, column)) for column in zip(*(row.cells for row in rows), strict=True)]
    fits = not columns or sum(widths) + len(_GAP) * (len(widths) - 1) <= columns
    for row in rows:
        cells = [sanitise(cell).replace("\n", " ") for cell in row.cells]
        if fits:
            yield _GAP.join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()
        else:
            yield cells[0]
            yield from (_INDENT + cell for cell in cells[1:] if cell)
        yield from (_INDENT + sanitise(line).replace("\n", " ") for line in row.under)
