"""The arguments of a call."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.calls.arguments import ArgumentsFault, as_object, as_text, fitting, parsed
from tests.tables import each

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
objects = st.dictionaries(st.text(), st.none() | st.integers() | st.text() | st.lists(st.booleans()))


@given(objects)
def test_an_object_is_read_also_where_it_stands_in_a_string(value: dict[str, Any]) -> None:
    text = json.dumps(value)
    assert parsed(text) == parsed(json.dumps(text)) == as_object(text) == value
    assert as_text(text) == text
    assert json.loads(as_text(json.dumps(text))) == value


@each("text", ["", " \n", '""', "{}"])
def test_no_arguments_are_an_empty_object(text: str) -> None:
    assert parsed(text) == {} and json.loads(as_text(text)) == {}


@each(
    ("text", "told"),
    [
        ('{"city": "Lon', "the arguments are not JSON (line 1, column 10: "),
        ("[1]", "the arguments are not a JSON object"),
        ("null", "the arguments are not a JSON object"),
        ('{"n": NaN}', "the arguments are not JSON (NaN is no JSON number)"),
        ("[" * 100_000, "the arguments are not JSON (nested too deeply)"),
    ],
)
def test_what_is_no_object_is_told_to_the_model_and_handed_back_as_text(text: str, told: str) -> None:
    with pytest.raises(ArgumentsFault) as fault:
        parsed(text)
    assert str(fault.value).startswith(told)
    assert as_object(text) == json.loads(as_text(text)) == {"INVALID_JSON": text}


def test_halves_of_characters_become_whole_ones_or_none() -> None:
    assert parsed('{"a": "\\ud83d\\ude00 \\ud83d"}') == {"a": "\U0001f600 \ufffd"}


def test_arguments_are_held_against_the_schema() -> None:
    assert fitting('{"city": "Paris"}', CITY) == {"city": "Paris"}
    with pytest.raises(ArgumentsFault, match=r"do not fit the schema: \$\.city must be string, not 7"):
        fitting('{"city": 7}', CITY)
    with pytest.raises(ArgumentsFault, match="city"):
        fitting("", CITY)
