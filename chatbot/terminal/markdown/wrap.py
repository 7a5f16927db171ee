"""Runs of text to rows of a width, greedily, a piece at a time."""

import re
from collections.abc import Iterable

from rich.cells import cell_len, split_graphemes
from rich.style import Style

from chatbot.terminal.markdown.row import Row, Run, joined

# Scripts without spaces break between any two characters: CJK, kana, full-width forms.
WIDE = "\u2e80-\u2fff\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uff60\U00020000-\U0003ffff"
# Parts of a long word are joined again; it is only never held whole.
_PARTS = re.compile(f"\n| +|[{WIDE}]|[^ \n{WIDE}]{{1,500}}")
_ASCII_PARTS = re.compile("\n| +|[^ \n]{1,500}")
_WORD = re.compile(f"[^ \n{WIDE}]+")
_IS_WIDE = re.compile(f"[{WIDE}]")
_STAYS_WITH_LAST = re.compile(
    "[、。，．：；？！）］｝」』】〕〉》〗”’…‥・ー々ゝゞヽヾぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ"
    "\\]),.:;!?%}\"'\u0300-\u036f\u200b-\u200d\u20d0-\u20ff\u3099\u309a\ufe00-\ufe0f]"
)
_STAYS_WITH_NEXT = frozenset("（［｛「『【〔〈《〖“‘([{")
_ADDRESS = re.compile(r"[(<\[\"']{0,2}(?:[a-z][a-z0-9+.-]{1,20}://|www\.)", re.IGNORECASE)
_LONGEST_ADDRESS = 2_000  # cells that are held until its end is seen


class Wrapper:
    """A row is out as soon as no later text can change it: when the word that does not fit has begun.

    `first` is the width of the first row, `width` that of the others, in cells. An address that is longer is a raw row
    of its own, so that it can be clicked and copied whole; but with `cut_addresses` no row is wider.
    """

    __slots__ = ("_col", "_cut_addresses", "_gap", "_row", "_word", "_word_cells", "first", "width")

    def __init__(self, width: int, first: int | None = None, *, cut_addresses: bool = False) -> None:
        self.width = width
        self._cut_addresses = cut_addresses
        self.first = width if first is None else first
        self._row: list[Run] = []
        self._col = 0
        self._gap: Run | None = None
        self._word: list[Run] = []
        self._word_cells = 0

    def clone(self) -> "Wrapper":
        new = Wrapper(self.width, self.first, cut_addresses=self._cut_addresses)
        new._row, new._col, new._gap = self._row.copy(), self._col, self._gap
        new._word, new._word_cells = self._word.copy(), self._word_cells
        return new

    def feed(self, runs: Iterable[Run]) -> list[Row]:
        rows: list[Row] = []
        for text, style in runs:
            for part in (_ASCII_PARTS if text.isascii() else _PARTS).findall(text):
                if part[0] == " ":
                    self._end_word()
                    if self._col:
                        self._gap = (self._gap[0] + part if self._gap else part, style)
                elif part == "\n":
                    self._end_word()
                    self._end_row(rows)
                else:
                    self._add(part, style)
                    gap = len(self._gap[0]) if self._gap else 0
                    if self._col + gap + self._word_cells > self.first:
                        self._overflow(rows)
        return rows

    def finish(self) -> list[Row]:
        """The last row; none if it is empty."""
        rows: list[Row] = []
        self._end_word()
        if self._row:
            self._end_row(rows)
        return rows

    def _add(self, part: str, style: Style) -> None:
        """Make the word longer, or begin a new one."""
        if self._word:
            last, last_style = self._word[-1]
            if not (last.isascii() and part.isascii()) and _may_break(last[-1], part[0]):
                self._end_word()
            elif last_style == style:
                # Measured together: a joiner at the end of one part takes in the emoji that begins the next.
                self._word[-1] = (last + part, style)
                self._word_cells += cell_len(last + part) - cell_len(last)
                return
        self._word.append((part, style))
        self._word_cells += cell_len(part)

    def _end_word(self) -> None:
        if not self._word:
            return
        if self._gap:
            self._row.append(self._gap)
            self._col += len(self._gap[0])
            self._gap = None
        self._row += self._word
        self._col += self._word_cells
        self._word, self._word_cells = [], 0

    def _end_row(self, rows: list[Row], raw: bool = False) -> None:
        raw = raw or self._col > self.first
        rows.append(Row(joined(self._row), raw))
        self._row, self._col, self._gap, self.first = [], 0, None, self.width

    def _overflow(self, rows: list[Row]) -> None:
        if self._col:
            self._end_row(rows)
        while self._word_cells > self.first:
            is_address = self._is_address()
            if is_address and self._word_cells <= _LONGEST_ADDRESS:
                return
            head, rest = _cut(self._word, _LONGEST_ADDRESS if is_address else self.first)
            if not rest:  # one character wider than the row, to which a mark may still be added
                return
            self._row, self._word = head, rest
            self._end_row(rows, raw=is_address)
            self._word_cells = sum(cell_len(text) for text, _ in self._word)

    def _is_address(self) -> bool:
        """Decided by the characters that fill a row: those that come later change nothing."""
        beginning = "".join(text for text, _ in self._word)[: self.first]
        return not self._cut_addresses and _ADDRESS.match(beginning) is not None


def _may_break(before: str, after: str) -> bool:
    return (
        bool(_IS_WIDE.match(before) or _IS_WIDE.match(after))
        and not _STAYS_WITH_LAST.match(after)
        and before not in _STAYS_WITH_NEXT
    )


def _cut(runs: list[Run], cells: int) -> tuple[list[Run], list[Run]]:
    """The first `cells` cells, at least one character, and the rest; a joined emoji stays whole."""
    head: list[Run] = []
    left = cells
    for at, (text, style) in enumerate(runs):
        end = _fitting(text, left, at_least_one=not head)
        if end:
            head.append((text[:end], style))
        if end < len(text):
            return head, [(text[end:], style), *runs[at + 1 :]]
        left -= cell_len(text)
    return head, []


def _fitting(text: str, cells: int, at_least_one: bool) -> int:
    if text.isascii():
        return max(min(len(text), cells), at_least_one)
    total = 0
    for start, _end, width in split_graphemes(text)[0]:
        total += width
        if total > cells and (start or not at_least_one):
            return start
    return len(text)


def longest_word(runs: Iterable[Run]) -> int:
    """Cells of the longest part of a text that can be broken only by force."""
    return max(map(cell_len, _WORD.findall("".join(text for text, _ in runs))), default=0)


def fold(row: Row, width: int) -> list[Row]:
    """A row as the pieces of at most `width` cells that a terminal would make of it."""
    if row.cells <= width:
        return [row]
    pieces, rest = [], list(row.runs)
    while True:
        head, rest = _cut(rest, width)
        pieces.append(Row(tuple(head), row.raw))
        if not rest:
            return pieces
