"""What is written in pieces is what is written at once."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.json_text import TextPieces, dumps, written
from tests.any_json import any_json

values = any_json(most_items=4)


@pytest.mark.parametrize("indent", [None, 1])
@given(value=values)
def test_any_value_is_the_same_as_at_once(value: object, indent: int | None) -> None:
    assert "".join(written(value, indent=indent)) == dumps(value, indent=indent)


@pytest.mark.parametrize("indent", [None, 1])
@given(
    pieces=st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=5), rows=st.lists(values, max_size=2)
)
def test_texts_and_lists_that_come_while_they_are_written_are_the_same(
    pieces: list[str], rows: list[object], indent: int | None
) -> None:
    streamed = {"a": TextPieces(iter(pieces)), "b": [{"rows": iter(rows)}]}
    whole = {"a": "".join(pieces), "b": [{"rows": rows}]}
    text = "".join(written(streamed, indent=indent))
    assert text == dumps(whole, indent=indent) and json.loads(text) == whole
