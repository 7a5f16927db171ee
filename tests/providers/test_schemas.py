"""Schemas as each service wants them, and what is refused before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from chatbot.core.errors import UsageError
from chatbot.core.messages import Conversation
from chatbot.core.options import Options
from chatbot.core.schemas.reading import read_schema
from chatbot.providers import services
from chatbot.providers.schemas import is_in, sent
from tests.providers.asking import QUESTION, payload, provider
from tests.tables import each
from tests.wires import service_named

SCHEMA = read_schema("name, age int")
OPEN = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}


def refusal(name: str, schema: dict[str, Any]) -> UsageError:
    with pytest.raises(UsageError) as raised:
        sent(schema, service_named(name))
    return raised.value


def objects(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties]}


def test_each_wire_format_has_its_own_place_for_a_schema() -> None:
    named = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True}}
    assert payload("openai", schema=SCHEMA)["response_format"] == named
    flat = {"type": "json_schema", "name": "answer", "schema": SCHEMA, "strict": True}
    assert payload("responses", schema=SCHEMA)["text"] == {"format": flat}
    output = {"format": {"type": "json_schema", "schema": SCHEMA}}
    assert payload("anthropic", schema=SCHEMA)["output_config"] == output
    assert payload("gemini", schema=SCHEMA)["generationConfig"] == {
        "responseMimeType": "application/json",
        "responseJsonSchema": SCHEMA,
    }


@each("name", ["openai", "responses", "anthropic", "gemini", "ollama"])
def test_a_body_with_a_schema_is_known_as_one_and_others_are_not(name: str) -> None:
    assert is_in(payload(name, schema=SCHEMA))
    assert not is_in(payload(name, reasoning_effort="low", temperature=0.5))


def test_a_schema_stands_beside_the_effort() -> None:
    body = payload("anthropic", model="claude-haiku-5-5", schema=SCHEMA, reasoning_effort="low")
    assert body["output_config"].keys() == {"effort", "format"}


def test_a_raw_field_counts_more() -> None:
    body = payload("openai", schema=SCHEMA, extra={"response_format": {"json_schema": {"strict": False}}})
    assert body["response_format"]["json_schema"]["strict"] is False


def test_objects_are_closed_where_the_service_wants_it_and_remarks_are_left_out() -> None:
    schema = {**OPEN, "$schema": "https://json-schema.org/draft/2020-12/schema", "examples": [{"a": "x"}]}
    closed = {**OPEN, "additionalProperties": False}
    assert sent(schema, service_named("openai")).schema == closed
    assert sent(schema, service_named("anthropic")).schema == closed
    assert "additionalProperties" not in sent(schema, service_named("gemini")).schema
    assert sent(schema, services.find("ollama")).schema == schema


@each(
    ("name", "schema", "said", "way_out"),
    [
        ("openai", objects(a={"minLength": 2}), "OpenAI takes no schema with minLength ($.properties.a)", "say"),
        ("responses", objects(a={"allOf": [{}]}), "allOf ($.properties.a)", "Leave it out"),
        ("openai", objects(a={"title": "A"}), "a part without a type ($.properties.a)", "Give it a type"),
        ("openai", {**OPEN, "required": []}, "a property that is not required ($.properties.a)", '["string", "null"]'),
        ("openai", {**OPEN, "additionalProperties": {"type": "string"}}, "additionalProperties ($)", "Name each"),
        ("openai", {"type": "array", "items": OPEN}, "anything but an object at its top", "--schema-multi"),
        ("openai", objects(a={"type": "string", "format": "uri"}), "the format uri ($.properties.a)", "date-time"),
        ("openai", objects(a={"enum": [str(n) for n in range(1_001)]}), "more than 1000 words", "smaller"),
        ("anthropic", objects(a={"minimum": 1}), "Anthropic takes no schema with minimum ($.properties.a)", "descript"),
        ("anthropic", objects(a={"type": "array", "items": {}, "minItems": 2}), "minItems above 1", "Leave it out"),
        ("anthropic", objects(a={"type": "array", "items": {"$ref": "#"}}), "a $ref that leads back", "levels"),
    ],
)  # fmt: skip
def test_what_a_service_does_not_take_is_named_with_the_way_out(
    name: str, schema: dict[str, Any], said: str, way_out: str
) -> None:
    error = refusal(name, schema)
    assert said in str(error)
    assert way_out in error.advice


def test_the_limits_of_depth_and_number_are_told() -> None:
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(10):
        deep = objects(a=deep)
    assert "more than 10 levels (it has 11)" in str(refusal("openai", deep))
    many = {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(25)}}
    assert "more than 24 properties that are not required (it has 25)" in str(refusal("anthropic", many))


def test_several_faults_are_one_sentence() -> None:
    part = {"type": "string"}
    schema = objects(a={**part, "minLength": 1, "if": part, "then": part, "not": part, "oneOf": [part]})
    told = str(refusal("openai", schema))
    assert told.startswith("OpenAI takes no schema with minLength ($.properties.a), ") and " and 2 more" in told


def test_what_gemini_does_not_heed_is_said_and_sent() -> None:
    schema = objects(a={"type": "string", "pattern": "x"})
    found = sent(schema, service_named("gemini"))
    assert found.schema == schema
    assert found.remarks == ("Google Gemini does not heed pattern ($.properties.a); the answer is checked here",)


def test_a_service_that_knows_no_schemas_is_told_of_it_in_the_system_prompt() -> None:
    told = "knows no schemas: it is told of this one in the system prompt"
    asked = provider("deepseek")
    options = Options("m", schema=SCHEMA, seed=1)
    for system, before in ((None, ""), ("Be brief.", "Be brief.\n\n")):
        body = asked.payload(Conversation(system=system).asking("Why?"), options)
        assert not is_in(body)
        assert body["messages"][0]["content"].startswith(f"{before}Answer with one JSON document that fits")
        assert '"age": {"type": "integer"}' in body["messages"][0]["content"]
    assert told in (asked.left_out(options) or "")
    assert asked.left_out(Options("m")) is None


def test_a_refused_schema_costs_no_question_without_one() -> None:
    with pytest.raises(UsageError):
        provider("openai").payload(QUESTION, Options("m", schema={"type": "array"}))
