"""What the lab's models do with a limit, words to stop at, a schema and tools."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.sse import decoder
from chatbot.lab.answers import Answer, Asked
from chatbot.lab.example import example
from chatbot.lab.obeying import UseOfSchema, obeying
from chatbot.lab.server.http import LabServer
from tests.tables import each

QUESTION = "one two three four five"


@pytest.fixture(scope="module")
def server() -> Iterator[LabServer]:
    with LabServer() as running:
        yield running


def ask(server: LabServer, model: str = "echo", role: str = "user", **fields: Any) -> dict[str, Any]:
    """The first choice of an answer."""
    turns = [{"role": "user", "content": QUESTION}, *([{"role": role, "content": "18"}] if role != "user" else [])]
    body = {"model": model, "messages": turns, **fields}
    answer = requests.post(f"{server.url}/v1/chat/completions", json=body, timeout=5)
    assert answer.status_code == 200
    choice: dict[str, Any] = answer.json()["choices"][0]
    return choice


@each(
    ("fields", "text", "reason"),
    [
        ({"max_tokens": 2}, "one two", "length"),
        ({"max_completion_tokens": 2}, "one two", "length"),
        ({"max_tokens": 1, "max_completion_tokens": 3}, "one two three", "length"),
        ({"max_tokens": 5}, QUESTION, "stop"),
        ({"max_tokens": "2"}, QUESTION, "stop"),
        ({"stop": "four"}, "one two three ", "stop"),
        ({"stop": ["five", "two", ""]}, "one ", "stop"),
        ({"stop": [7]}, QUESTION, "stop"),
        ({"stop": "four", "max_tokens": 2}, "one two", "length"),
        ({"response_format": {"type": "text"}}, QUESTION, "stop"),
        ({"response_format": {"type": "json_object"}}, "{}", "stop"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"schema": {"enum": ["a", "b"]}}}},
            '"a"',
            "stop",
        ),
        ({"tools": [], "tool_choice": "auto"}, QUESTION, "stop"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": "none"}, QUESTION, "stop"),
        ({"tools": "none", "response_format": 3}, QUESTION, "stop"),
    ],
)
def test_what_is_asked_is_obeyed(server: LabServer, fields: dict[str, Any], text: str, reason: str) -> None:
    choice = ask(server, **fields)
    assert (choice["message"]["content"], choice["finish_reason"]) == (text, reason)


def test_an_answer_that_ends_otherwise_stays_as_it_is(server: LabServer) -> None:
    assert ask(server, "length", max_tokens=3)["message"]["content"].endswith("the limit is")


def tool(name: str) -> dict[str, Any]:
    parameters = {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


@each(
    ("fields", "names"),
    [
        ({}, ["f", "g"]),
        ({"parallel_tool_calls": False}, ["f"]),
        ({"tool_choice": "required"}, ["f", "g"]),
        ({"tool_choice": {"type": "function", "function": {"name": "g"}}}, ["g"]),
    ],
)
def test_each_tool_that_is_offered_is_called(server: LabServer, fields: dict[str, Any], names: list[str]) -> None:
    choice = ask(server, tools=[tool("f"), tool("g")], **fields)
    calls = choice["message"]["tool_calls"]
    assert (choice["finish_reason"], choice["message"]["content"]) == ("tool_calls", None)
    assert [call["function"]["name"] for call in calls] == names
    assert {call["function"]["arguments"] for call in calls} == {'{"city": "text", "days": 1}'}
    assert len({call["id"] for call in calls}) == len(names)


def test_after_the_result_of_a_tool_it_answers_in_words(server: LabServer) -> None:
    assert ask(server, role="tool", tools=[tool("f")])["message"]["content"] == QUESTION


def test_calls_are_streamed_in_pieces(server: LabServer) -> None:
    body = {"model": "echo", "messages": [{"role": "user", "content": "x"}], "tools": [tool("f")], "stream": True}
    answer = requests.post(f"{server.url}/v1/chat/completions", json=body, timeout=5)
    events = [event.data for event in decoder.parse([answer.content])]
    pieces = [event for event in events if '"tool_calls":[' in event]
    assert '"arguments":""' in pieces[0]
    assert len(pieces) > 3
    assert '"finish_reason":"tool_calls"' in events[-2]


def test_a_key_that_says_it_is_wrong_is_refused(server: LabServer) -> None:
    for path, header in (("/v1/models", "Authorization"), ("/v1beta/models", "x-goog-api-key")):
        wrong = requests.get(server.url + path, headers={header: "sk-wrong-1"}, timeout=5)
        assert wrong.status_code in (400, 401)
        assert requests.get(server.url + path, headers={header: "sk-other-1"}, timeout=5).status_code == 200


SCHEMAS: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.sampled_from(["string", "integer", "number", "boolean", "null"]).map(lambda kind: {"type": kind})
    | st.lists(st.text(max_size=3), min_size=1, max_size=3).map(lambda words: {"enum": words})
    | st.integers().map(lambda number: {"const": number})
    | st.just({"type": ["integer", "null"]}),
    lambda inner: (
        st.dictionaries(st.text(max_size=3), inner, max_size=3).map(
            lambda named: {"type": "object", "properties": named, "required": [*named], "additionalProperties": False}
        )
        | inner.map(lambda one: {"type": "array", "items": one})
        | st.lists(inner, min_size=1, max_size=2).map(lambda many: {"anyOf": many})
    ),
    max_leaves=8,
)


@given(SCHEMAS)
def test_an_example_fits_its_schema(schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(schema).validate(example(schema))


TREE: dict[str, Any] = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "kids": {"type": "array", "items": {"$ref": "#/$defs/node"}},
                "next": {"$ref": "#/$defs/node"},
            },
            "required": ["kids"],
        }
    },
}


@each(
    "schema",
    [
        TREE,
        {"type": "integer", "minimum": 18, "maximum": 20},
        {"type": "number", "maximum": 0.5},
        {"type": "string", "minLength": 9, "maxLength": 9},
        {"type": "string", "maxLength": 2},
        {"type": "array", "items": {"type": "null"}, "minItems": 3},
        {"type": "array", "items": {"type": "null"}, "maxItems": 0},
        *[{"type": "string", "format": name} for name in ("date", "date-time", "email", "ipv4", "uri", "uuid")],
    ],
)
def test_an_example_keeps_to_bounds_and_follows_references(schema: dict[str, Any]) -> None:
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(schema, format_checker=checker).validate(example(schema))


def test_a_reference_that_leads_in_a_circle_or_nowhere_has_an_example_all_the_same() -> None:
    assert [example({"$ref": ref}) for ref in ("#", "#/x", "#/$ref/x", "https://example.com/")] == [None] * 4


PLACES: dict[str, tuple[str, Any]] = {
    "responses": ("/v1/responses", lambda s: {"input": "x", "text": {"format": {"type": "json_schema", "schema": s}}}),
    "anthropic": (
        "/v1/messages",
        lambda s: {"messages": [], "max_tokens": 9, "output_config": {"format": {"type": "json_schema", "schema": s}}},
    ),
    "gemini": (
        "/v1beta/models/echo:generateContent",
        lambda s: {"contents": [], "generationConfig": {"responseJsonSchema": s}},
    ),
}


@each("wire", PLACES)
def test_the_schema_of_each_wire_format_is_obeyed(server: LabServer, wire: str) -> None:
    path, body = PLACES[wire]
    answer = requests.post(server.url + path, json={"model": "echo", **body({"const": "obeyed"})}, timeout=5)
    assert answer.status_code == 200
    assert '"\\"obeyed\\""' in answer.text


@each(
    ("use", "text"),
    [
        ("ignores", "words"),
        ("breaks", '{"a": []}'),
        ("fences", 'Here it is:\n\n```json\n{"a": 1}\n```\n'),
        ("fits", '{"a": 1}'),
    ],
)
def test_a_schema_can_be_used_otherwise(use: UseOfSchema, text: str) -> None:
    asked = Asked("m", schema={"type": "object", "properties": {"a": {"type": "integer"}}})
    assert obeying(Answer("words"), asked, use).text == text
    assert obeying(Answer("words"), Asked("m"), use).text == "words"


def test_a_schema_that_is_none_has_an_example_all_the_same() -> None:
    deep: dict[str, Any] = {}
    for _ in range(100):
        deep = {"type": "array", "items": deep}
    assert example(deep) is not None
    no_schemas: list[Any] = [None, 3, {}, {"enum": []}, {"type": 7}]
    assert [example(schema) for schema in no_schemas] == [None] * 5
