"""Text that somebody else wrote, row by row, so that whoever says yes to it sees all of it and nothing else.

Nothing is left out, nothing is hidden, and nothing looks like a row of this program. What an answer may drop
(`sanitise`) is shown here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from wcwidth import wcswidth

# Printable by Unicode, with nothing to see: fillers of Hangul, the empty Braille pattern, variation selectors.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
_LEAST_CELLS = 8


def visible(text: str, *, is_unicode: bool = True) -> str:
    """The text with a Python escape in the place of each character that has no look, or another one than it seems:
    controls, line ends, bidi controls, zero width and odd blanks, halves of characters. With `is_unicode` false, of
    each that is not ASCII.
    """
    if text.isascii() and text.isprintable():
        return text

    def shown(character: str) -> str:
        has_look = character.isprintable() and not _BLANK.match(character) and (is_unicode or character.isascii())
        return character if has_look else character.encode("unicode_escape", "surrogatepass").decode()

    return "".join(map(shown, text))


def rows(text: str, cells: int, *, is_unicode: bool = True) -> Iterator[str]:
    """The rows of a text of several lines, each behind a sign: one for a line, another where a line goes on."""
    begins, goes_on = ("│ ", "┆ ") if is_unicode else ("| ", ": ")
    for line in text.split("\n"):
        for number, piece in enumerate(_cut(visible(line, is_unicode=is_unicode), max(cells - 2, _LEAST_CELLS))):
            yield (goes_on if number else begins) + piece


def fits_in_row(text: str, cells: int) -> bool:
    """Whether a text that is visible already is not wider than that."""
    return 0 <= wcswidth(text) <= cells


def _cut(line: str, cells: int) -> Iterator[str]:
    """The pieces of a line, none wider than that, cut behind a blank where there is one; all blanks are kept."""
    piece, taken = "", 0
    for character in line:
        width = max(wcswidth(character), 0)
        if taken + width > cells:
            end = piece.rfind(" ") + 1
            end = end if end > len(piece) // 2 else len(piece)
            yield piece[:end]
            piece = piece[end:]
            taken = sum(max(wcswidth(each), 0) for each in piece)
        piece, taken = piece + character, taken + width
    yield piece
