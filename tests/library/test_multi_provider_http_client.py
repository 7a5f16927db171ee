"""One client, four wire formats, and nothing that is said gets lost in any."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from chatbot import MultiProviderHTTPClient
from chatbot.core import errors
from chatbot.core.events import Finished, TextDelta, Verdict
from chatbot.lab.server.http import LabServer
from tests.tables import each

MESSAGES = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "hello"},
    {"role": "assistant", "content": "Hi."},
    {"role": "user", "content": "again"},
]
OPTIONS = {"temperature": 0.25, "top_p": 0.5, "max_tokens": 77, "stop": ["END"], "top_k": 7}
PROVIDERS = ["openai", "openrouter", "anthropic", "gemini"]  # OpenRouter is asked in Responses


def client() -> MultiProviderHTTPClient:
    return MultiProviderHTTPClient({name: f"key-of-{name}" for name in PROVIDERS}, apis={"openrouter": "responses"})


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_answer_and_a_stream_of_each_provider(server: LabServer, provider: str) -> None:
    with client() as asked:
        answer = asked.complete(provider, MESSAGES, "echo")
        *events, finished = asked.stream(provider, MESSAGES, "echo")
    assert (answer.text, answer.verdict) == ("again", Verdict.COMPLETE) and answer.usage is not None
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "again"
    assert isinstance(finished, Finished) and finished.verdict is Verdict.COMPLETE
    headers = server.requests[0].headers
    assert (
        f"key-of-{provider}"
        in f"{headers.get('authorization')}{headers.get('x-api-key')}{headers.get('x-goog-api-key')}"
    )


EXPECTED: dict[str, dict[str, Any]] = {
    "openai": {"temperature": 0.25, "top_p": 0.5, "stop": ["END"], "top_k": 7},
    "anthropic": {"temperature": 0.25, "top_p": 0.5, "max_tokens": 77, "stop_sequences": ["END"], "top_k": 7},
}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_neither_the_system_message_nor_any_option_is_dropped(server: LabServer, provider: str) -> None:
    """Others' Gemini branch drops the system message and all options, their Anthropic branch all but the limit."""
    with client() as asked:
        asked.complete(provider, MESSAGES, "echo", **OPTIONS)
    body = server.requests[0].json
    if provider == "gemini":
        assert body["systemInstruction"] == {"parts": [{"text": "Be brief."}]}
        expected = {"temperature": 0.25, "topP": 0.5, "maxOutputTokens": 77, "stopSequences": ["END"]}
        assert body["generationConfig"] == expected and body["top_k"] == 7
        assert [content["role"] for content in body["contents"]] == ["user", "model", "user"]
        return
    if provider == "openrouter":
        assert body["instructions"] == "Be brief." and [item["role"] for item in body["input"]] == [
            *("user", "assistant", "user")
        ]
        assert expected_in({"temperature": 0.25, "top_p": 0.5, "max_output_tokens": 77, "top_k": 7}, body)
        assert body["store"] is False and "stop" not in body
        return
    assert expected_in(EXPECTED[provider], body)
    if provider == "anthropic":
        assert body["system"] == "Be brief." and body["messages"] == MESSAGES[1:]
    else:
        assert body["messages"] == MESSAGES and 77 in (body.get("max_tokens"), body.get("max_completion_tokens"))


def expected_in(expected: dict[str, Any], body: dict[str, Any]) -> bool:
    return {name: body.get(name) for name in expected} == expected


@each("provider", PROVIDERS)
def test_an_image_is_sent_in_each_wire_format(server: LabServer, provider: str) -> None:
    data = base64.b64encode(b"a cat").decode()
    parts = [
        {"type": "text", "text": "what is it"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}},
    ]
    with client() as asked:
        asked.complete(provider, [{"role": "user", "content": parts}], "echo")
    body = server.requests[-1].body.decode()
    assert data in body and "image/png" in body


@each(
    "message",
    [
        {"role": "tool", "content": "x"},
        {"role": "user"},
        {"role": "user", "content": [{"type": "input_audio"}]},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}]},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,no!"}}]},
    ],
)
def test_what_cannot_be_sent_everywhere_is_refused_and_not_dropped(message: dict[str, Any]) -> None:
    with pytest.raises(errors.UsageError):
        client().complete("openai", [message], "m")


def test_errors_are_typed_and_an_unknown_provider_is_one(server: LabServer) -> None:
    with client() as asked, pytest.raises(errors.KeyRejected):
        asked.complete("anthropic", MESSAGES, "wrong-key")
    with client() as asked, pytest.raises(errors.UsageError):
        asked.complete("nobody", MESSAGES, "m")
    with client() as asked:
        cut = asked.complete("openai", MESSAGES, "cut")
        assert cut.verdict is Verdict.CUT and cut.text and isinstance(cut.error, errors.ConnectionLost)
