"""Chat Completions: what is sent, and the parts of answers that no recording shows."""

from __future__ import annotations

from typing import Any

import pytest

from chatbot.core.errors import MalformedAnswer, ServerFault
from chatbot.core.events import EndMarker, FinishReason, ReasoningDelta, TextDelta, Usage, Verdict
from chatbot.core.options import Endpoint
from chatbot.core.sse.decoder import SseEvent
from tests.providers.asking import TALK, URL, payload, provider, request
from tests.tables import each

OPENAI = provider("openai")


def test_nothing_is_sent_that_was_not_asked_for() -> None:
    assert payload("openai", stream=False) == {"model": "m", "messages": [{"role": "user", "content": "Why?"}]}


def test_a_stream_is_asked_for_with_its_usage() -> None:
    asked = payload("openai")

    assert asked["stream"] is True
    assert asked["stream_options"] == {"include_usage": True}


def test_a_conversation_is_sent_whole_with_images_before_their_question() -> None:
    assert payload("openai", TALK)["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "One?"},
        {"role": "assistant", "content": "Two."},
        {
            "role": "user",
            "content": [
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}},
                {"type": "text", "text": "What is this?"},
            ],
        },
    ]


def test_every_choice_has_its_field() -> None:
    asked = payload(
        "openai", temperature=0.0, top_p=0.5, stop=("END",), seed=0, reasoning_effort="low", max_tokens=9, stream=False
    )

    del asked["model"], asked["messages"]
    assert asked == {
        "temperature": 0.0,
        "top_p": 0.5,
        "stop": ["END"],
        "seed": 0,
        "reasoning_effort": "low",
        "max_completion_tokens": 9,
    }


@each(
    ("service", "field"),
    [
        ("openai", "max_completion_tokens"),
        ("azure", "max_completion_tokens"),
        ("azure-dated", "max_completion_tokens"),
        ("groq", "max_completion_tokens"),
        ("cerebras", "max_completion_tokens"),
        # These ignore the new name without a word (Ollama), do not document it, or also take the old one.
        *((name, "max_tokens") for name in "ollama lmstudio mistral deepseek together perplexity xai".split()),
        *((name, "max_tokens") for name in "openrouter huggingface llamacpp vllm custom".split()),
    ],
)
def test_the_token_limit_has_the_name_that_the_service_obeys(service: str, field: str) -> None:
    asked = payload(service, max_tokens=5)

    assert {name: value for name, value in asked.items() if name.startswith("max")} == {field: 5}


@each(("service", "field"), [("openai", "seed"), ("mistral", "random_seed"), ("perplexity", None)])
def test_the_seed_has_the_name_that_the_service_knows(service: str, field: str | None) -> None:
    assert [name for name in payload(service, seed=3) if "seed" in name] == ([field] if field else [])


def test_raw_fields_come_last_and_go_into_nested_objects() -> None:
    asked = payload(
        "openai", temperature=1.0, extra={"temperature": 2, "stream_options": {"include_obfuscation": False}}
    )

    assert asked["temperature"] == 2
    assert asked["stream_options"] == {"include_usage": True, "include_obfuscation": False}


def test_the_key_is_in_a_header_and_nowhere_else() -> None:
    sent = request("openai", Endpoint(URL, ("Authorization", "Bearer secret")))

    assert (sent.method, sent.url) == ("POST", URL + "/chat/completions")
    assert sent.headers["Authorization"] == "Bearer secret"
    assert b"secret" not in sent.body


def test_an_azure_deployment_is_in_the_path_and_the_version_in_the_query() -> None:
    endpoint = Endpoint("https://me.openai.azure.com/openai", ("api-key", "k"), (), "api-version=2024-10-21")

    assert request("azure-dated", endpoint, model="my gpt/4?x").url == (
        "https://me.openai.azure.com/openai/deployments/my%20gpt%2F4%3Fx/chat/completions?api-version=2024-10-21"
    )
    assert provider("azure-dated", endpoint).models_request().url == (
        "https://me.openai.azure.com/openai/models?api-version=2024-10-21"
    )


@each(
    ("document", "names"),
    [
        ({"object": "list", "data": [{"id": "b"}, {"id": "a"}]}, ["b", "a"]),
        ([{"id": "bare", "type": "chat"}], ["bare"]),  # Together
        ({"models": [{"name": "command"}]}, ["command"]),  # Cohere
        ({"data": [{"id": "m", "aliases": ["n"]}, {"id": "m"}]}, ["m"]),  # Mistral lists some twice
        ({"object": "list", "data": None}, []),  # Ollama without any
        ({"data": [{"id": 7}, None, "plain", {}]}, ["plain"]),
        ("nonsense", []),
    ],
)
def test_the_list_of_models_is_read_in_each_of_its_shapes(document: Any, names: list[str]) -> None:
    assert [model.name for model in OPENAI.read_models(document).models] == names


def test_a_refusal_is_shown_and_told_apart_from_an_answer() -> None:
    answer = {"choices": [{"message": {"content": None, "refusal": "No."}, "finish_reason": "stop"}]}

    assert list(OPENAI.read_answer(answer)) == [
        TextDelta("No."),
        FinishReason("refusal", Verdict.REFUSED),
        FinishReason("stop", Verdict.COMPLETE),
    ]


@each(
    "delta",
    [
        {"reasoning_content": "Hm"},
        {"reasoning": "Hm"},
        {"reasoning_content": "Hm", "reasoning": "Hm"},
        {"reasoning": "Hm", "reasoning_details": [{"type": "reasoning.text", "text": "Hm"}]},
        {"reasoning_details": [{"type": "reasoning.summary", "summary": "Hm"}, {"type": "reasoning.encrypted"}]},
        {"content": [{"type": "thinking", "thinking": "Hm"}]},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}, {"type": "odd"}, None]},
    ],
)
def test_reasoning_is_shown_once_whatever_it_is_called(delta: dict[str, Any]) -> None:
    assert list(OPENAI.read_answer({"choices": [{"message": delta}]})) == [ReasoningDelta("Hm")]


def test_an_empty_delta_beside_the_whole_message_repeats_nothing() -> None:
    event = SseEvent("message", '{"choices":[{"delta":{},"message":{"content":"all of it"}}]}')

    assert list(OPENAI.read_event(event)) == []


@each("data", ["[DONE]", " [DONE]", "[DONE] "])
def test_done_ends_the_stream(data: str) -> None:
    assert list(OPENAI.read_event(SseEvent("message", data))) == [EndMarker()]


@each("data", ["", "  ", "null", "7", '"text"', "[]", "{}", '{"choices":null}', '{"choices":[]}'])
def test_an_event_that_says_nothing_is_passed_over(data: str) -> None:
    assert list(OPENAI.read_event(SseEvent("message", data))) == []


def test_an_event_that_is_no_json_is_malformed() -> None:
    with pytest.raises(MalformedAnswer, match="not JSON: oops"):
        list(OPENAI.read_event(SseEvent("message", "oops")))


def test_an_error_event_is_an_error_even_without_the_word() -> None:
    with pytest.raises(ServerFault) as caught:
        list(OPENAI.read_event(SseEvent("error", '{"message":"broken","type":"server_error"}')))
    assert caught.value.said == "broken"


@each(
    ("usage", "read"),
    [
        ({"prompt_tokens": 1, "completion_tokens": 2}, Usage(1, 2)),
        ({"prompt_tokens": None, "completion_tokens": 2.0, "prompt_tokens_details": None}, Usage(None, 2)),
        ({"prompt_tokens": True, "completion_tokens": "2"}, Usage()),
        ({"prompt_tokens": float("nan"), "completion_tokens": float("inf")}, Usage()),
        (
            {"prompt_tokens": 1, "prompt_tokens_details": {"cached_tokens": 0}, "cached_tokens": 5},
            Usage(1, None, None, 0),
        ),
        ({"prompt_cache_hit_tokens": 5}, Usage(None, None, None, 5)),
        # Inside the completion, and beside it (xAI).
        (
            {
                "prompt_tokens": 10,
                "completion_tokens": 7,
                "total_tokens": 17,
                "completion_tokens_details": {"reasoning_tokens": 4},
            },
            Usage(10, 7, 4),
        ),
        (
            {
                "prompt_tokens": 10,
                "completion_tokens": 7,
                "total_tokens": 21,
                "completion_tokens_details": {"reasoning_tokens": 4},
            },
            Usage(10, 11, 4),
        ),
    ],
)
def test_usage_is_read_in_each_of_its_shapes(usage: dict[str, Any], read: Usage) -> None:
    assert list(OPENAI.read_answer({"usage": usage})) == [read]
