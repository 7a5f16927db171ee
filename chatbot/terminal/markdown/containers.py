"""Quotes and list items: what stands to the left of the rows inside them."""

from collections.abc import Sequence
from dataclasses import dataclass

from chatbot.terminal.markdown.look import DIM, MARKER, PLAIN, Signs
from chatbot.terminal.markdown.row import Row, Run, joined, runs_len

_LEAST_TEXT = 16  # columns that nesting leaves to the text, or half of a narrower screen


@dataclass(frozen=True)
class Quote:
    """`▌ ` before each row."""


@dataclass(frozen=True)
class Item:
    """An item of a list: `indent` columns belong to it in the lines that go on with it."""

    kind: str
    number: int | None
    indent: int

    def sign(self, signs: Signs) -> str:
        # The width of the own number only: an item that comes later changes nothing above.
        return f"{signs.bullet} " if self.number is None else f"{self.number:>2}{self.kind} "


Container = Quote | Item


@dataclass(frozen=True)
class Lead:
    """What the rows of one block have on their left, in the first row and in the others, and their whole width."""

    first: tuple[Run, ...]
    rest: tuple[Run, ...]
    bars: tuple[Run, ...]
    width: int
    marked: bool  # the first row shows the marker of an item

    @property
    def first_width(self) -> int:
        return self.width - runs_len(self.first)

    @property
    def rest_width(self) -> int:
        return self.width - runs_len(self.rest)

    def row(self, runs: Sequence[Run]) -> Row:
        return Row(_trimmed((*self.first, *runs)))

    def rows(self, rows: Sequence[Row]) -> list[Row]:
        return [Row(_trimmed((*(self.rest if at else self.first), *row.runs)), row.raw) for at, row in enumerate(rows)]

    def after_first(self) -> "Lead":
        return Lead(self.rest, self.rest, self.bars, self.width, marked=False)

    def code(self, runs: Sequence[Run]) -> Row:
        """Code stands at the left margin also in a list, so that it copies clean."""
        return Row(joined((*self.bars, *runs)) if runs else _trimmed(self.bars), raw=True)

    def first_code(self, runs: Sequence[Run]) -> Row:
        return self.row(runs)._replace(raw=True) if self.marked else self.code(runs)


def lead(containers: Sequence[Container], new_from: int, width: int, signs: Signs) -> tuple[list[Row], Lead]:
    """The lead of a block in these containers, of which those from `new_from` on have no row yet.

    The rows before it hold markers that leave no room for text (`- - - - text`).
    """
    least = min(_LEAST_TEXT, width // 2)
    rows: list[Row] = []
    first: list[Run] = []
    rest: list[Run] = []
    bars: list[Run] = []
    marked = False
    for at, container in enumerate(containers):
        sign = f"{signs.bar} " if isinstance(container, Quote) else container.sign(signs)
        fits = runs_len(rest) + len(sign) <= width - least
        if isinstance(container, Quote):
            if fits:
                for runs in (first, rest, bars):
                    runs.append((sign, DIM))
            continue
        if at >= new_from:
            marked = True
            first.append((sign, MARKER))
        elif fits:
            first.append((" " * len(sign), PLAIN))
        if fits:
            rest.append((" " * len(sign), PLAIN))
        if width - runs_len(first) < least // 2:
            rows.append(Row(_trimmed(first)))
            first, marked = rest.copy(), False
    return rows, Lead(tuple(first), tuple(rest), tuple(bars), width, marked)


def _trimmed(runs: Sequence[Run]) -> tuple[Run, ...]:
    """Without spaces at the end: they would be copied."""
    out = joined(runs)
    while out and out[-1][0].endswith(" "):
        *before, (text, style) = out
        out = joined([*before, (text.rstrip(" "), style)])
    return out
