"""A table: widths come from the head and the first rows, then they stay."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import zip_longest

from rich.style import Style

from chatbot.terminal.markdown.containers import Lead
from chatbot.terminal.markdown.lines import cells
from chatbot.terminal.markdown.look import CODE, DIM, PLAIN, STRONG, Signs
from chatbot.terminal.markdown.phrases import settled
from chatbot.terminal.markdown.row import Row, Run
from chatbot.terminal.markdown.wrap import Wrapper, longest_word

_MEASURED_ROWS = 20
_LEAST_COLUMN = 8  # cells; narrower, or words do not fit, and each row is shown as lines of `head: value`
_LONGEST_WORD = 20  # cells; what is longer is an address or the like, and may be cut
_GAP = 2
_LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)

Cell = list[Run]


class Table:
    def __init__(self, lead: Lead, head: str, alignments: Sequence[str], signs: Signs) -> None:
        self._lead = lead
        self._signs = signs
        self._alignments = alignments
        self._head = [_cell(text, STRONG) for text in cells(head)]
        self._waiting: list[list[Cell]] = []
        self._widths: list[int] | None = None

    def clone(self) -> "Table":
        new = Table.__new__(Table)
        new.__dict__.update(self.__dict__)
        new._waiting = self._waiting.copy()
        return new

    def line(self, text: str) -> list[Row]:
        parts = cells(text)
        last = len(self._head) - 1
        if len(parts) > len(self._head):  # GFM drops them; nothing of an answer is dropped here
            parts[last:] = [" | ".join(parts[last:])]
        row = [_cell(part) for part in parts]
        row += [[] for _ in range(len(self._head) - len(row))]
        if self._widths is not None:
            return self._body(row)
        self._waiting.append(row)
        return self._freeze() if len(self._waiting) == _MEASURED_ROWS else []

    def finish(self, preview: bool = False) -> list[Row]:
        return self._freeze() if self._widths is None else []

    def _freeze(self) -> list[Row]:
        columns = zip(self._head, *self._waiting, strict=True)
        natural = [max(_natural_width(cell) for cell in column) for column in columns]
        room = self._lead.rest_width - _GAP * (len(natural) - 1)
        columns = zip(self._head, *self._waiting, strict=True)
        self._widths = natural if sum(natural) <= room else _shares(natural, map(_longest_word, columns), room)
        rows: list[Row] = []
        if self._widths:
            rows += self._across(self._head)
            line = f"{'':{_GAP}}".join(self._signs.line * width for width in self._widths)
            rows += self._led([Row(((line, DIM),))])
        for row in self._waiting:
            rows += self._body(row)
        self._waiting = []
        return rows

    def _body(self, row: list[Cell]) -> list[Row]:
        return self._across(row) if self._widths else self._record(row)

    def _led(self, rows: list[Row]) -> list[Row]:
        led = self._lead.rows(rows)
        if rows:
            self._lead = self._lead.after_first()
        return led

    def _across(self, row: Sequence[Cell]) -> list[Row]:
        assert self._widths
        columns = [_wrapped(cell, width) for cell, width in zip(row, self._widths, strict=True)]
        rows = [Row(tuple(self._beside(parts))) for parts in zip_longest(*columns, fillvalue=Row())]
        return self._led(rows or [Row()])

    def _beside(self, parts: Iterable[Row]) -> Iterable[Run]:
        assert self._widths
        for at, (part, width, alignment) in enumerate(zip(parts, self._widths, self._alignments, strict=True)):
            space = width - part.cells
            left = {"<": 0, ">": space, "^": space // 2}[alignment]
            yield " " * (left + (_GAP if at else 0)), PLAIN
            yield from part.runs
            if at < len(self._widths) - 1:
                yield " " * (space - left), PLAIN

    def _record(self, row: list[Cell]) -> list[Row]:
        rows: list[Row] = []
        for head, value in zip(self._head, row, strict=True):
            wrapper = Wrapper(self._lead.rest_width)
            rows += wrapper.feed([*head, (": ", PLAIN), *value]) + wrapper.finish()
        return self._led([*rows, Row(((self._signs.line * _LEAST_COLUMN, DIM),))])


def _cell(text: str, style: Style = PLAIN) -> Cell:
    runs = settled(text.expandtabs(1))
    return [
        (_broken(part) if part_style.color != CODE.color else part, style + part_style) for part, part_style in runs
    ]


def _broken(text: str) -> str:
    return _LINE_BREAK.sub("\n", text) if "<" in text else text


def _wrapped(cell: Cell, width: int) -> list[Row]:
    wrapper = Wrapper(width, cut_addresses=True)
    return wrapper.feed(cell) + wrapper.finish()


def _natural_width(cell: Cell) -> int:
    return max((row.cells for row in _wrapped(cell, 10_000)), default=0)


def _longest_word(column: Iterable[Cell]) -> int:
    return min(max(map(longest_word, column)), _LONGEST_WORD)


def _shares(natural: Sequence[int], words: Iterable[int], room: int) -> list[int]:
    """Widths of columns that fit: the widest are cut to a common limit, but not into `words`; none if that is too
    narrow to read.
    """
    least = [min(pair) for pair in zip(natural, words, strict=True)]

    def limited(limit: int) -> list[int]:
        return [min(width, max(limit, word)) for width, word in zip(natural, least, strict=True)]

    limit = bisect_right(range(room + 1), room, key=lambda limit: sum(limited(limit))) - 1
    if limit < _LEAST_COLUMN:
        return []
    shares = limited(limit)
    for at, width in enumerate(natural):
        if width > shares[at] == limit and sum(shares) < room:
            shares[at] += 1
    return shares
