"""What the wire formats share."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chatbot.core.errors import MalformedAnswer, UsageError
from chatbot.core.messages import Conversation
from chatbot.core.options import Endpoint, Options
from chatbot.core.sse.decoder import SseEvent
from chatbot.providers.wires import base
from tests.providers.asking import PICTURE, payload, provider
from tests.tables import cases, each

HERE = Endpoint("https://api.example.com/v1")


def test_a_body_is_utf8_json_as_short_as_it_can_be() -> None:
    sent = base.post(HERE, "/x", {"a": "ä\u2028", "b": [1]}, {}, stream=True)

    assert sent.body == '{"a":"ä\u2028","b":[1]}'.encode()
    assert sent.headers == {"Content-Type": "application/json", "Accept": "text/event-stream"}


def test_a_lone_surrogate_does_not_break_the_request() -> None:
    assert json.loads(base.post(HERE, "/x", {"a": "\ud83d"}, {}, stream=False).body) == {"a": "?"}


@each("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_without_a_word_in_json_is_wrong_usage(number: float) -> None:
    with pytest.raises(UsageError, match="finite"):
        base.post(HERE, "/x", {"temperature": number}, {}, stream=False)


def test_a_header_of_the_person_replaces_ours_in_whatever_case() -> None:
    endpoint = Endpoint(
        HERE.base_url, ("Authorization", "Bearer ours"), (("authorization", "Bearer own"), ("X-A", "1"))
    )

    sent = base.post(endpoint, "/x", {}, {"x-a": "0", "x-b": "2"}, stream=False)

    assert {name.lower(): value for name, value in sent.headers.items()} == {
        "content-type": "application/json",
        "accept": "application/json",
        "authorization": "Bearer own",
        "x-a": "1",
        "x-b": "2",
    }
    assert len(sent.headers) == 5


@each(
    ("path", "query", "url"),
    cases("""
        /m |  | /m
        /m | v=1 | /m?v=1
        /m?alt=sse | v=1 | /m?alt=sse&v=1
        /m?alt=sse |  | /m?alt=sse
    """),
)
def test_the_query_of_the_endpoint_joins_that_of_the_path(path: str, query: str, url: str) -> None:
    endpoint = HERE._replace(query=query)

    assert base.get(endpoint, path, {}).url == HERE.base_url + url


def test_an_endpoint_never_shows_its_key() -> None:
    shown = repr(Endpoint("https://h", ("Authorization", "Bearer secret"), (("x-api-key", "secret"),)))

    assert "secret" not in shown


def test_json_nested_too_deep_is_malformed() -> None:
    with pytest.raises(MalformedAnswer):
        base.json_of(SseEvent("message", "[" * 200_000))


def test_present_keeps_zero_and_leaves_out_what_was_not_given() -> None:
    assert base.present(a=0, b=0.0, c=None, d=(), e=[], f=False) == {"a": 0, "b": 0.0, "f": False}


@each(
    ("value", "read"),
    [
        (3, 3),
        (0, 0),
        (3.0, 3),
        (2**53, 2**53),
        *((value, None) for value in (3.7, -1, 2**53 + 1, 2**64 - 1, 10**400, 1e300, float("nan"), True, "3", None)),
    ],
)
def test_a_number_of_tokens_is_one_that_can_be_true(value: object, read: int | None) -> None:
    assert base.integer(value) == read


@each(
    ("service", "options", "sentence"),
    [
        ("anthropic", {"seed": 0}, "Anthropic takes no seed; asked without"),
        ("anthropic", {"model": "claude-3-5-haiku-latest", "reasoning_effort": "low"}, "takes no reasoning effort"),
        ("anthropic", {"model": "claude-haiku-4-5", "reasoning_effort": "low", "max_tokens": 9}, "no reasoning effort"),
        (
            "anthropic",
            {"model": "claude-3-5-haiku-latest", "seed": 1, "reasoning_effort": "low"},
            "Anthropic takes no seed and no reasoning effort; asked without",
        ),
        ("gemini", {"model": "gemini-2.0-flash", "reasoning_effort": "low"}, "gemini-2.0-flash takes no reasoning"),
        ("perplexity", {"seed": 1}, "Perplexity takes no seed"),
        ("responses", {"seed": 1, "stop": ("END",)}, "OpenAI (Responses) takes no seed and no stop words; asked"),
        ("responses", {"model": "gpt-4o", "reasoning_effort": "low"}, "gpt-4o takes no reasoning effort"),
    ],
)
def test_a_choice_that_a_wire_format_has_no_field_for_is_told(
    service: str, options: dict[str, Any], sentence: str
) -> None:
    assert sentence in (provider(service).left_out(Options(**{"model": "m", **options})) or "")


@each("service", ["openai", "responses", "anthropic", "gemini", "mistral"])
def test_nothing_is_told_where_every_choice_is_sent(service: str) -> None:
    seed = None if service in ("anthropic", "responses") else 1
    options = Options("m", temperature=0.5, seed=seed, reasoning_effort="low", show_reasoning=True)

    assert provider(service).left_out(options) is None


def test_an_image_without_a_question_has_no_empty_text_beside_it() -> None:
    alone = Conversation().asking("", (PICTURE,))
    assert [part["type"] for part in payload("openai", alone)["messages"][0]["content"]] == ["image_url"]
    assert [part["type"] for part in payload("responses", alone)["input"][0]["content"]] == ["input_image"]
    assert [part["type"] for part in payload("anthropic", alone)["messages"][0]["content"]] == ["image"]
    assert [list(part) for part in payload("gemini", alone)["contents"][0]["parts"]] == [["inlineData"]]
