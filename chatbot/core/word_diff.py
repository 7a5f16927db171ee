"""What differs between two texts, word by word. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")

Side = Literal["both", "first", "second"]


class Difference(NamedTuple):
    """A piece of text, and which of the two has it."""

    side: Side
    text: str


def word_diff(first: str, second: str) -> list[Difference]:
    """The pieces of both texts in their order: those of `both` and `first` make the first text, those of `both` and
    `second` the second. Lines are compared before words, so that long texts do not take the square of their words.
    """
    pieces: list[Difference] = []
    for side, old, new in _compared(_LINES.findall(first), _LINES.findall(second)):
        if side == "both":
            pieces.append(Difference("both", "".join(old)))
            continue
        for inner, before, after in _compared(_WORDS.findall("".join(old)), _WORDS.findall("".join(new))):
            if inner == "both":
                pieces.append(Difference("both", "".join(before)))
            else:
                pieces.append(Difference("first", "".join(before)))
                pieces.append(Difference("second", "".join(after)))
    return _joined(pieces)


def _compared(
    first: Sequence[str], second: Sequence[str]
) -> Iterator[tuple[Literal["both", "changed"], Sequence[str], Sequence[str]]]:
    for name, a0, a1, b0, b1 in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        yield "both" if name == "equal" else "changed", first[a0:a1], second[b0:b1]


def _joined(pieces: Sequence[Difference]) -> list[Difference]:
    """The same without empty pieces, neighbours of one side as one."""
    joined: list[Difference] = []
    for piece in pieces:
        if joined and joined[-1].side == piece.side:
            joined[-1] = Difference(piece.side, joined[-1].text + piece.text)
        elif piece.text:
            joined.append(piece)
    return joined
