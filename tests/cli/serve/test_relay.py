"""The relay in front of the lab: what an app gets, whatever the provider speaks."""

from __future__ import annotations

import base64
import http.client
import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.cli.passing.upstreams import Upstreams
from chatbot.cli.serve.access import Access
from chatbot.cli.serve.relay import Relay
from chatbot.cli.serve.targets import Targets
from chatbot.cli.serve.view import View
from chatbot.core.redaction.redactor import Redactor
from chatbot.lab.server.http import LabServer
from chatbot.lab.server.listener import HttpServer
from chatbot.options.chat import Connection
from chatbot.outside.http.transport import LiveTransport
from chatbot.terminal.notices import Notices
from tests.outside.wire import Wire, wire
from tests.tables import each

APP_KEY, KEY = "sk-app-0123456789abcdef", "sk-provider-0123456789abcdef"
HELLO = [{"role": "user", "content": "hello there"}]
PROVIDERS = ("openai", "anthropic", "gemini")
PNG = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 40).decode()


class Relayed:
    """A relay, and the lab behind it; `written` is what the person saw."""

    def __init__(self, url: str, lab: LabServer, written: list[str]) -> None:
        self.url = url
        self.lab = lab
        self.written = written

    def ask(self, model: str | None, *, headers: dict[str, str] | None = None, **body: Any) -> requests.Response:
        named = {} if model is None else {"model": model}
        sent = {"Authorization": f"Bearer {APP_KEY}", **(headers or {})}
        url = f"{self.url}/v1/chat/completions"
        return requests.post(url, json={**named, "messages": HELLO, **body}, headers=sent, timeout=10)


def variables(url: str) -> dict[str, str]:
    paths = {"OPENAI": "/v1", "ANTHROPIC": "", "GEMINI": "/v1beta"}
    keys = {f"{name}_API_KEY": KEY for name in paths}
    return keys | {f"{name}_BASE_URL": url + path for name, path in paths.items()}


@contextmanager
def relaying(
    url: str,
    home: Path,
    *,
    access: Access = Access(),  # noqa: B008
    level: int = 0,
    api: Any = None,
) -> Iterator[tuple[str, list[str]]]:
    written: list[str] = []
    notices = Notices(written.append, Redactor(), colour=False)
    with pytest.MonkeyPatch.context() as patch, ExitStack() as open_things:
        for name, value in {**variables(url), "HOME": str(home)}.items():
            patch.setenv(name, value)
        patch.chdir(home)
        upstreams = Upstreams(lambda: LiveTransport(os.environ), lambda provider, traffic: None)
        open_things.callback(upstreams.close)
        targets = Targets("openai/echo", Connection(api=api), notices, open_things, upstreams.alone)
        view = View(notices, level)
        with HttpServer("127.0.0.1", 0, Relay(targets, upstreams, access, view).handler) as server:
            view.url = server.url
            yield server.url, written


@pytest.fixture(scope="module")
def relayed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relayed]:
    home = tmp_path_factory.mktemp("home")
    with LabServer(pace_s=0.01, hang_s=20) as lab, relaying(lab.url, home) as (url, written):
        yield Relayed(url, lab, written)


def text_of(response: requests.Response) -> str:
    choices = [json.loads(line[6:])["choices"] for line in response.text.splitlines() if line.startswith("data: {")]
    return "".join(choice[0]["delta"].get("content") or "" for choice in choices if choice)


@each("provider", PROVIDERS)
def test_an_answer_comes_whole_and_streamed(relayed: Relayed, provider: str) -> None:
    whole = relayed.ask(f"{provider}/echo").json()
    assert whole["object"] == "chat.completion"
    [choice] = whole["choices"]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("hello there", "stop")
    assert whole["usage"]["total_tokens"] == 4
    streamed = relayed.ask(f"{provider}/echo", stream=True, stream_options={"include_usage": True})
    assert streamed.headers["Content-Type"].startswith("text/event-stream")
    assert text_of(streamed) == "hello there"
    *_, usage, end = [line for line in streamed.text.splitlines() if line]
    assert (json.loads(usage[6:])["usage"]["total_tokens"], end) == (4, "data: [DONE]")


def test_documents_go_where_they_are_taken(relayed: Relayed) -> None:
    document = {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0xLjQK"}}
    recording = {"type": "input_audio", "input_audio": {"data": "UklGRiQAAABXQVZF", "format": "wav"}}

    def asked(provider: str, part: dict[str, Any]) -> Any:
        answer = relayed.ask(f"{provider}/echo", messages=[{"role": "user", "content": [part]}]).json()
        return answer["choices"][0]["message"]["content"].strip() if "choices" in answer else answer["error"]["message"]

    for provider in PROVIDERS:
        assert asked(provider, document).startswith("[document: application/pdf, 9 bytes")
    assert asked("gemini", recording).startswith("[audio: audio/wav, 12 bytes")
    said = asked("anthropic", recording)
    assert said.startswith("a recording cannot be passed on: ") and said.endswith(" takes no such recordings here")


@each("provider", PROVIDERS)
def test_system_images_and_reasoning_pass(relayed: Relayed, provider: str) -> None:
    question = [{"type": "text", "text": "what is it?"}, {"type": "image_url", "image_url": {"url": PNG}}]
    messages = [{"role": "developer", "content": "be kind"}, {"role": "user", "content": question}]
    whole = relayed.ask(f"{provider}/echo", messages=messages).json()
    assert whole["choices"][0]["message"]["content"] == "what is it?\n[image: image/png, 48 bytes]"
    assert "be kind" in relayed.lab.requests[-1].body.decode()
    message = relayed.ask(f"{provider}/reasoning").json()["choices"][0]["message"]
    assert message["content"]
    assert message["reasoning_content"]


def test_the_model_may_be_left_to_the_relay(relayed: Relayed) -> None:
    for model in (None, "", "chat"):
        assert relayed.ask(model).json()["choices"][0]["message"]["content"] == "hello there"
        assert relayed.lab.requests[-1].json["model"] == "echo"


def test_the_body_of_a_request_passes_untouched_where_nothing_is_to_be_changed(relayed: Relayed) -> None:
    body = (
        b'{ "model":"openai/echo",\n "temperature": 0.70, "messages": [{"role":"user","content":"\\u00e9 \\ud83d"}] }'
    )
    requests.post(f"{relayed.url}/v1/chat/completions", data=body, timeout=5)
    assert relayed.lab.requests[-1].json == {**json.loads(body), "model": "echo"}
    own = body.replace(b"openai/echo", b"gpt-echo")
    requests.post(f"{relayed.url}/v1/chat/completions", data=own, timeout=5)
    assert relayed.lab.requests[-1].body == own


@given(pieces=st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=6))
@settings(max_examples=30)
def test_the_bytes_of_a_stream_pass_as_they_come(relayed: Relayed, pieces: list[bytes]) -> None:
    pieces = [b"data: 1\n\n", *pieces]  # and whatever follows
    relayed.lab.will_answer(body=pieces, headers={"Content-Type": "text/event-stream"})
    response = relayed.ask("openai/echo", stream=True)
    assert response.content == b"".join(pieces)


def test_each_piece_is_passed_when_it_comes(relayed: Relayed) -> None:
    for provider in PROVIDERS:
        response = requests.post(
            f"{relayed.url}/v1/chat/completions",
            json={"model": f"{provider}/hang-in-stream", "messages": HELLO, "stream": True},
            stream=True,
            timeout=5,
        )
        assert next(response.iter_lines()).startswith(b"data: {")
        response.close()


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_a_client_that_goes_away_ends_the_exchange_with_the_provider(provider: str, tmp_path: Path) -> None:
    heard = threading.Event()

    def hang(server: Wire, sock: socket.socket) -> None:
        server.hear(sock)
        heard.set()
        server.hang(sock)

    with wire(hang) as server, relaying(server.url.removesuffix("/v1"), tmp_path) as (url, _):
        client = http.client.HTTPConnection(url.removeprefix("http://"))
        client.request("POST", "/v1/chat/completions", json.dumps({"model": f"{provider}/m", "messages": HELLO}))
        assert heard.wait(5)
        assert not server.ended.is_set()
        client.close()
        assert server.ended.wait(5)


@each("stream", [False, True])
@each(
    ("model", "status", "code"),
    [
        ("wrong-key", {"gemini": 400, "": 401}, "invalid_api_key"),
        ("no-permission", {"": 403}, None),
        ("unknown-model", {"": 404}, "model_not_found"),
        ("context-too-long", {"": 400}, "context_length_exceeded"),
        ("nonsense", {"": 404}, "model_not_found"),
    ],
)
def test_an_error_is_one_of_openai_with_the_status_of_the_provider(
    relayed: Relayed, stream: bool, model: str, status: dict[str, int], code: str | None
) -> None:
    for provider in PROVIDERS:
        response = relayed.ask(f"{provider}/{model}", stream=stream)
        assert (provider, response.status_code) == (provider, status.get(provider, status[""]))
        assert response.headers["Content-Type"] == "application/json"
        error = response.json()["error"]
        assert (provider, error["code"]) == (provider, code)
        assert error["message"]


@each("provider", PROVIDERS)
def test_when_to_come_back_and_the_name_of_the_request_pass(relayed: Relayed, provider: str) -> None:
    body = {"openai": b'{"error": {"message": "slow", "type": "requests", "code": "rate_limit_exceeded"}}'}
    relayed.lab.will_answer(
        status=429,
        body=body.get(provider, b'{"error": {"message": "slow", "type": "rate_limit_error"}}'),
        headers={
            "Retry-After": "7",
            "x-ratelimit-remaining-requests": "0",
            "x-request-id": KEY,
            "x-other": "hidden",
            "Set-Cookie": "a=b",
        },
    )
    response = relayed.ask(f"{provider}/echo", stream=True)
    assert (response.status_code, response.headers["Retry-After"]) == (429, "7")
    assert response.headers["x-ratelimit-remaining-requests"] == "0"
    assert response.headers["x-request-id"] == "[key]"
    assert not {"x-other", "set-cookie"} & {name.lower() for name in response.headers}
    assert (
        relayed.ask(f"{provider}/echo")
        .headers.get("x-request-id", "")
        .startswith("" if provider == "gemini" else "req_lab_")
    )


@each(
    ("status", "body", "expected"),
    [
        (500, b"<html><title>Bad gateway</title></html>", 500),
        (422, b'{"detail": "no such field"}', 422),
        (307, b"", 502),
        (200, b'data: {"error": {"message": "busy", "code": 503}}\n\n', 503),
        (200, b'{"error": {"message": "broken", "type": "server_error"}}', 502),
    ],
)
def test_an_error_in_any_shape_becomes_one_of_openai(relayed: Relayed, status: int, body: bytes, expected: int) -> None:
    kind = "text/event-stream" if body.startswith(b"data") else "text/html"
    relayed.lab.will_answer(status=status, body=body, headers={"Content-Type": kind, "Location": "http://127.0.0.1:9"})
    response = relayed.ask("openai/echo", stream=body.startswith(b"data"))
    assert (response.status_code, response.headers["Content-Type"]) == (expected, "application/json")
    assert response.json()["error"]["message"]


@each("provider", PROVIDERS)
def test_an_answer_that_breaks_off_is_no_whole_one(relayed: Relayed, provider: str) -> None:
    if provider == "openai":
        for stream in (False, True):
            with pytest.raises(requests.exceptions.ChunkedEncodingError):
                relayed.ask("openai/cut", stream=stream)
        return
    assert relayed.ask(f"{provider}/cut").status_code == 502
    streamed = relayed.ask(f"{provider}/cut", stream=True)
    assert "[DONE]" not in streamed.text
    assert '"error":{"message":"the connection to ' in streamed.text


def test_keys_stay_on_their_side(relayed: Relayed) -> None:
    for provider in PROVIDERS:
        response = relayed.ask(f"{provider}/key-echo", stream=True)
        received = relayed.lab.requests[-1]
        assert APP_KEY not in str(received)
        assert KEY in str(received.headers)
        assert KEY not in response.text + str(response.headers)
    leaked = json.dumps({"error": {"message": f"Incorrect API key provided: {KEY}"}}).encode()
    relayed.lab.will_answer(status=401, body=leaked)
    assert KEY not in relayed.ask("openai/echo").text
    assert KEY not in "".join(relayed.written)
    assert APP_KEY not in "".join(relayed.written)


def test_fields_without_a_place_are_named(relayed: Relayed) -> None:
    fields: dict[str, Any] = {"user": "me", "logit_bias": {"1": 2}, "n": 1, "seed": 3, "top_k": 4, "metadata": None}
    response = relayed.ask("anthropic/echo", **fields)
    assert response.headers["x-chat-ignored-fields"] == "user, logit_bias, top_k, seed"
    assert "x-chat-ignored-fields" not in relayed.ask("openai/echo", **fields).headers
    assert relayed.lab.requests[-1].json["top_k"] == 4


@pytest.mark.parametrize("name", ["x\r\nX-Evil: 1\r\n\r\nbody", "x" * 100_000])
def test_a_field_whose_name_is_no_name_cannot_break_the_head(relayed: Relayed, name: str) -> None:
    fields: dict[str, Any] = {name: 1}
    answer = relayed.ask("anthropic/echo", **fields)
    assert answer.json()["choices"][0]["message"]["content"] == "hello there"
    assert "X-Evil" not in answer.headers
    assert 0 < len(answer.headers["x-chat-ignored-fields"]) <= 4_000


def test_what_is_mended_is_told(relayed: Relayed) -> None:
    response = relayed.ask("anthropic/unsupported-parameter", temperature=0.5)
    assert response.status_code == 200
    assert "temperature" in response.headers["x-chat-notice"]


@each(
    ("body", "status", "said"),
    [
        (b"{", 400, "no JSON object"),
        (b"[]", 400, "no JSON object"),
        (b'{"model": 3}', 400, "model is the name of one"),
        (b'{"model": "anthropic/echo"}', 400, "messages is not a list"),
        (b'{"model": "nope/x", "messages": []}', 404, "does not exist"),
        (b'{"model": "groq/x", "messages": []}', 400, "GROQ_API_KEY"),
    ],
)
def test_a_request_that_makes_no_sense_is_told_why(relayed: Relayed, body: bytes, status: int, said: str) -> None:
    response = requests.post(f"{relayed.url}/v1/chat/completions", data=body, timeout=5)
    assert response.status_code == status
    assert said in response.json()["error"]["message"]


def test_models_are_those_that_can_be_asked(relayed: Relayed) -> None:
    listed = requests.get(f"{relayed.url}/v1/models", timeout=10).json()
    names = [row["id"] for row in listed["data"]]
    assert names[:2] == ["chat", "openai/echo"]
    assert {"openai/slow", "anthropic/slow", "gemini/slow"} <= set(names)
    one = requests.get(f"{relayed.url}/v1/models/anthropic/slow", timeout=10).json()
    assert one == {"id": "anthropic/slow", "object": "model", "created": 0, "owned_by": "anthropic"}
    missing = requests.get(f"{relayed.url}/v1/models/anthropic/nope", timeout=10)
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "model_not_found")


def test_any_other_path_says_what_there_is(relayed: Relayed) -> None:
    response = requests.post(f"{relayed.url}/v1/embeddings", json={}, timeout=5)
    assert response.status_code == 404
    assert "POST /v1/chat/completions" in response.json()["error"]["message"]


@each("host", ["evil.example", "evil.example:8787", "127.0.0.1.evil.example", "[::", ""])
def test_a_page_whose_name_points_here_is_refused(relayed: Relayed, host: str) -> None:
    response = relayed.ask("openai/echo", headers={"Host": host})
    assert response.status_code == 403
    # The line of an answer is written when it has been given, so that one from before may still come.
    assert f"#- POST  403  {response.json()['error']['message']}\n" in relayed.written
    assert relayed.ask("openai/echo", headers={"Host": "localhost:1"}).ok
    assert relayed.ask("openai/echo", headers={"Host": "[::1]:1"}).ok


def test_a_web_page_is_refused_unless_it_is_named(relayed: Relayed, tmp_path: Path) -> None:
    page = "http://localhost:3000"
    before = len(relayed.lab.requests)
    assert relayed.ask("openai/echo", headers={"Origin": page}).status_code == 403
    assert len(relayed.lab.requests) == before
    with relaying(relayed.lab.url, tmp_path, access=Access("t" * 20, (page,))) as (url, _):
        leave = requests.options(
            f"{url}/v1/chat/completions",
            headers={"Origin": page, "Access-Control-Request-Headers": "authorization,content-type"},
            timeout=5,
        )
        assert (leave.status_code, leave.content) == (204, b"")
        assert leave.headers["Access-Control-Allow-Origin"] == page
        assert leave.headers["Access-Control-Allow-Headers"] == "authorization,content-type"
        refused = requests.get(f"{url}/v1/models", headers={"Origin": page}, timeout=5)
        assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (401, page)
        headers = {"Origin": page, "Authorization": "Bearer " + "t" * 20}
        listed = requests.get(f"{url}/v1/models", headers=headers, timeout=10)
        assert (listed.status_code, listed.headers["Access-Control-Allow-Origin"]) == (200, page)
        other = requests.get(f"{url}/v1/models", headers=headers | {"Origin": "http://other"}, timeout=5)
        assert other.status_code == 403
        assert "Access-Control-Allow-Origin" not in other.headers


@each(
    ("sent", "status"),
    [("Bearer ttttttttttttttttttté", 401), ("", 401), ("Basic tttttttttttttttttttt", 401), ("bearer " + "t" * 20, 200)],
)
def test_the_token_is_wanted_where_there_is_one(relayed: Relayed, tmp_path: Path, sent: str, status: int) -> None:
    before = len(relayed.lab.requests)
    with relaying(relayed.lab.url, tmp_path, access=Access("t" * 20)) as (url, _):
        headers = {"Authorization": sent.encode()} if sent else {}
        response = requests.post(
            f"{url}/v1/chat/completions", json={"model": "openai/echo", "messages": HELLO}, headers=headers, timeout=5
        )
    assert (response.status_code, len(relayed.lab.requests) - before) == (status, int(status == 200))


def test_the_person_sees_both_exchanges_side_by_side(tmp_path: Path) -> None:
    with LabServer() as lab, relaying(lab.url, tmp_path, level=2) as (url, written):
        Relayed(url, lab, written).ask("anthropic/echo", user="\x1b[31m", stream=True)
    shown = "".join(written)
    assert "the app: openai format" in shown
    assert "anthropic: anthropic format" in shown
    assert '"user": "\\u001b[31m"' in shown
    assert "\x1b" not in shown
    assert "x-api-key: (hidden)" in shown
    assert "authorization: Bearer (hidden)" in shown
    assert "< 200 OK" in shown
    assert shown.splitlines()[-1].startswith("#1 POST /v1/chat/completions  anthropic/echo  200  ")


def test_what_cannot_be_shown_or_asked_costs_no_answer(tmp_path: Path) -> None:
    with LabServer() as lab, relaying(lab.url, tmp_path, level=1) as (url, written):
        asked = Relayed(url, lab, written)
        deep = b'{"model": "chat", "messages": [{"role": "user", "content": "hi"}], "metadata": %s%s}'
        whole = requests.post(f"{url}/v1/chat/completions", deep % (b"[" * 900, b"]" * 900), timeout=10).json()
        assert whole["choices"][0]["message"]["content"] == "hi"
        for name in ("\ud800", "openai/\0", "lab/echo\nX: 1"):
            assert asked.ask(name).json()["error"]["message"] == "model is the name of one"
    assert "it cannot be shown: RecursionError" in "".join(written)


def test_signatures_go_back_with_the_results_though_the_client_does_not_keep_them(relayed: Relayed) -> None:
    call = {
        "functionCall": {"id": "c1", "name": "weather", "args": {"city": "Rome"}},
        "thoughtSignature": "c2lnbmF0dXJl",
    }
    said = {"candidates": [{"content": {"parts": [call]}, "finishReason": "STOP"}]}
    relayed.lab.will_answer(body=json.dumps(said).encode())
    tools = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]
    choice = relayed.ask("gemini/echo", tools=tools).json()["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    result = {"role": "tool", "tool_call_id": choice["message"]["tool_calls"][0]["id"], "content": "sunny"}
    relayed.ask("gemini/echo", tools=tools, messages=[*HELLO, choice["message"], result])
    sent = relayed.lab.requests[-1].json["contents"]
    assert sent[1] == {"role": "model", "parts": [call]}
    assert sent[2]["parts"][0]["functionResponse"]["response"] == {"output": "sunny"}
    other = [*HELLO, *HELLO, choice["message"], result]
    relayed.ask("gemini/echo", tools=tools, messages=other)
    assert "thoughtSignature" not in relayed.lab.requests[-1].body.decode()


@each("provider", PROVIDERS)
def test_calls_and_results_pass_on_every_wire(relayed: Relayed, provider: str) -> None:
    tools = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]
    function = {"name": "weather", "arguments": '{"city": "Rome"}'}
    asked = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c1", "type": "function", "function": function}],
    }
    result = {"role": "tool", "tool_call_id": "c1", "content": "sunny"}
    assert relayed.ask(f"{provider}/echo", tools=tools, messages=[*HELLO, asked, result]).status_code == 200
    body = relayed.lab.requests[-1].body.decode()
    assert all(word in body for word in ("weather", "Rome", "sunny"))


def test_responses_are_translated_too(tmp_path: Path) -> None:
    with LabServer() as lab, relaying(lab.url, tmp_path, api="responses") as (url, written):
        relayed = Relayed(url, lab, written)
        assert text_of(relayed.ask("openai/echo", stream=True)) == "hello there"
        assert lab.requests[-1].path == "/v1/responses"


def test_many_streams_at_once_are_whole(relayed: Relayed) -> None:
    answers: list[str] = []

    def ask(number: int) -> None:
        answers.append(text_of(relayed.ask(f"{PROVIDERS[number % 3]}/slow", stream=True)))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 30
    assert len(set(answers)) == 1
