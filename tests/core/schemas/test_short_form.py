"""The short form of a schema."""

from __future__ import annotations

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.errors import UsageError
from chatbot.core.schemas.reading import read_schema
from chatbot.core.schemas.short_form import read_short_form
from tests.tables import each


def test_each_kind_of_field_is_read() -> None:
    assert read_short_form(
        "name, age int, tags str[], mood good|bad, note?: a word, or two".replace(", or", " or")
    ) == {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "age": {"type": "integer"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "mood": {"type": "string", "enum": ["good", "bad"]},
            "note": {"type": ["string", "null"], "description": "a word or two"},
        },
        "required": ["name", "age", "tags", "mood", "note"],
        "additionalProperties": False,
    }


def test_on_lines_of_their_own_descriptions_may_have_commas() -> None:
    properties = read_short_form("\nname: first, then last\nweight float\nis_open bool\n")["properties"]
    assert properties == {
        "name": {"type": "string", "description": "first, then last"},
        "weight": {"type": "number"},
        "is_open": {"type": "boolean"},
    }


def test_what_may_be_missing_is_null_whatever_its_type() -> None:
    properties = read_short_form("a? int, b? x | y, c? int[]")["properties"]
    assert properties == {
        "a": {"type": ["integer", "null"]},
        "b": {"type": ["string", "null"], "enum": ["x", "y", None]},
        "c": {"type": ["array", "null"], "items": {"type": "integer"}},
    }


@each(
    ("text", "said"),
    [
        ("name, age itn", "at field 2, 'age itn': 'itn' is no type"),
        ("name, name int", "at field 2, 'name int': there is a 'name' already"),
        ("2nd", "at field 1, '2nd': '2nd' is no name"),
        ("? int", "a name is missing"),
        ("mood good|", "'good|' is no choice of words"),
        ("mood a|a", "'a|a' is no choice of words"),
        ("tags [][]", "'[]' is no type"),
        (" , ,", "the schema has no field"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_the_way_out(text: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_short_form(text)
    assert said in str(raised.value)
    assert "--schema 'name, age int" in raised.value.advice


@given(st.text() | st.text("ab ,:?|[]\nint"))
def test_any_text_is_a_schema_or_one_sentence(text: str) -> None:
    try:
        schema = read_schema(text)
    except UsageError as error:
        assert "\n" not in str(error)
    else:
        jsonschema.Draft202012Validator.check_schema(schema)
