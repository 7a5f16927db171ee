"""What differs between two texts, word by word. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal

from chatbot.records import NamedTuple

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")

Side = Literal["both", "first", "second"]


class Difference(NamedTuple):
    """A piece of text, and which of the two has it."""

    side: Side
    text: str


class _Hunk(NamedTuple):
    """What stands in the same place of both; the same text where nothing changed."""

    old: str
    new: str

    @property
    def is_change(self) -> bool:
        return self.old != self.new


def word_diff(first: str, second: str) -> list[Difference]:
    """The pieces of both texts in their order: those of `both` and `first` make the first text, those of `both` and
    `second` the second. Lines are compared before words, so that long texts do not take the square of their words.
    """
    hunks: list[_Hunk] = []
    for hunk in _compared(_LINES.findall(first), _LINES.findall(second)):
        words = _compared(_WORDS.findall(hunk.old), _WORDS.findall(hunk.new)) if hunk.is_change else iter([hunk])
        for each in words:
            _add(hunks, each)
    pieces = (
        (Difference("first", each.old), Difference("second", each.new))
        if each.is_change
        else (Difference("both", each.old),)
        for each in hunks
    )
    return [piece for parts in pieces for piece in parts if piece.text]


def _compared(first: Sequence[str], second: Sequence[str]) -> Iterator[_Hunk]:
    for _, a0, a1, b0, b1 in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        yield _Hunk("".join(first[a0:a1]), "".join(second[b0:b1]))


def _add(hunks: list[_Hunk], hunk: _Hunk) -> None:
    """Neighbours become one, also where only white space is between two changes: that is the same by chance."""
    if len(hunks) > 1 and hunk.is_change and hunks[-2].is_change and hunks[-1].old.isspace():
        hunk = _joined(_joined(hunks[-2], hunks[-1]), hunk)
        del hunks[-2:]
    if hunks and hunks[-1].is_change == hunk.is_change:
        hunk = _joined(hunks.pop(), hunk)
    hunks.append(hunk)


def _joined(first: _Hunk, second: _Hunk) -> _Hunk:
    return _Hunk(first.old + second.old, first.new + second.new)
