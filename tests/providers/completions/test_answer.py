"""Answers of a session, written in Chat Completions, and read again by our own wire."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.core import errors
from chatbot.core.errors import ChatError
from chatbot.core.events import Event, Finished, ReasoningDelta, TextDelta, ToolCallDelta, ToolCalled, Usage, Verdict
from chatbot.core.sse.decoder import parse
from chatbot.core.tools.calling import ToolCall
from chatbot.core.wires.chat_completions import Head
from chatbot.providers.completions.answer import CompletionWriter, written_error
from chatbot.providers.wires.lookup import speaker_of
from tests.tables import cases, each

HEAD = Head("chatcmpl-1", "claude", 7)
DONE = Finished(Verdict.COMPLETE, "end_turn", Usage(3, 5, 2, 1))


def streamed(events: Sequence[Event], *, wants_usage: bool = False) -> list[Any]:
    stream = b"".join(CompletionWriter(HEAD, wants_usage=wants_usage).stream(events))
    return [json.loads(event.data) if event.data != "[DONE]" else "[DONE]" for event in parse([stream])]


@given(st.lists(st.tuples(st.booleans(), st.text(min_size=1)), min_size=1))
def test_what_is_written_says_the_same_when_it_is_read_again(parts: list[tuple[bool, str]]) -> None:
    events: list[Event] = [ReasoningDelta(text) if is_reasoning else TextDelta(text) for is_reasoning, text in parts]
    stream = b"".join(CompletionWriter(HEAD, wants_usage=True).stream([*events, DONE]))
    said = [part for event in parse([stream]) for part in speaker_of("openai").read_event(event)]
    for kind in (TextDelta, ReasoningDelta):
        written = "".join(part.text for part in said if type(part) is kind)
        given = "".join(part.text for part in events if type(part) is kind)
        assert written == given.encode("utf-8", "replace").decode()
    assert Usage(3, 5, 2, 1) in said


def test_a_stream_begins_with_its_role_and_ends_with_a_reason_and_its_usage() -> None:
    first, last, usage, end = streamed([TextDelta("Hi"), DONE], wants_usage=True)
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": "Hi"}
    assert (last["choices"][0]["delta"], last["choices"][0]["finish_reason"]) == ({}, "stop")
    assert (first["usage"], usage["choices"], usage["usage"]["total_tokens"], end) == (None, [], 8, "[DONE]")
    assert {row["id"] for row in (first, last, usage)} == {"chatcmpl-1"}
    assert "usage" not in streamed([DONE])[0]


@each(
    ("verdict", "reason"),
    cases("""
        complete | stop
        empty | stop
        length | length
        filtered | content_filter
        refused | content_filter
    """),
)
def test_the_reason_is_one_of_openai(verdict: str, reason: str) -> None:
    end = Finished(Verdict(verdict))
    assert streamed([end])[0]["choices"][0]["finish_reason"] == reason
    whole = CompletionWriter(HEAD, wants_usage=False).whole([end])
    assert whole["choices"][0]["finish_reason"] == reason
    assert whole["choices"][0]["message"] == {"role": "assistant", "content": ""}


def test_calls_come_whole_each_with_its_id() -> None:
    calls = [ToolCall("a", "weather", '{"city":"Rome"}'), ToolCall("b", "time", "")]
    events: list[Event] = [ToolCallDelta(0, "weather", "{"), *map(ToolCalled, calls), DONE]
    *pieces, last, _ = streamed(events)
    told = [piece["choices"][0]["delta"]["tool_calls"][0] for piece in pieces]
    assert [(call["index"], call["id"], call["function"]["arguments"]) for call in told] == [
        (0, "a", '{"city":"Rome"}'),
        (1, "b", "{}"),
    ]
    assert last["choices"][0]["finish_reason"] == "tool_calls"
    message = CompletionWriter(HEAD, wants_usage=False).whole(events)["choices"][0]["message"]
    assert (message["content"], [call["id"] for call in message["tool_calls"]]) == (None, ["a", "b"])


def test_an_error_in_the_middle_is_an_event_and_no_end_follows() -> None:
    failed = Finished(Verdict.CUT, error=errors.ConnectionLost("it broke off"))
    *_, last = streamed([TextDelta("Hi"), failed])
    assert last["error"]["message"] == "it broke off"
    with pytest.raises(errors.ConnectionLost):
        CompletionWriter(HEAD, wants_usage=False).whole([TextDelta("Hi"), failed])


@each(
    ("failed", "status", "code"),
    [
        (errors.KeyRejected("no"), 401, "invalid_api_key"),
        (errors.KeyRejected("no", status=400), 400, "invalid_api_key"),
        (errors.QuotaExhausted("no"), 429, "insufficient_quota"),
        (errors.RateLimited("no"), 429, "rate_limit_exceeded"),
        (errors.Overloaded("no", status=529), 529, None),
        (errors.ServerFault("no", status=200), 502, None),
        (errors.ContextTooLong("no"), 400, "context_length_exceeded"),
        (errors.UnknownModel("no"), 404, "model_not_found"),
        (errors.NoKey("no"), 400, "no_provider_key"),
        (errors.TimedOut("no"), 504, None),
        (errors.CannotConnect("no"), 502, None),
        (errors.Redirected("no", status=307), 502, None),
        (errors.MalformedAnswer("no"), 502, None),
        (errors.UsageError("no"), 400, None),
        (errors.ProviderError("no"), 500, None),
    ],
)
def test_an_error_has_the_status_that_clients_understand(failed: ChatError, status: int, code: str | None) -> None:
    said = written_error(failed)
    assert (said.status, said.document["error"]["code"]) == (status, code)
    assert said.document["error"]["message"].startswith("no")


def test_when_to_come_back_is_said_in_whole_seconds() -> None:
    assert written_error(errors.RateLimited("no", retry_after_s=1.2)).headers == {"Retry-After": "2"}
    assert written_error(errors.RateLimited("no")).headers == {}
