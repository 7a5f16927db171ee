"""What stays on the screen of a message that is taller than it."""

from __future__ import annotations

from collections.abc import Callable

_SHOWN_ROWS = 8


def excerpt(text: str, columns: int, rows: int, width: Callable[[str], int]) -> list[str] | None:
    """The first lines of a text, and how many more there are; None if all of it fits into `rows` rows of `columns`
    cells. `width` is that of a text in cells.
    """
    lines = text.expandtabs(4).split("\n")
    heights = [max(1, -(-width(line) // columns)) for line in lines]
    if sum(heights) <= rows:
        return None
    shown: list[str] = []
    left = _SHOWN_ROWS
    for line, height in zip(lines, heights, strict=True):
        if height > left:
            break
        shown.append(line)
        left -= height
    if not shown:
        return [lines[0][: columns * _SHOWN_ROWS // 2] + f"… (in all {len(text)} characters)"]
    more = len(lines) - len(shown)
    if not more:  # a screen with less room than the few lines that stay in any case
        return shown
    return [*shown, f"… and {more} more line{'s' if more > 1 else ''} ({len(text)} characters in all)"]
