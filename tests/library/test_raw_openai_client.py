"""JSON in, JSON out; and a stream that is cut is told from a whole one."""

from __future__ import annotations

from typing import Any

import pytest

from chatbot import Incomplete, RawOpenAIClient
from chatbot.core import errors
from chatbot.lab.server.http import LabServer
from tests.journeys.chat import KEY
from tests.library.wire import Reply, Wire
from tests.tables import each

MESSAGES = [{"role": "user", "content": "hello"}]
SSE = {"Content-Type": "text/event-stream"}


def streamed(body: bytes) -> list[dict[str, Any]]:
    client = RawOpenAIClient("k", "http://127.0.0.1:9/v1", adapter=Wire(Reply(body=body, headers=SSE)))
    return list(client.stream(MESSAGES, "m"))


def test_the_documents_are_those_of_the_server_and_nothing_is_folded(server: LabServer) -> None:
    with RawOpenAIClient() as client:
        document = client.complete(MESSAGES, "echo", temperature=0.5, logit_bias={"1": 2})
        chunks = list(client.stream(MESSAGES, "echo", stream_options={"include_usage": True}))
    assert document["object"] == "chat.completion" and document["choices"][0]["message"]["content"] == "hello"
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks if chunk["choices"]) == "hello"
    first, second = server.requests
    assert first.json == {"model": "echo", "messages": MESSAGES, "temperature": 0.5, "logit_bias": {"1": 2}}
    assert second.json["stream"] is True and second.json["stream_options"] == {"include_usage": True}
    assert first.headers["authorization"] == f"Bearer {KEY}"


def test_one_connection_is_used_for_all_of_them(server: LabServer) -> None:
    with RawOpenAIClient() as client:
        for _ in range(3):
            client.complete(MESSAGES, "echo")
        pools = client.adapter.inner.poolmanager.pools  # type: ignore[attr-defined]
        [pool] = [pools[key] for key in pools.keys()]  # noqa: SIM118
        assert (pool.num_connections, pool.num_requests) == (1, 3)


@each("data", [b"data:%s\n\n", b"data: %s\r\n\r\n", b": ping\n\nevent: x\ndata:  %s\n\n"])
def test_a_stream_is_read_as_the_standard_says_with_or_without_the_blank(data: bytes) -> None:
    """SSE by lines that needs `data: ` with the blank misses what other servers send."""
    document = b'{"choices":[{"delta":{"content":"Hi"}}]}'
    assert streamed(data % document + data % b"[DONE]") == [{"choices": [{"delta": {"content": "Hi"}}]}]


@each("body", [b"", b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n', b"data: {"])
def test_a_stream_that_ends_without_its_end_is_incomplete(body: bytes) -> None:
    with pytest.raises((Incomplete, errors.MalformedAnswer)):
        streamed(body)


def test_what_came_before_the_end_is_given_out(server: LabServer) -> None:
    with RawOpenAIClient() as client:
        chunks = []
        with pytest.raises(Exception) as raised:
            for chunk in client.stream(MESSAGES, "no-end-marker"):
                chunks.append(chunk)
        assert isinstance(raised.value, Incomplete) and chunks


def test_a_finish_reason_is_an_end_where_a_server_sends_no_marker() -> None:
    assert len(streamed(b'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\n')) == 1


@pytest.mark.parametrize(
    ("model", "error"),
    [
        ("wrong-key", errors.KeyRejected),
        ("unknown-model", errors.UnknownModel),
        ("quota", errors.QuotaExhausted),
        ("always-500", errors.ServerFault),
        ("error-200", errors.ChatError),
        ("html-200", errors.MalformedAnswer),
    ],
)
def test_an_error_of_the_server_is_typed(server: LabServer, model: str, error: type[errors.ChatError]) -> None:
    with RawOpenAIClient() as client, pytest.raises(error) as raised:
        client.complete(MESSAGES, model)
    assert KEY not in str(raised.value) and len(server.requests) == 1, "nothing is sent again"


def test_an_error_in_a_stream_is_raised(server: LabServer) -> None:
    with RawOpenAIClient() as client, pytest.raises(errors.ChatError):
        list(client.stream(MESSAGES, "error-in-stream"))
    with RawOpenAIClient() as client, pytest.raises(errors.RateLimited):
        server.will_answer(status=429, retry_after="1")
        list(client.stream(MESSAGES, "echo"))
