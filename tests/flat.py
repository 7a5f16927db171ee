"""Strategies that draw at once what Hypothesis would draw part by part: each draw costs it as much as a small test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import strategies as st

T = TypeVar("T")
_FIRST = 0x100  # below it, and far above, are characters that Hypothesis prefers or leaves out


def some(pieces: Sequence[T], most: int, *, least: int = 0) -> st.SearchStrategy[list[T]]:
    """As lists of `st.sampled_from(pieces)`: a text, each character of which stands for a piece."""
    characters = st.characters(min_codepoint=_FIRST, max_codepoint=_FIRST + len(pieces) - 1)
    text = st.text(characters, min_size=least, max_size=most)
    return text.map(lambda chosen: [pieces[ord(character) - _FIRST] for character in chosen])


picks = st.binary(min_size=40, max_size=40)
"""Numbers to choose by, one after the other, with `%`."""
