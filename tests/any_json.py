"""JSON as anybody might send it, for tests that take whatever comes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hypothesis import strategies as st

Strategy = st.SearchStrategy[Any]
NUMBERS: Sequence[Strategy] = (st.integers(), st.floats())
PLAIN: Sequence[Any] = (None, False, True)
HUGE = 10**310  # no float can hold it


def any_json(
    names: Sequence[str] = (),
    *,
    often: Sequence[Any] = (),
    values: Sequence[Any] = PLAIN,
    numbers: Sequence[Strategy] = (st.integers(),),
    texts: st.SearchStrategy[str] = st.text(),  # noqa: B008  (a strategy does not change)
    most_members: int = 4,
    most_items: int = 3,
    only_objects: bool = False,
) -> Strategy:
    """Documents of these values, one number of each kind, and parts of one text, in lists and objects whose members
    have these names, or else such texts, and `often` values of their own.

    Bytes say how it is put together: a drawn value costs Hypothesis as much as most tests need for a document, and
    `st.recursive` draws each part. Here all that is drawn is of different kinds, so that it tries no exchange of parts.
    """

    def built(shape: bytes, text: str, *drawn: Any) -> Any:
        half = len(text) // 2
        parts = (text, text[:half], text[half:])
        made = _Shape(iter(shape), (*values, *drawn, *parts), often, names or parts, most_members, most_items)
        return made.members(number=shape[-1]) if only_objects else made.document()

    return st.builds(built, st.binary(min_size=40, max_size=40), texts, *numbers)


class _Shape:
    """A byte says what comes, and others which of the values and names. After the last one there are only zeros."""

    def __init__(
        self,
        shape: Iterator[int],
        values: Sequence[Any],
        often: Sequence[Any],
        names: Sequence[str],
        most_members: int,
        most_items: int,
    ) -> None:
        self._shape, self._values, self._often, self._names = shape, values, often or values, names
        self._most_members, self._most_items = most_members, most_items

    def document(self, depth: int = 0) -> Any:
        number, kind = divmod(next(self._shape, 0), 4)
        if kind == 0 and (depth or number < 16):
            return self._values[number % len(self._values)]
        if kind == 1 and depth:
            return self._one_of(self._often)
        if kind % 2:
            return self.members(number, depth)
        return [self.document(depth + 1) for _ in range(_size(number, self._most_items, depth))]

    def members(self, number: int, depth: int = 0) -> dict[str, Any]:
        size = _size(number, self._most_members, depth)
        return {self._one_of(self._names): self.document(depth + 1) for _ in range(size)}

    def _one_of(self, choices: Sequence[Any]) -> Any:
        return choices[next(self._shape, 0) % len(choices)]


def _size(number: int, most: int, depth: int) -> int:
    """Few whole documents are empty."""
    return number % (most + 1) if depth or not number else 1 + number % most
