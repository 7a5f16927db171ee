"""A help page as text: a usage line, what it is about, and titled lists; calm, and clean to copy."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence

_WIDEST = 100  # longer lines are hard to read
_NARROWEST = 20
_INDENT, _GAP, _TERM_CELLS = "  ", "  ", 28
_LEAST_HELP_CELLS = 30

Rows = Sequence[tuple[str, str]]


def help_page(
    usage: str, about: Sequence[str], lists: Mapping[str, Rows], notes: Sequence[str], *, columns: int, bold: bool
) -> str:
    """The page, without a line end. `about` and `notes` are paragraphs before and after the `lists`, each of which is a
    heading with rows of a term and its help. No line is as wide as `columns`; nothing is left out.
    """
    width = max(min(columns, _WIDEST) - 1, _NARROWEST)
    hanging = " " * (len(_INDENT) + _TERM_CELLS + len(_GAP))
    is_beside = width - len(hanging) >= _LEAST_HELP_CELLS
    blocks = [_filled(usage, width, " " * len("Usage: ")), *(_filled(text, width) for text in about)]
    for heading, rows in lists.items():
        title = f"\x1b[1m{heading}\x1b[0m" if bold else heading
        lines = _beside(rows, width) if is_beside else _below(rows, width)
        blocks.append("\n".join((title, *lines)))
    return "\n\n".join((*blocks, *(_filled(text, width) for text in notes)))


def _beside(rows: Rows, width: int) -> Iterator[str]:
    """Terms on the left, their help on the right; under a term that is too long for its column."""
    column = max((len(term) for term, _ in rows if len(term) <= _TERM_CELLS), default=_TERM_CELLS)
    hanging = " " * (len(_INDENT) + column + len(_GAP))
    for term, text in rows:
        head = f"{_INDENT}{term}"
        if len(head) + len(_GAP) > len(hanging) or not text:
            yield head
            head = ""
        if text:
            yield _filled(text, width, hanging, f"{head:<{len(hanging)}}")


def _below(rows: Rows, width: int) -> Iterator[str]:
    """Each help under its term, for narrow screens."""
    for term, text in rows:
        yield _filled(term, width, _INDENT * 3, _INDENT)
        if text:
            yield _filled(text, width, _INDENT * 3, _INDENT * 3)


def _filled(text: str, width: int, hanging: str = "", first: str = "") -> str:
    return textwrap.fill(
        " ".join(text.split()),
        width,
        initial_indent=first,
        subsequent_indent=hanging,
        break_on_hyphens=False,  # an option stays in one piece
        break_long_words=False,
    )
