"""What is no schema is told before anything is sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from chatbot.core.errors import UsageError
from chatbot.core.schemas.fitting import check_compiles, fit
from chatbot.core.schemas.reading import of_several, read_json, read_schema
from chatbot.core.schemas.well_formed import MAX_DEPTH
from tests.any_json import any_json
from tests.tables import cases, each

TREE = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {
            "type": "object",
            "properties": {"kids": {"type": "array", "items": {"$ref": "#/$defs/node"}}},
            "required": ["kids"],
        }
    },
}


@each(
    ("text", "said"),
    [
        *cases("""
            [1] | it is a list, not an object
            "name" | it is 'name', not an object
            { | is not JSON: line 1, column 2
            {"a": NaN} | NaN is no JSON number
            {"type": "strng"} | $.type is one of string, integer
            {"properties": {"age": {"type": "int"}}} | $.properties.age.type is one of
            {"properties": {"age": 3}} | $.properties.age is a schema, not 3
            {"items": [{"pattern": "("}]} | $.items[0].pattern is a regular expression
            {"required": "name"} | $.required is a list of names, not 'name'
            {"minLength": -1} | $.minLength is a whole number from 0, not -1
            {"minLength": 1e999} | $.minLength is a whole number from 0
            {"enum": []} | $.enum is a list that is not empty, not an empty list
            {"$ref": "https://example.com/x"} | leads out of the document (https://example.com/x); nothing is fetched
            {"$ref": "file:///etc/passwd"} | nothing is fetched
            {"items": {"$ref": "#/$defs/x"}} | $.items.$ref leads nowhere (#/$defs/x)
            {"$ref": "#"} | a $ref leads back to itself
            {"properties": {"a": {"$ref": "#/properties/a"}}} | a $ref leads back to itself
            {"allOf": [{"$ref": "#/allOf/0"}]} | a $ref leads back to itself
            {"unevaluatedProperties": false} | cannot be checked here (use additionalProperties)
        """),
        ('{"a":' * 5_000, "is nested too deeply"),
    ],
)
def test_a_mistake_is_one_sentence_with_its_path(text: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_json(text, "the schema")
    assert said in str(raised.value)


def test_size_and_depth_have_limits() -> None:
    deep: dict[str, Any] = {}
    for _ in range(MAX_DEPTH):
        deep = {"items": deep}
    with pytest.raises(UsageError, match="levels deep"):
        read_json(json.dumps(deep), "it")
    with pytest.raises(UsageError, match="more than 5000 objects"):
        read_json(json.dumps({"anyOf": [{}] * 5_001}), "it")


def test_a_schema_may_refer_to_itself_inside_of_a_value() -> None:
    schema = read_json(json.dumps(TREE), "it")
    assert not fit('{"kids": [{"kids": []}]}', schema).fault
    assert fit('{"kids": [{"kids": [{}]}]}', schema).fault == "$.kids[0].kids[0] must contain ['kids'] properties"


def test_several_of_a_schema_are_items_and_its_references_go_on_leading_there() -> None:
    schema = of_several(TREE)
    check_compiles(schema)
    assert not fit('{"items": [{"kids": []}, {"kids": [{"kids": []}]}]}', schema).fault
    assert fit('{"items": [{"kids": [{}]}]}', schema).fault.startswith("$.items[0].kids[0] must contain")


KEYWORDS = "type properties items $ref anyOf allOf required enum not $defs pattern minLength x".split()
WORDS = ["string", "object", "#", "#/$defs/x", "#/anyOf/0", "("]


@given(any_json(KEYWORDS, often=WORDS, only_objects=True), any_json(KEYWORDS, often=WORDS))
def test_any_json_is_a_schema_that_can_be_used_or_one_sentence(document: dict[str, Any], answer: Any) -> None:
    try:
        schema = read_schema(json.dumps(document))
        check_compiles(schema)
    except UsageError as error:
        assert "\n" not in str(error)
    else:
        assert "\n" not in fit(json.dumps(answer), schema).fault
