"""Responses that are given again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from chatbot import Caching, CachingHTTPClient
from chatbot.lab.server.http import LabServer
from chatbot.library.memory import MemoryAnswers
from tests.conftest import FakeTime
from tests.library.wire import ANSWER, Reply, Wire, session_of
from tests.tables import each
from tests.wires import WIRES

URL = "http://127.0.0.1:9/v1/chat/completions"
ASKED = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
SSE = {"Content-Type": "text/event-stream"}
WHOLE = b'data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
CUT = b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'


@pytest.fixture(params=["memory", "folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    return tmp_path / "cache" if request.param == "folder" else None


class Asking:
    def __init__(self, store: Path | None, *replies: Reply) -> None:
        self.time, self.wire = FakeTime(), Wire(*replies)
        self.caching = Caching(self.wire, ttl_s=300, store=store, now=self.time.clock)
        self.session = session_of(self.caching)

    def __call__(self, url: str = URL, headers: dict[str, str] | None = None, **fields: Any) -> requests.Response:
        return self.session.post(url, json={**ASKED, **fields}, headers=headers)


def is_hit(response: requests.Response) -> bool:
    return "hit" in response.headers.get("Cache-Status", "")


def test_a_response_is_given_again_as_it_was_and_says_how_old_it_is(store: Path | None) -> None:
    ask = Asking(store)
    first = ask()
    ask.time.sleep(60)
    second = ask()
    assert (is_hit(first), is_hit(second), len(ask.wire.requests)) == (False, True, 1)
    assert second.content == first.content == ANSWER and second.json() == first.json()
    assert (second.status_code, second.headers["Content-Type"]) == (200, "application/json")
    assert (second.headers["Age"], second.headers["Cache-Status"]) == ("60", "chatbot; hit; ttl=240")
    ask.time.sleep(240)
    assert not is_hit(ask())
    stats = {"hits": 1, "misses": 2, "hit_rate": pytest.approx(1 / 3), "cache_size": 1, "ttl_seconds": 300}
    assert ask.caching.stats() == stats


def test_a_stream_is_given_again_as_a_stream_and_is_not_a_whole_answer(store: Path | None) -> None:
    ask = Asking(store, Reply(body=WHOLE, headers=SSE), Reply())
    for hits in (False, True):
        response = ask.session.post(URL, json={**ASKED, "stream": True}, stream=True)
        assert b"".join(response.iter_content(7)) == WHOLE and is_hit(response) is hits
    whole = ask()
    assert not is_hit(whole) and whole.content == ANSWER


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=CUT, headers=SSE),
        Reply(body=WHOLE.replace(b'"stop"', b'"length"'), headers=SSE),
        Reply(body=b'{"error":{"message":"boom"}}'),
        Reply(body=b'{"choices":[{"message":{"content":"Hi"},"finish_reason":"content_filter"}]}'),
        Reply(body=ANSWER[:-9]),
        Reply(body=b"\xff\xfe"),
        Reply(500),
        Reply(201),
    ],
)
def test_what_is_not_a_complete_answer_is_not_kept(store: Path | None, reply: Reply) -> None:
    ask = Asking(store, reply)
    assert [is_hit(ask()) for _ in range(2)] == [False, False]
    assert ask.caching.stats()["cache_size"] == 0 and ask.caching.stats()["misses"] == 2


def test_a_reader_that_leaves_early_leaves_nothing_behind() -> None:
    ask = Asking(None, Reply(body=WHOLE, headers=SSE))
    response = ask.session.post(URL, json=ASKED, stream=True)
    next(response.iter_content(5))
    response.close()
    assert ask.caching.stats()["cache_size"] == 0


def test_another_base_url_and_another_field_are_other_questions(store: Path | None) -> None:
    """A cache key without the base URL gives one server's answers for those of another."""
    ask = Asking(store)
    ask()
    assert not is_hit(ask("http://127.0.0.1:10/v1/chat/completions"))
    assert not is_hit(ask(temperature=0.5)) and not is_hit(ask(model="n"))
    assert not is_hit(ask(headers={"Cache-Control": "no-store"}))
    assert is_hit(ask(headers={"Authorization": "Bearer another"}, user="me"))
    assert len(ask.wire.requests) == 5


def test_only_a_post_is_kept_and_of_other_services_what_is_json(store: Path | None) -> None:
    ask = Asking(store, Reply(body=b'{"data":[]}'))
    for _ in range(2):
        assert not is_hit(ask.session.get("http://127.0.0.1:9/v1/models"))
    ask("http://127.0.0.1:9/v1/embeddings")
    assert is_hit(ask("http://127.0.0.1:9/v1/embeddings"))
    ask.wire.replies = [Reply(body=b"<html>", headers={"Content-Type": "text/html"})]
    assert [is_hit(ask("http://127.0.0.1:9/other")) for _ in range(2)] == [False, False]


@each("wire", WIRES)
def test_every_wire_format_tells_a_whole_answer_from_a_cut_one(server: LabServer, wire: str) -> None:
    body: dict[str, Any] = {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 9, "stream": True}
    body["input"] = body["messages"]
    paths = {"openai": "/v1/chat/completions", "responses": "/v1/responses", "anthropic": "/v1/messages"}
    path = paths.get(wire, "")
    session = session_of(Caching())
    for model, hits in (("echo", True), ("cut", False)):
        if wire == "gemini":
            path = f"/v1beta/models/{model}:streamGenerateContent?alt=sse"
            body = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
        else:
            body["model"] = model
        found = []
        for _ in range(2):
            headers = {"Authorization": "Bearer k", "x-api-key": "k", "x-goog-api-key": "k"}
            with session.post(server.url + path, json=body, headers=headers, stream=True) as response:
                try:
                    assert b"data: " in response.content
                except requests.RequestException:
                    assert model == "cut"
                found.append(is_hit(response))
        assert found == [False, hits]


def test_a_store_in_a_folder_serves_other_programs(tmp_path: Path) -> None:
    Asking(tmp_path)()
    assert is_hit(Asking(tmp_path)())


def test_memory_holds_so_many_and_forgets_what_was_not_used_for_longest() -> None:
    time = FakeTime()
    ask = Asking(None)
    ask.caching._store = MemoryAnswers(time.clock, most_entries=2)
    for model in ("a", "b", "a", "c"):
        ask(model=model)
    assert [is_hit(ask(model=model)) for model in ("a", "c", "b")] == [True, True, False]
    assert ask.caching.stats()["cache_size"] == 2


def test_the_client_forgets_exactly_what_it_is_told_to(server: LabServer, store: Path | None) -> None:
    """Others forget the fields and so miss the entry, or clear everything."""
    messages = [{"role": "user", "content": "hi"}]
    with CachingHTTPClient(store=store) as client:
        for temperature in (0.1, 0.2):
            client.complete(messages, "echo", temperature=temperature)
        assert not client.invalidate_cache(messages, "echo")
        assert not client.invalidate_cache(messages, "echo", temperature=0.3)
        assert client.get_cache_stats()["cache_size"] == 2
        assert client.invalidate_cache(messages, "echo", temperature=0.1)
        assert client.get_cache_stats()["cache_size"] == 1
        first = client.complete(messages, "echo", temperature=0.2)
        assert client.get_cache_stats()["hits"] == 1
        assert client.complete(messages, "echo", use_cache=False, temperature=0.2)["choices"] == first["choices"]
        assert len(server.requests) == 3 and client.get_cache_stats()["misses"] == 2
        list(client.stream(messages, "echo"))
        assert json.dumps(list(client.stream(messages, "echo"))).count("hi") and len(server.requests) == 4
        assert client.invalidate_cache(messages, "echo")
