from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.batch.row import key_of, question_of, row_of
from chatbot.core.errors import UsageError


def test_columns_are_put_in_where_they_are_named_and_a_dollar_stays_one() -> None:
    row = row_of(1, 2, {"id": "a", "city": "Paris", "price": "$5"})
    assert question_of(row, "Is $price much in ${city}? It is $$3.") == "Is $5 much in Paris? It is $3."


def test_without_a_name_the_text_of_the_row_follows() -> None:
    assert question_of(row_of(1, 1, "ein Haus"), "Translate.") == "Translate.\n\nein Haus"
    assert question_of(row_of(1, 1, {"id": 1, "q": "why?"}), None) == "why?"
    assert question_of(row_of(1, 1, {"a": "b", "input": "why?"}), None) == "why?"
    assert question_of(row_of(1, 1, "ein Haus"), "Say $input.") == "Say ein Haus."


@pytest.mark.parametrize("asked", ["Where is $town?", None])
def test_what_a_row_lacks_is_named_with_what_it_has(asked: str | None) -> None:
    with pytest.raises(UsageError) as error:
        question_of(row_of(1, 1, {"city": "Paris", "land": "France"}), asked)
    assert "city, land" in error.value.advice


@given(st.text(), st.text())
def test_rows_of_the_same_content_are_called_the_same_and_others_are_not(one: str, other: str) -> None:
    assert (row_of(1, 1, one).id == row_of(9, 9, other).id) is (one == other)
    assert (row_of(1, 1, {"a": one, "b": ""}).id == row_of(2, 2, {"b": "", "a": other}).id) is (one == other)
    assert key_of(one) > 0
