"""A table of rows in one test says as much as a test for each row."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.tables import each


def test_every_row_is_tried_and_each_that_fails_is_named() -> None:
    tried = []

    @each(("number", "most"), [(1, 2), (3, 2), (4, 5), (6, 2)])
    def is_within(number: int, most: int) -> None:
        tried.append(number)
        assert number <= most

    with pytest.raises(ExceptionGroup, match="2 of 4 rows") as failed:
        is_within()
    assert tried == [1, 3, 4, 6]
    notes = [error.__notes__ for error in failed.value.exceptions]
    assert notes == [["with {'number': 3, 'most': 2}"], ["with {'number': 6, 'most': 2}"]]


def test_a_row_that_should_have_raised_something_is_named_too() -> None:
    @each("text", ["x", "1"])
    def is_no_number(text: str) -> None:
        with pytest.raises(ValueError, match="invalid"):
            int(text)

    with pytest.raises(BaseExceptionGroup) as failed:
        is_no_number()
    assert [error.__notes__ for error in failed.value.exceptions] == [["with {'text': '1'}"]]


def test_tables_stack_and_what_is_no_cell_is_asked_for() -> None:
    tried = []

    @each("a", [1, 2])
    @each("b, c", [(3, 4), (5, 6)])
    def row(own: str, a: int, b: int, c: int) -> None:
        tried.append((own, a, b, c))

    row(own="own")
    assert tried == [("own", 1, 3, 4), ("own", 1, 5, 6), ("own", 2, 3, 4), ("own", 2, 5, 6)]


def test_a_row_has_a_folder_of_its_own(tmp_path: Path) -> None:
    @each("word", ["a", "b", "c"])
    def is_alone(word: str, tmp_path: Path) -> None:
        assert list(tmp_path.iterdir()) == []
        (tmp_path / "word").write_text(word)

    is_alone(tmp_path=tmp_path)
    assert sorted(path.read_text() for path in tmp_path.rglob("word")) == ["a", "b", "c"]


def test_rows_that_are_tried_at_once_wait_together_and_are_told_of_in_their_order() -> None:
    together = threading.Barrier(3, timeout=20)

    @each("number", range(3), at_once=3)
    def waits(number: int) -> None:
        together.wait()
        assert number == 1

    with pytest.raises(ExceptionGroup, match="2 of 3 rows") as failed:
        waits()
    assert [error.__notes__ for error in failed.value.exceptions] == [["with {'number': 0}"], ["with {'number': 2}"]]
