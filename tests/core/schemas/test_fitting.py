"""Whether an answer fits a schema, and why not."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.errors import UsageError
from chatbot.core.schemas.fitting import Fit, check_compiles, fit
from chatbot.core.schemas.reading import read_schema
from tests.any_json import PLAIN, any_json
from tests.tables import each

PERSON = read_schema("name, age int, tags str[], mood good|bad, note?")
ANN = {"name": "Ann", "age": 7, "tags": ["a"], "mood": "good", "note": None}


def test_what_fits_is_handed_back_as_it_came() -> None:
    assert fit(json.dumps(ANN), PERSON) == Fit(ANN)
    assert fit(f"\ufeff\n{json.dumps(ANN)}\n", PERSON) == Fit(ANN)


@each(
    ("changed", "fault"),
    [
        ({"age": "seven"}, '$.age must be integer, not "seven"'),
        ({"tags": ["a", 2]}, "$.tags[1] must be string, not 2"),
        ({"mood": "so"}, "$.mood must be one of ['good', 'bad'], not \"so\""),
        ({"note": False}, "$.note must be string or null, not false"),
        ({"more": 1}, "$ must not contain {'more'} properties"),
    ],
)
def test_a_fault_has_its_path_and_its_reason(changed: dict[str, Any], fault: str) -> None:
    assert fit(json.dumps({**ANN, **changed}), PERSON).fault == fault


def test_a_fault_is_one_line_whatever_the_schema_has_in_it() -> None:
    assert fit("1", {"enum": [{"a\nb": "\n"}]}).fault == "$ must be one of [{'a b': ' '}], not 1"
    property_of_two_lines = {"properties": {"a\nb": {"type": "string"}}}
    assert "\n" not in fit('{"a\\nb": 1}', property_of_two_lines).fault


@each(
    ("text", "fault"),
    [
        ("", "it is not JSON (line 1, column 1"),
        ('{"name": "Ann",', "it is not JSON (line 1, column 16"),
        ("{}\n{}", "it is not JSON (line 2, column 1: Extra data)"),
        ('{"age": NaN}', "it is not JSON (NaN is no JSON number)"),
        ("[" * 100_000, "it is not JSON (nested too deeply)"),
        ("null", "$ must be object, not null"),
    ],
)
def test_what_is_no_document_is_told_with_its_place(text: str, fault: str) -> None:
    assert fit(text, PERSON).fault.startswith(fault)


def test_a_document_in_a_code_block_counts_where_the_answer_is_none() -> None:
    def blocks(text: str) -> list[str]:
        return re.findall(r"<(.*?)>", text)

    assert fit(f"Here: <no> <{json.dumps(ANN)}>", PERSON, blocks) == Fit(ANN, unwrapped=True)
    assert fit("Here: <{}>", PERSON, blocks).fault.startswith("$ must contain")
    assert fit("Here: <no>", PERSON, blocks).fault.startswith("it is not JSON")


def test_defaults_are_not_put_in() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "default": "x"}}}
    assert fit("{}", schema).document == {}


def test_the_words_of_newer_drafts_count() -> None:
    pair = {"prefixItems": [{"type": "integer"}, {"type": "string"}], "items": False}
    assert not fit('[1, "a"]', pair).fault and fit("[1, 2]", pair).fault and fit('[1, "a", 3]', pair).fault
    together = {"dependentRequired": {"a": ["b"]}, "dependentSchemas": {"c": {"required": ["d"]}}}
    assert not fit('{"a": 1, "b": 2}', together).fault
    assert fit('{"a": 1}', together).fault and fit('{"c": 1}', together).fault


def test_nothing_is_fetched_whatever_a_schema_is_called() -> None:
    # In the scope of an `$id`, `#/...` would lead to another document.
    inner = {"$id": "http://127.0.0.1:9/other", "$ref": "#/$defs/x"}
    try:
        check_compiles({"$id": "http://127.0.0.1:9/", "$ref": "#/$defs/inner", "$defs": {"inner": inner, "x": {}}})
    except UsageError as error:
        assert "nothing is fetched" in str(error)


VALUES = any_json("name age tags".split(), values=(*PLAIN, "", "a", "good"), numbers=(st.integers(-3, 3),))


@given(VALUES, st.sampled_from(["name, age int", "name?, tags str[]", "name a|good, age? float, tags int[]"]))
def test_it_says_what_a_validator_of_the_standard_says(document: Any, short: str) -> None:
    schema = read_schema(short)
    assert (not fit(json.dumps(document), schema).fault) == jsonschema.Draft202012Validator(schema).is_valid(document)
