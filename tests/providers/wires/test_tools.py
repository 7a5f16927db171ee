"""Tools in all wire formats: declared, called, answered, and what has to be handed back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.errors import UsageError
from chatbot.core.events import Event, ToolCallDelta
from chatbot.core.messages import Conversation, ProviderItems
from chatbot.core.options import Endpoint, Options
from chatbot.core.sse.decoder import SseEvent
from chatbot.core.tools.calling import ToolCall, ToolDefinition, ToolResult
from chatbot.providers.wires import base, lookup
from chatbot.session import Answer
from tests.tables import each
from tests.wires import service_named

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
WEATHER = ToolDefinition("weather", "Tells the weather.", SCHEMA)
OPTIONS = Options("m", tools=(WEATHER,))
LONDON = ToolCall("call_1", "weather", '{"city":"London"}')
PARIS = ToolCall("call_2", "weather", '{"city":"Paris"}')
ASKED = (
    Conversation()
    .asking("Weather?")
    .answered("Let me see.", calls=(LONDON, PARIS))
    .told((ToolResult("call_1", "weather", "rain"), ToolResult("call_2", "weather", "no such city", is_error=True)))
)


def provider(name: str) -> base.Provider:
    return lookup.provider_for(service_named(name), Endpoint(""))


def payload(name: str, conversation: Conversation, options: Options = OPTIONS) -> dict[str, Any]:
    return provider(name).payload(conversation, options)


def read(name: str, documents: Iterable[Any]) -> tuple[list[Event], tuple[ToolCall, ...], ProviderItems | None]:
    """What a stream of these documents says, its calls, and what is handed back."""
    asked, answer = provider(name), Answer()
    events = asked.read_stream(SseEvent("message", json.dumps(document)) for document in documents)
    given_out = [event for said in events for event in answer.take(said)]
    return given_out, answer.calls, asked.own_items(answer.items, "m")


@each(
    ("wire", "declared"),
    {
        "openai": [{"type": "function", "function": WEATHER._asdict()}],
        "responses": [{"type": "function", **WEATHER._asdict(), "strict": False}],
        "anthropic": [{"name": "weather", "description": "Tells the weather.", "input_schema": SCHEMA}],
        "gemini": [
            {
                "functionDeclarations": [
                    {"name": "weather", "description": "Tells the weather.", "parametersJsonSchema": SCHEMA}
                ]
            }
        ],
    }.items(),
)
def test_tools_are_declared(wire: str, declared: list[dict[str, Any]]) -> None:
    assert payload(wire, ASKED)["tools"] == declared
    assert "tools" not in payload(wire, ASKED, Options("m"))


def test_calls_and_results_in_chat_completions() -> None:
    asked, called, *results = payload("openai", ASKED)["messages"]
    assert asked == {"role": "user", "content": "Weather?"}
    assert called["content"] == "Let me see."
    assert [each["function"] for each in called["tool_calls"]] == [
        {"name": "weather", "arguments": call.arguments} for call in (LONDON, PARIS)
    ]
    assert results == [
        {"role": "tool", "tool_call_id": "call_1", "content": "rain"},
        {"role": "tool", "tool_call_id": "call_2", "content": "no such city"},
    ]


def test_calls_and_results_in_responses() -> None:
    _, said, *calls, first, second = payload("responses", ASKED)["input"]
    assert said["content"] == [{"type": "output_text", "text": "Let me see."}]
    assert calls == [
        {"type": "function_call", "call_id": call.id, "name": "weather", "arguments": call.arguments}
        for call in (LONDON, PARIS)
    ]
    assert first == {"type": "function_call_output", "call_id": "call_1", "output": "rain"}
    assert second["output"] == "no such city"


def test_calls_and_results_of_anthropic_are_one_message_each() -> None:
    _, called, answered = payload("anthropic", ASKED.asking("And now?"))["messages"]
    assert [block["type"] for block in called["content"]] == ["text", "tool_use", "tool_use"]
    assert called["content"][1] == {"type": "tool_use", "id": "call_1", "name": "weather", "input": {"city": "London"}}
    assert answered["content"] == [
        {"type": "tool_result", "tool_use_id": "call_1", "content": "rain"},
        {"type": "tool_result", "tool_use_id": "call_2", "content": "no such city", "is_error": True},
        {"type": "text", "text": "And now?"},
    ]


def test_calls_and_results_of_gemini_have_its_own_ids_only() -> None:
    _, called, answered = payload("gemini", ASKED)["contents"]
    assert called["parts"][1] == {"functionCall": {"id": "call_1", "name": "weather", "args": {"city": "London"}}}
    assert answered["parts"][1]["functionResponse"]["response"] == {"error": "no such city"}
    ours = ToolCall("call00000", "weather", "")
    talk = Conversation().asking("?").answered("", calls=(ours,)).told((ToolResult("call00000", "weather", "rain"),))
    assert payload("gemini", talk)["contents"][1:] == [
        {"role": "model", "parts": [{"functionCall": {"name": "weather", "args": {}}}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "weather", "response": {"output": "rain"}}}]},
    ]


def test_a_service_without_tools_says_so_before_anything_is_sent_and_is_told_of_earlier_calls_in_words() -> None:
    with pytest.raises(UsageError, match="Perplexity knows no tools"):
        payload("perplexity", ASKED)
    _, called, results = payload("perplexity", ASKED.asking("And now?"), Options("m"))["messages"]
    assert called["content"].startswith('Let me see.\n\n[called weather: {"city":"London"}]')
    assert results["content"].endswith("And now?") and "[weather said: rain]" in results["content"]
    assert "tool_calls" not in called


def test_anthropic_refuses_calls_where_no_tools_are_declared_and_is_told_of_them_in_words() -> None:
    messages = payload("anthropic", ASKED.asking("And now?"), Options("m"))["messages"]
    assert "tool_use" not in json.dumps(messages) and "tool_result" not in json.dumps(messages)
    assert "[weather said: rain]" in messages[2]["content"]
    assert "[called weather" not in json.dumps(payload("anthropic", ASKED)["messages"])
    assert payload("openai", ASKED, Options("m"))["messages"][1]["tool_calls"]


def test_calls_that_another_service_has_answered_have_ids_and_names_that_this_one_takes() -> None:
    called = ToolCall("functions.weather:0", "no such tool!", "{}")
    step = (Conversation().asking("?").answered("", calls=(called,))).told((ToolResult(called.id, called.name, "no"),))
    twice = step._replace(messages=step.messages * 2)
    for name, taken in (("mistral", "[a-zA-Z0-9]{9}"), ("anthropic", "[a-zA-Z0-9_-]+"), ("openai", ".+")):
        sent = json.dumps(payload(name, twice))
        told = re.findall(r'"(?:tool_use_id|tool_call_id)": "(.+?)"', sent)
        made = re.findall(r'"id": "(.+?)"', sent)
        assert made == told and len(set(made)) == 2  # no id is there twice
        assert all(re.fullmatch(taken, each) for each in made)
        assert '"no_such_tool_"' in sent and "no such tool!" not in sent
    assert "functions.weather:0" in json.dumps(payload("openai", step))  # some read the id


def test_what_a_service_gets_back_as_it_was_has_results_of_the_same_ids() -> None:
    blocks = [
        {"type": "thinking", "thinking": "Hm.", "signature": "s"},
        {"type": "tool_use", "id": "functions.weather:0", "name": "weather", "input": {}},
    ]
    asked = provider("anthropic")
    call = ToolCall("functions.weather:0", "weather", "{}")
    talk = Conversation().asking("?").answered("", asked.own_items(json.dumps(blocks), "m"), (call,))
    _, own, told = payload("anthropic", talk.told((ToolResult(call.id, "weather", "rain"),)))["messages"]
    assert own["content"] == blocks and told["content"][0]["tool_use_id"] == "functions.weather:0"


def chat(*calls: Any, finish: str | None = None, **delta: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"tool_calls": [*calls], **delta}, "finish_reason": finish}]}


def call_of(call: ToolCall, **fields: Any) -> dict[str, Any]:
    return {"id": call.id, "function": {"name": call.name, "arguments": call.arguments}, **fields}


@each(
    "documents",
    [
        [chat(call_of(LONDON), call_of(PARIS))],  # several whole ones in one piece, without an index
        [chat(call_of(LONDON)), chat(call_of(PARIS))],  # Mistral
        [chat(call_of(LONDON, index=0)), chat(call_of(PARIS, index=0))],
        [
            chat({"index": 0, "id": "call_1", "function": {"name": "weather", "arguments": '{"city"'}}),
            chat({"index": 1, "id": "call_2", "function": {"name": "weather", "arguments": None}}),
            chat({"index": 0, "id": "call_1", "function": {"name": "", "arguments": ':"London"}'}}),  # Alibaba
            chat({"index": 1, "type": "function", "function": {"arguments": PARIS.arguments}}),  # OpenRouter
        ],
        [
            chat({"index": 0, "id": None, "function": {"name": "weather"}}),  # Hugging Face
            chat({"index": 0, "id": "call_1", "function": {"arguments": LONDON.arguments}}),
            chat({"index": 1, "id": "call_2", "function": {"name": "weather", "arguments": {"city": "Paris"}}}),
        ],
    ],
)
def test_every_way_in_which_servers_cut_calls_gives_the_same_two(documents: list[Any]) -> None:
    """A finish reason `stop` although there are calls."""
    events, calls, _ = read("openai", [*documents, chat(finish="stop"), chat(finish="stop")])
    assert [(call.id, call.name, json.loads(call.arguments)) for call in calls] == [
        ("call_1", "weather", {"city": "London"}),
        ("call_2", "weather", {"city": "Paris"}),
    ]
    assert {event.number for event in events if isinstance(event, ToolCallDelta)} == {0, 1}


@each("empty", [[], None, {}, ""])
def test_no_calls_beside_text_are_none(empty: Any) -> None:
    documents = [{"choices": [{"index": 0, "delta": {"content": "Hi", "tool_calls": empty}, "finish_reason": "stop"}]}]
    _, calls, _ = read("openai", documents)
    assert calls == ()


def test_calls_at_a_token_limit_are_not_whole() -> None:
    _, calls, _ = read("openai", [chat(call_of(LONDON)), chat(finish="length")])
    assert calls == ()


@given(st.data())
def test_calls_are_the_same_in_every_wire_format_however_their_arguments_are_cut(data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, 17), max_size=5)))
    pieces = [LONDON.arguments[a:b] for a, b in zip([0, *cuts], [*cuts, 17], strict=True)]
    streams = {"openai": openai_stream(pieces), "responses": responses_stream(pieces, data.draw(st.booleans()))}
    streams |= {"anthropic": anthropic_stream(pieces)}
    for wire, documents in streams.items():
        events, calls, _ = read(wire, documents)
        assert calls == (LONDON,), wire
        shown = [event.arguments for event in events if isinstance(event, ToolCallDelta)]
        assert "".join(shown) == LONDON.arguments, wire


def openai_stream(pieces: list[str]) -> list[Any]:
    begun = chat({"index": 0, "id": "call_1", "type": "function", "function": {"name": "weather", "arguments": ""}})
    return [
        begun,
        *(chat({"index": 0, "function": {"arguments": piece}}) for piece in pieces),
        chat(finish="tool_calls"),
    ]


def responses_stream(pieces: list[str], has_end: bool) -> list[Any]:
    item = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "weather", "arguments": ""}
    kind = "response.function_call_arguments."
    whole = {**item, "arguments": LONDON.arguments}
    return [
        {"type": "response.output_item.added", "output_index": 1, "item": item},
        *({"type": f"{kind}delta", "item_id": "fc_1", "output_index": 1, "delta": piece} for piece in pieces),
        {"type": f"{kind}done", "item_id": "fc_1", "arguments": LONDON.arguments},
        {"type": "response.output_item.done", "item": whole},
        {"type": "response.completed", "response": {"output": [{"type": "reasoning"}, whole] if has_end else []}},
    ]


def anthropic_stream(pieces: list[str], *thoughts: dict[str, Any]) -> list[Any]:
    block = {"type": "tool_use", "id": "call_1", "name": "weather", "input": {}}
    at = len(thoughts)
    return [
        *({"type": "content_block_start", "index": n, "content_block": each} for n, each in enumerate(thoughts)),
        {"type": "content_block_start", "index": at, "content_block": block},
        *(
            {"type": "content_block_delta", "index": at, "delta": {"type": "input_json_delta", "partial_json": piece}}
            for piece in pieces
        ),
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}},
        {"type": "message_stop"},
    ]


def test_thoughts_of_anthropic_go_back_signed_and_in_front_of_the_call() -> None:
    thought = {"type": "thinking", "thinking": "Hm", "signature": ""}
    hidden = {"type": "redacted_thinking", "data": "xx"}
    signed = [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "."}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "sig"}},
    ]
    begun, *rest = anthropic_stream(['{"city"', ':"London"}'], thought, hidden)
    _, calls, items = read("anthropic", [begun, *signed, *rest])
    talk = Conversation().asking("?").answered("", items, calls)
    assert payload("anthropic", talk)["messages"][1]["content"] == [
        {"type": "thinking", "thinking": "Hm.", "signature": "sig"},
        hidden,
        {"type": "tool_use", "id": "call_1", "name": "weather", "input": {"city": "London"}},
    ]
    assert "sig" not in json.dumps(payload("anthropic", talk, Options("other", tools=(WEATHER,))))


def test_signatures_of_gemini_go_back_on_the_parts_where_they_came() -> None:
    parts: list[list[dict[str, Any]]] = [
        [{"text": "thinking", "thought": True}],
        [{"text": "Let "}],
        [{"text": "me.", "thoughtSignature": "one"}],
        [{"functionCall": {"name": "weather", "args": {"city": "London"}}, "thoughtSignature": "two"}],
        [{"functionCall": {"name": "weather", "args": {}}}],
    ]
    documents = [{"candidates": [{"content": {"parts": each}}]} for each in parts]
    _, calls, items = read("gemini", [*documents, {"candidates": [{"finishReason": "STOP"}]}])
    assert [json.loads(call.arguments) for call in calls] == [{"city": "London"}, {}]
    talk = Conversation().asking("?").answered("Let me.", items, calls)
    assert payload("gemini", talk)["contents"][1]["parts"] == [part for each in parts[1:] for part in each]


@each(
    ("service", "pieces", "whole"),
    [
        ("deepseek", [{"reasoning_content": "H"}, {"reasoning_content": "m"}], {"reasoning_content": "Hm"}),
        (
            "openrouter",
            [{"reasoning": "H", "reasoning_details": [{"type": "x", "data": "1"}]}, {"reasoning_details": [{"a": 2}]}],
            {"reasoning_details": [{"type": "x", "data": "1"}, {"a": 2}]},
        ),
        ("openai", [{"reasoning_content": "Hm"}], {}),
    ],
)
def test_the_reasoning_of_an_answer_with_calls_goes_back_where_the_service_wants_it(
    service: str, pieces: list[dict[str, Any]], whole: dict[str, Any]
) -> None:
    thoughts = [{"choices": [{"index": 0, "delta": piece}]} for piece in pieces]
    _, calls, items = read(service, [*thoughts, chat(call_of(LONDON)), chat(finish="tool_calls")])
    called = payload(service, Conversation().asking("?").answered("", items, calls))["messages"][1]
    assert {name: value for name, value in called.items() if name.startswith("reasoning")} == whole
    _, _, none = read(service, [*thoughts, {"choices": [{"delta": {"content": "Hi"}, "finish_reason": "stop"}]}])
    assert none is None


@each(
    ("wire", "document"),
    {
        "openai": {
            "choices": [{"message": {"tool_calls": [call_of(LONDON), call_of(PARIS)]}, "finish_reason": "tool_calls"}]
        },
        "responses": {
            "object": "response",
            "status": "completed",
            "output": [
                {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments}
                for call in (LONDON, PARIS)
            ],
        },
        "anthropic": {
            "type": "message",
            "stop_reason": "tool_use",
            "content": [
                {"type": "tool_use", "id": call.id, "name": call.name, "input": json.loads(call.arguments)}
                for call in (LONDON, PARIS)
            ],
        },
        "gemini": {
            "candidates": [
                {
                    "content": {
                        "parts": [
                            {"functionCall": {"id": call.id, "name": call.name, "args": json.loads(call.arguments)}}
                            for call in (LONDON, PARIS)
                        ]
                    },
                    "finishReason": "STOP",
                }
            ]
        },
    }.items(),
)
def test_calls_in_one_document_are_the_same(wire: str, document: dict[str, Any]) -> None:
    answer = Answer()
    for said in provider(wire).read_answer(document):
        list(answer.take(said))
    assert [(call.id, call.name, json.loads(call.arguments)) for call in answer.calls] == [
        (call.id, call.name, json.loads(call.arguments)) for call in (LONDON, PARIS)
    ]
