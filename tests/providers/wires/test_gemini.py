"""generateContent: what is sent, and the parts of answers that no recording shows."""

from __future__ import annotations

from typing import Any

import pytest

from chatbot.core.errors import QuotaExhausted
from chatbot.core.events import FinishReason, TextDelta, Usage, Verdict
from chatbot.core.options import Endpoint
from chatbot.core.sse.decoder import SseEvent
from tests.providers.asking import TALK, URL, payload, provider, request
from tests.tables import each

GEMINI = provider("gemini")


def test_nothing_is_sent_that_was_not_asked_for() -> None:
    assert payload("gemini") == {"contents": [{"role": "user", "parts": [{"text": "Why?"}]}]}


def test_a_conversation_is_sent_with_the_model_as_a_role_and_images_first() -> None:
    asked = payload("gemini", TALK)

    assert asked["systemInstruction"] == {"parts": [{"text": "Be brief."}]}
    assert asked["contents"] == [
        {"role": "user", "parts": [{"text": "One?"}]},
        {"role": "model", "parts": [{"text": "Two."}]},
        {
            "role": "user",
            "parts": [{"inlineData": {"mimeType": "image/png", "data": "iVBORw=="}}, {"text": "What is this?"}],
        },
    ]


def test_every_choice_has_its_field_in_camel_case() -> None:
    asked = payload("gemini", temperature=0.0, top_p=0.5, stop=("END",), seed=0, reasoning_effort="low", max_tokens=9)

    assert asked["generationConfig"] == {
        "maxOutputTokens": 9,
        "temperature": 0.0,
        "topP": 0.5,
        "stopSequences": ["END"],
        "seed": 0,
        "thinkingConfig": {"thinkingLevel": "low"},
    }


@each(
    ("model", "options", "thinking"),
    [
        ("gemini-3.5-flash-lite", {"show_reasoning": True}, {"includeThoughts": True}),
        (
            "gemini-3.5-flash-lite",
            {"show_reasoning": True, "reasoning_effort": "high"},
            {"includeThoughts": True, "thinkingLevel": "high"},
        ),
        ("gemini-2.5-flash", {"show_reasoning": True}, {"includeThoughts": True}),
        ("gemini-2.5-flash", {"reasoning_effort": "low"}, {"thinkingBudget": 1024}),
        ("gemini-2.5-flash", {"reasoning_effort": "none"}, {"thinkingBudget": 0}),
        ("models/gemini-2.5-pro", {"reasoning_effort": "high"}, {"thinkingBudget": 24_576}),
    ],
)
def test_a_model_is_asked_to_reason_in_the_way_it_knows(
    model: str, options: dict[str, Any], thinking: dict[str, Any]
) -> None:
    assert payload("gemini", model=model, **options)["generationConfig"] == {"thinkingConfig": thinking}


def test_a_model_that_does_not_reason_is_not_asked_to() -> None:
    asked = payload("gemini", model="gemini-2.0-flash", show_reasoning=True, reasoning_effort="low")

    assert "generationConfig" not in asked


def test_raw_fields_go_into_the_generation_config() -> None:
    asked = payload("gemini", max_tokens=9, extra={"generationConfig": {"topK": 3}})

    assert asked["generationConfig"] == {"maxOutputTokens": 9, "topK": 3}


@each(
    ("model", "stream", "path"),
    [
        ("gemini-x", True, "/models/gemini-x:streamGenerateContent?alt=sse"),
        ("gemini-x", False, "/models/gemini-x:generateContent"),
        ("models/gemini-x", False, "/models/gemini-x:generateContent"),
        ("tunedModels/mine", False, "/tunedModels/mine:generateContent"),
        ("odd name?x:y", False, "/models/odd%20name%3Fx%3Ay:generateContent"),
    ],
)
def test_the_model_is_in_the_path(model: str, stream: bool, path: str) -> None:
    assert request("gemini", model=model, stream=stream).url == URL + path


def test_the_key_is_in_a_header_and_never_in_the_url() -> None:
    endpoint = Endpoint(URL, ("x-goog-api-key", "secret"))

    for sent in (request("gemini", endpoint), provider("gemini", endpoint).models_request()):
        assert sent.headers["x-goog-api-key"] == "secret"
        assert "secret" not in sent.url
        assert "key=" not in sent.url


def test_only_models_that_answer_are_listed() -> None:
    document = {
        "models": [
            {"name": "models/a", "supportedGenerationMethods": ["generateContent", "countTokens"]},
            {"name": "models/embedding", "supportedGenerationMethods": ["embedContent"]},
            {"name": "models/unsaid"},
            {"name": "models/odd", "supportedGenerationMethods": 5},
            None,
        ]
    }

    assert GEMINI.models_request().url == URL + "/models?pageSize=1000"
    assert [model.name for model in GEMINI.read_models(document).models] == ["a", "unsaid", "odd"]
    assert GEMINI.read_models({"models": None}).models == ()


@each("reason", ["SAFETY", "BLOCKLIST", "PROHIBITED_CONTENT", "OTHER"])
def test_a_blocked_prompt_is_filtered(reason: str) -> None:
    answer = {"candidates": [], "promptFeedback": {"blockReason": reason}}

    assert list(GEMINI.read_answer(answer)) == [FinishReason(f"prompt blocked: {reason}", Verdict.FILTERED)]


@each(
    ("usage", "read"),
    [
        ({"promptTokenCount": 4, "candidatesTokenCount": 2}, Usage(4, 2)),
        ({"promptTokenCount": 4, "candidatesTokenCount": 2, "thoughtsTokenCount": 3}, Usage(4, 5, 3)),
        ({"promptTokenCount": 4, "thoughtsTokenCount": 3, "cachedContentTokenCount": 1}, Usage(4, 3, 3, 1)),
        ({"promptTokenCount": 4}, Usage(4)),
    ],
)
def test_thoughts_are_output_as_they_are_billed(usage: dict[str, Any], read: Usage) -> None:
    assert list(GEMINI.read_answer({"usageMetadata": usage})) == [read]


def test_only_the_first_of_several_candidates_is_read() -> None:
    first = {"index": 0, "content": {"parts": [{"text": "A"}]}}
    second = {"index": 1, "content": {"parts": [{"text": "B"}]}}

    assert list(GEMINI.read_answer({"candidates": [second, first]})) == [TextDelta("A")]
    assert list(GEMINI.read_answer({"candidates": [second]})) == []


@each("data", ["", "null", "7", "[]", "[null]", "{}", '{"candidates":[]}', '{"candidates":[null]}'])
def test_an_event_that_says_nothing_is_passed_over(data: str) -> None:
    assert list(GEMINI.read_event(SseEvent("message", data))) == []


def test_an_error_inside_an_array_is_an_error() -> None:
    document = [{"error": {"code": 402, "message": "Pay first.", "status": "FAILED_PRECONDITION"}}]

    with pytest.raises(QuotaExhausted) as caught:
        GEMINI.read_answer(document)
    assert caught.value.said == "Pay first."
