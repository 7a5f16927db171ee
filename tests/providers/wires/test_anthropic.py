"""Messages: what is sent, and the parts of answers that no recording shows."""

from __future__ import annotations

from typing import Any

import pytest

from chatbot.core.errors import ProviderError
from chatbot.core.events import Usage
from chatbot.core.options import Endpoint
from chatbot.core.sse.decoder import SseEvent
from chatbot.providers.wires.anthropic import DEFAULT_MAX_TOKENS, DEFAULT_MAX_TOKENS_UNSTREAMED
from tests.providers.asking import TALK, URL, payload, provider, request
from tests.tables import cases, each

ANTHROPIC = provider("anthropic")


def test_only_the_required_token_limit_is_sent_unasked() -> None:
    assert payload("anthropic", stream=False) == {
        "model": "m",
        "max_tokens": DEFAULT_MAX_TOKENS_UNSTREAMED,
        "messages": [{"role": "user", "content": "Why?"}],
    }
    assert payload("anthropic")["max_tokens"] == DEFAULT_MAX_TOKENS


def test_an_unstreamed_answer_at_the_limit_takes_less_than_ten_minutes() -> None:
    # The library's own estimate: 128 000 tokens an hour.
    assert 3600 * DEFAULT_MAX_TOKENS_UNSTREAMED / 128_000 <= 600


def test_a_conversation_is_sent_with_the_system_prompt_above_and_images_first() -> None:
    asked = payload("anthropic", TALK)

    assert asked["system"] == "Be brief."
    assert asked["messages"] == [
        {"role": "user", "content": "One?"},
        {"role": "assistant", "content": "Two."},
        {
            "role": "user",
            "content": [
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw=="}},
                {"type": "text", "text": "What is this?"},
            ],
        },
    ]


def test_every_choice_has_its_field_and_there_is_no_seed() -> None:
    asked = payload(
        "anthropic", temperature=0.0, top_p=0.5, stop=("END",), seed=3, reasoning_effort="low", max_tokens=9
    )

    del asked["model"], asked["messages"]
    assert asked == {
        "max_tokens": 9,
        "temperature": 0.0,
        "top_p": 0.5,
        "stop_sequences": ["END"],
        "output_config": {"effort": "low"},
        "stream": True,
    }


@each(
    ("model", "options", "fields"),
    [
        ("claude-haiku-5-5", {"show_reasoning": True}, {"thinking": {"type": "adaptive", "display": "summarized"}}),
        (
            "claude-opus-4-6",
            {"show_reasoning": True, "reasoning_effort": "low"},
            {"thinking": {"type": "adaptive", "display": "summarized"}, "output_config": {"effort": "low"}},
        ),
        ("claude-haiku-4-5", {"show_reasoning": True}, {"thinking": {"type": "enabled", "budget_tokens": 8192}}),
        ("claude-haiku-4-5", {"reasoning_effort": "low"}, {"thinking": {"type": "enabled", "budget_tokens": 1024}}),
        (
            "claude-sonnet-4-20250514",
            {"reasoning_effort": "high", "max_tokens": 2000},
            {"thinking": {"type": "enabled", "budget_tokens": 1999}},
        ),
        ("claude-haiku-4-5", {"reasoning_effort": "low", "max_tokens": 1024}, {}),
        ("claude-haiku-4-5", {"reasoning_effort": "none"}, {}),
        ("claude-3-5-haiku-latest", {"reasoning_effort": "low", "show_reasoning": True}, {}),
    ],
)
def test_a_model_is_asked_to_reason_in_the_way_it_knows(
    model: str, options: dict[str, Any], fields: dict[str, Any]
) -> None:
    asked = payload("anthropic", model=model, **options)

    assert {name: asked[name] for name in ("thinking", "output_config") if name in asked} == fields


@pytest.mark.parametrize("auth", [("x-api-key", "secret"), ("Authorization", "Bearer secret")])
def test_the_key_and_the_version_are_in_headers(auth: tuple[str, str]) -> None:
    sent = request("anthropic", Endpoint(URL, auth))

    assert sent.url == URL + "/v1/messages"
    assert sent.headers["anthropic-version"] == "2023-06-01"
    assert sent.headers[auth[0]] == auth[1]


def test_the_person_may_ask_for_another_version() -> None:
    sent = request("anthropic", Endpoint(URL, None, (("Anthropic-Version", "2026-10-21"),)))

    assert [(name, value) for name, value in sent.headers.items() if name.lower() == "anthropic-version"] == [
        ("Anthropic-Version", "2026-10-21")
    ]


def test_all_models_are_asked_for_at_once() -> None:
    assert ANTHROPIC.models_request().url == URL + "/v1/models?limit=1000"
    page = ANTHROPIC.read_models({"data": [{"type": "model", "id": "a"}, {"id": "b"}], "has_more": False})
    assert [model.name for model in page.models] == ["a", "b"]
    assert ANTHROPIC.read_models([]).models == ()


@each(
    ("usage", "read"),
    [
        ({"input_tokens": 5, "output_tokens": 2}, Usage(5, 2)),
        (
            {"input_tokens": 5, "cache_creation_input_tokens": 10, "cache_read_input_tokens": 20, "output_tokens": 2},
            Usage(35, 2, None, 20, 10),
        ),
        ({"output_tokens": 7, "cache_read_input_tokens": 20}, Usage(None, 7, None, 20)),
        ({"input_tokens": 5, "cache_creation_input_tokens": None, "cache_read_input_tokens": None}, Usage(5)),
        ({"output_tokens": 7, "output_tokens_details": {"thinking_tokens": 4}}, Usage(None, 7, 4)),
    ],
)
def test_input_counts_what_was_cached_too(usage: dict[str, Any], read: Usage) -> None:
    event = ANTHROPIC.read_answer({"type": "message_delta", "delta": None, "usage": usage})

    assert list(event) == [read]


@each("data", ["", "null", "[]", "{}", '{"type":"ping"}', '{"type":"message_start","message":null}'])
def test_an_event_that_says_nothing_is_passed_over(data: str) -> None:
    assert list(ANTHROPIC.read_event(SseEvent("message", data))) == []


@each(
    ("kind", "data"),
    cases(r"""
            error | {"type":"error","error":{"type":"x","message":"gone"}}
            message | {"type":"error","error":{"type":"x","message":"gone"}}
            error | {"type":"x","message":"gone"}
            error | {"error":"gone"}
            error | "gone"
            message | {"type":"error","message":"gone"}
        """),
)
def test_an_error_is_one_however_it_is_wrapped(kind: str, data: str) -> None:
    with pytest.raises(ProviderError) as caught:
        list(ANTHROPIC.read_event(SseEvent(kind, data)))
    assert caught.value.said == "gone"


def test_an_error_event_that_is_no_json_is_the_servers_sentence() -> None:
    with pytest.raises(ProviderError) as caught:
        list(ANTHROPIC.read_event(SseEvent("error", "upstream died")))
    assert caught.value.said == "upstream died"


def test_a_stream_is_whole_only_with_its_end_marker() -> None:
    assert ANTHROPIC.needs_end_marker
    assert not provider("openai").needs_end_marker
    assert not provider("gemini").needs_end_marker
