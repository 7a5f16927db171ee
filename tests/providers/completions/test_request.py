"""Requests in Chat Completions, read: what is said in our terms, what has no place there, what makes no sense."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.errors import RequestRefused
from chatbot.core.messages import Conversation, Document, Image, Message
from chatbot.core.options import Endpoint, Options
from chatbot.core.tools.calling import ToolCall, ToolDefinition, ToolResult
from chatbot.providers import services
from chatbot.providers.completions.request import CompletionRequest, read_request
from chatbot.providers.wires.openai import OpenAIChat
from tests.tables import each

HELLO = [{"role": "user", "content": "hi"}]
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOL = {"type": "function", "function": {"name": "weather", "description": "Tells it.", "parameters": PARAMETERS}}
CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}}


def read(**body: Any) -> CompletionRequest:
    return read_request({"model": "x", "messages": HELLO, **body}, "claude")


def test_every_choice_that_we_have_is_taken_over() -> None:
    schema = {"type": "object"}
    found = read(
        stream=True,
        stream_options={"include_usage": True},
        max_completion_tokens=5,
        temperature=0.5,
        top_p=1,
        stop="END",
        seed=3,
        reasoning_effort="low",
        response_format={"type": "json_schema", "json_schema": {"name": "a", "schema": schema}},
        tools=[TOOL],
    )
    tools = (ToolDefinition("weather", "Tells it.", PARAMETERS),)
    assert found.options == Options("claude", True, 5, 0.5, 1, ("END",), 3, "low", schema=schema, tools=tools)
    assert (found.wants_usage, found.ignored) == (True, ())


def test_without_a_word_nothing_is_streamed_and_nothing_chosen() -> None:
    assert read() == CompletionRequest(
        Conversation((Message("user", "hi"),)), Options("claude", stream=False), False, ()
    )
    assert read(max_tokens=7, stop=["a", "b"]).options[2:6] == (7, None, None, ("a", "b"))


def test_what_has_no_place_is_named_but_not_what_changes_nothing() -> None:
    fields = {"n": 2, "user": "me", "logprobs": True, "response_format": {"type": "json_object"}, "tool_choice": "none"}
    assert read(**fields).ignored == ("n", "user", "logprobs", "response_format", "tool_choice")
    same = {"n": 1, "user": None, "logprobs": False, "frequency_penalty": 0.0, "response_format": {"type": "text"}}
    assert read(**same, tool_choice="auto", tools=[], parallel_tool_calls=True).ignored == ()


def test_system_prompts_stand_above_the_conversation() -> None:
    messages = [
        {"role": "system", "content": "one"},
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "c"}, {"type": "refusal", "refusal": "d"}]},
        {"role": "developer", "content": "two"},
        {"role": "user", "content": ""},
    ]
    assert read(messages=messages).conversation == Conversation(
        (Message("user", "a\nb"), Message("assistant", "c\nd"), Message("user", "")), "one\n\ntwo"
    )


def test_an_image_is_its_bytes() -> None:
    content = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk=", "detail": "low"}}]
    [message] = read(messages=[{"role": "user", "content": content}]).conversation.messages
    assert message == Message("user", "", (Image("image/png", b"hi", 0, 0, "an image"),))


def test_a_document_and_a_recording_are_what_their_bytes_say() -> None:
    content = [
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:text/plain;base64,JVBERi0xLjQK"}},
        {"type": "input_audio", "input_audio": {"data": "UklGRiQAAABXQVZF", "format": "mp3"}},
    ]
    [message] = read(messages=[{"role": "user", "content": content}]).conversation.messages
    recording = Document("audio/wav", b"RIFF$\0\0\0WAVE", "a recording")
    assert message == Message("user", "", (Document("application/pdf", b"%PDF-1.4\n", "a.pdf"), recording))


def test_calls_and_their_results_are_put_together_in_the_order_of_the_calls() -> None:
    other = {**CALL, "id": "call_2"}
    messages = [
        *HELLO,
        {"role": "assistant", "content": None, "tool_calls": [CALL, other]},
        {"role": "tool", "tool_call_id": "call_2", "content": "rain"},
        {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "sun"}]},
        {"role": "user", "content": "and?"},
    ]
    calls = tuple(ToolCall(name, "weather", '{"city": "Rome"}') for name in ("call_1", "call_2"))
    results = (ToolResult("call_1", "weather", "sun"), ToolResult("call_2", "weather", "rain"))
    _, asked, told = read(messages=messages).conversation.messages
    assert asked == Message("assistant", "", calls=calls)
    assert told == Message("user", "and?", results=results)
    assert read(messages=messages[:-1]).conversation.messages[-1] == Message("user", "", results=results)


@each(
    ("body", "parameter", "said"),
    [
        ({"messages": []}, "messages", "not a list with something"),
        ({"messages": "hi"}, "messages", "not a list with something"),
        ({"messages": [3]}, "messages", "the role None"),
        ({"messages": [{"role": "function", "content": "x"}]}, "messages", "the role function"),
        ({"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "messages", "of the type input_audio"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages", "of the type int"),
        (
            {"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_data": "aGk="}}]}]},
            "messages",
            "a file, which is neither a PDF document nor a recording, but text",
        ),
        (
            {
                "messages": [
                    {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a/b.png"}}]}
                ]
            },
            "messages",
            "an image elsewhere; send it as a data: URL",
        ),
        (
            {
                "messages": [
                    {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:a/b;base64,!"}}]}
                ]
            },
            "messages",
            "not Base64",
        ),
        (
            {
                "messages": [
                    {"role": "system", "content": [{"type": "image_url", "image_url": {"url": "data:a/b;base64,aGk="}}]}
                ]
            },
            "messages",
            "only a question can have",
        ),
        ({"messages": [*HELLO, {"role": "assistant", "tool_calls": [CALL]}]}, "messages", "call_1 is missing"),
        ({"messages": [*HELLO, {"role": "assistant", "tool_calls": [{}]}]}, "messages", "without id, name or"),
        ({"messages": [{"role": "tool", "tool_call_id": "x", "content": ""}]}, "messages", "calls never made"),
        ({"temperature": "hot"}, "temperature", "temperature is not a number"),
        ({"temperature": True}, "temperature", "temperature is not a number"),
        ({"max_tokens": 0}, "max_tokens", "at least 1"),
        ({"stream": "yes"}, "stream", "stream is not true or false"),
        ({"stop": [3]}, "stop", "stop is a text"),
        ({"tools": {}}, "tools", "tools is not a list"),
        ({"tools": [{"type": "web_search"}]}, "tools", "tools[0] is not a function"),
        ({"response_format": {"type": "json_schema"}}, "response_format", "not an object"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"schema": {"properties": 5}}}},
            "response_format",
            "response_format.json_schema.schema is no JSON Schema that can be used: $.properties is an object, not 5",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(body: dict[str, Any], parameter: str, said: str) -> None:
    with pytest.raises(RequestRefused) as raised:
        read(**body)
    assert said in str(raised.value)
    assert (raised.value.parameter, raised.value.status) == (parameter, 400)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
TURNS = st.lists(st.tuples(TEXT, TEXT, st.lists(st.binary(max_size=9), max_size=2)), max_size=4)


@given(turns=TURNS, last=TEXT, system=st.none() | TEXT)
def test_what_our_own_wire_writes_is_read_as_it_was(
    turns: list[tuple[str, str, list[bytes]]], last: str, system: str | None
) -> None:
    conversation = Conversation(system=system)
    for question, answer, images in turns:
        shown = tuple(Image("image/png", data, 0, 0, "an image") for data in images)
        conversation = conversation.asking(question, shown).answered(answer)
    conversation = conversation.asking(last)
    options = Options("gpt", max_tokens=9, temperature=0.5, stop=("a",), seed=1, reasoning_effort="low")
    body = OpenAIChat(services.SERVICES[0], Endpoint("http://x")).payload(conversation, options)
    assert read_request(body, "gpt") == CompletionRequest(conversation, options, True, ())
