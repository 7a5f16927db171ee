"""The lab's server: connections, bespoke answers, its own errors, and its end."""

from __future__ import annotations

import contextlib
import http.client
import json
import queue
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from chatbot.lab.scenarios import NAMES
from chatbot.lab.server.http import LabServer
from tests.tables import each

LONG_S = 60.0  # longer than any test may take
QUESTION = {"messages": [{"role": "user", "content": "hello"}], "stream": True}
ADDRESSES = {
    "openai": "/v1/chat/completions",
    "responses": "/v1/responses",
    "anthropic": "/v1/messages",
    "gemini": "/v1beta/models/echo:streamGenerateContent?alt=sse",
}


@pytest.fixture
def server() -> Iterator[LabServer]:
    with LabServer(hang_s=LONG_S, pace_s=LONG_S) as server:
        yield server


def ask(server: LabServer, model: str = "echo", path: str = "/v1/chat/completions", **more: Any) -> requests.Response:
    return requests.post(server.url + path, json={"model": model, **QUESTION, **more}, timeout=5)


def connect(server: LabServer) -> http.client.HTTPConnection:
    host, port = server.url.removeprefix("http://").split(":")
    return http.client.HTTPConnection(host, int(port), timeout=5)


def start(server: LabServer, model: str) -> http.client.HTTPConnection:
    """A connection with a question on its way."""
    connection = connect(server)
    connection.request("POST", "/v1/chat/completions", json.dumps({"model": model, **QUESTION}))
    return connection


def test_a_connection_serves_many_requests(server: LabServer) -> None:
    connection = connect(server)
    sockets = []
    for _ in range(3):
        connection.request("POST", "/v1/chat/completions", json.dumps({"model": "echo", **QUESTION}))
        connection.getresponse().read()
        sockets.append(connection.sock)
    connection.close()

    assert sockets[0] is not None
    assert len(set(sockets)) == 1


def test_words_arrive_while_the_answer_is_not_finished(server: LabServer) -> None:
    connection = start(server, "hang-in-stream")
    response = connection.getresponse()
    received = b""
    while b"sends" not in received:
        received += response.read1(65536)

    assert b'finish_reason":"' not in received
    connection.close()


def test_a_request_is_kept_as_it_came(server: LabServer) -> None:
    requests.post(f"{server.url}/v1/messages?beta=true", data=b"not JSON", headers={"X-Api-Key": "k"}, timeout=5)

    [received] = server.requests
    assert (received.method, received.path, received.body) == ("POST", "/v1/messages?beta=true", b"not JSON")
    assert received.headers["x-api-key"] == "k"
    assert received.json is None


def test_a_json_body_is_kept_parsed(server: LabServer) -> None:
    ask(server, temperature=0.5)

    assert server.requests[0].json == {"model": "echo", "temperature": 0.5, **QUESTION}


@each("path", ADDRESSES.values())
def test_a_bespoke_text_comes_in_the_dialect_of_the_request(server: LabServer, path: str) -> None:
    server.will_answer(text="Hi")

    assert '"Hi"' in ask(server, path=path, max_tokens=1, contents=[]).text


def test_bespoke_answers_come_in_order_and_before_scenarios(server: LabServer) -> None:
    server.will_answer(status=429, retry_after="7")
    server.will_answer(status=503)

    first, second, third = ask(server), ask(server), ask(server)

    assert (first.status_code, first.headers["Retry-After"]) == (429, "7")
    assert (second.status_code, third.status_code) == (503, 200)


def test_gemini_says_the_wait_in_the_body(server: LabServer) -> None:
    server.will_answer(status=429, retry_after="7")

    response = ask(server, path=ADDRESSES["gemini"])

    assert "Retry-After" not in response.headers
    assert response.json()["error"]["details"][0]["retryDelay"] == "7s"


def test_only_gemini_labels_an_error_as_the_stream_that_was_asked_for(server: LabServer) -> None:
    server.will_answer(status=503)
    server.will_answer(status=503)

    assert ask(server, path=ADDRESSES["gemini"]).headers["Content-Type"] == "text/event-stream"
    assert ask(server).headers["Content-Type"] == "application/json"


def test_raw_bytes_are_sent_as_they_are(server: LabServer) -> None:
    server.will_answer(status=418, headers={"X-Tea": "yes", "Content-Type": "text/plain"}, body=b"\xff\x00")

    response = ask(server)

    assert (response.status_code, response.content, response.headers["x-tea"]) == (418, b"\xff\x00", "yes")


def test_raw_pieces_are_chunks(server: LabServer) -> None:
    server.will_answer(body=[b"data: 1\n", b"\ndata: 2\n\n"])

    response = ask(server)

    assert response.headers["Transfer-Encoding"] == "chunked"
    assert response.content == b"data: 1\n\ndata: 2\n\n"


def test_a_raw_answer_may_promise_more_than_it_sends(server: LabServer) -> None:
    server.will_answer(headers={"Content-Length": "100"}, body=b"short", then="close")

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        ask(server)


def test_a_raw_answer_may_end_with_its_connection(server: LabServer) -> None:
    server.will_answer(headers={"Connection": "close"}, body=b"all there is")

    response = ask(server)

    assert response.content == b"all there is"
    assert not {"Content-Length", "Transfer-Encoding"} & set(response.headers)


@pytest.mark.parametrize(("then", "problem"), [("close", "prematurely"), ("reset", "reset by peer")])
def test_a_raw_answer_may_break_off(server: LabServer, then: Any, problem: str) -> None:
    server.will_answer(body=[b"data: 1\n\n"], then=then)

    with pytest.raises(requests.exceptions.ChunkedEncodingError, match=problem):
        ask(server)


def test_a_model_list_can_be_bespoke_without_touching_the_next_answer(server: LabServer) -> None:
    server.will_answer(status=401, method="GET")

    assert ask(server).status_code == 200
    assert requests.get(f"{server.url}/v1/models", timeout=5).status_code == 401


def test_an_answer_of_nothing_is_a_mistake_of_the_test(server: LabServer) -> None:
    with pytest.raises(ValueError, match="needs a text"):
        server.will_answer()


@each("name", ["lab/echo", "openai/lab/echo", "models/echo"])
def test_only_the_last_part_of_a_models_name_counts(server: LabServer, name: str) -> None:
    assert ask(server, name).status_code == 200


@each("path", ["/v1/messages", "/anthropic/v1/messages", "/messages"])
def test_a_path_may_have_any_prefix(server: LabServer, path: str) -> None:
    assert ask(server, path=path, max_tokens=1).status_code == 200


def test_an_unknown_name_is_an_unknown_model_in_every_dialect(server: LabServer) -> None:
    openai = ask(server, "nope")
    anthropic = ask(server, "nope", ADDRESSES["anthropic"], max_tokens=1)
    gemini = ask(server, path="/v1beta/models/nope:generateContent", contents=[])

    assert (openai.status_code, openai.json()["error"]["code"]) == (404, "model_not_found")
    assert (anthropic.status_code, anthropic.json()["error"]["message"]) == (404, "model: nope")
    assert (gemini.status_code, gemini.json()["error"]["status"]) == (404, "NOT_FOUND")


@each("body", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
@each("path", ADDRESSES.values())
def test_a_body_that_is_no_json_object_is_a_bad_request(server: LabServer, path: str, body: bytes) -> None:
    response = requests.post(server.url + path, data=body, timeout=5)

    assert response.status_code == 400
    assert response.json()["error"]["message"]


@each(
    ("path", "field"),
    [
        ("/v1/chat/completions", "messages"),
        ("/v1/responses", "input"),
        ("/v1/messages", "max_tokens"),
        (ADDRESSES["gemini"], "contents"),
    ],
)
def test_a_missing_field_is_named(server: LabServer, path: str, field: str) -> None:
    body = {name: value for name, value in {"model": "echo", **QUESTION, "contents": []}.items() if name != field}
    response = requests.post(server.url + path, json=body, timeout=5)

    assert response.status_code == 400
    assert field in response.json()["error"]["message"]


@each(
    ("path", "headers", "expected"),
    [
        ("/v1/nothing", {}, {"param": None}),
        ("/v1/nothing", {"anthropic-version": "2023-06-01"}, {"type": "not_found_error"}),
        ("/v1beta/nothing", {}, {"status": "NOT_FOUND"}),
    ],
)
def test_a_wrong_path_is_told_in_the_likeliest_dialect(
    server: LabServer, path: str, headers: dict[str, str], expected: dict[str, object]
) -> None:
    for method in ("GET", "POST"):
        response = requests.request(method, server.url + path, json={}, headers=headers, timeout=5)

        assert response.status_code == 404
        assert expected.items() <= response.json()["error"].items()


def models(server: LabServer, path: str, headers: dict[str, str] | None = None) -> Any:
    return requests.get(server.url + path, headers=headers, timeout=5).json()


def test_the_models_are_the_scenarios(server: LabServer) -> None:
    assert [row["id"] for row in models(server, "/v1/models")["data"]] == list(NAMES)
    gemini = models(server, "/v1beta/models?pageSize=1000")["models"]
    assert [row["name"] for row in gemini] == [f"models/{name}" for name in NAMES]


def test_anthropics_model_list_comes_in_pages(server: LabServer) -> None:
    version = {"anthropic-version": "2023-06-01"}
    page = models(server, "/v1/models", version)
    names = [row["id"] for row in page["data"]]
    assert len(names) == 20
    while page["has_more"]:
        page = models(server, f"/v1/models?after_id={page['last_id']}&limit=5", version)
        names += [row["id"] for row in page["data"]]

    assert names == list(NAMES)


def test_geminis_model_list_comes_in_pages(server: LabServer) -> None:
    page = models(server, "/v1beta/models?pageSize=15")
    names = [row["displayName"] for row in page["models"]]
    while token := page.get("nextPageToken"):
        page = models(server, f"/v1beta/models?pageSize=15&pageToken={token}")
        names += [row["displayName"] for row in page["models"]]

    assert names == list(NAMES)


@each("query", ["limit=0", "limit=x", "after_id=nope"])
def test_a_page_that_makes_no_sense_is_a_bad_request(server: LabServer, query: str) -> None:
    headers = {"anthropic-version": "2023-06-01"}

    assert requests.get(f"{server.url}/v1/models?{query}", headers=headers, timeout=5).status_code == 400


def test_a_client_of_http_1_0_gets_a_body_without_chunks(server: LabServer) -> None:
    body = json.dumps({"model": "echo", **QUESTION}).encode()
    connection = connect(server)
    connection.connect()
    connection.sock.sendall(b"POST /chat/completions HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    with connection.sock.makefile("rb") as incoming:
        head, _, answer = incoming.read().partition(b"\r\n\r\n")
    connection.close()

    assert b"transfer-encoding" not in head.lower()
    assert answer.startswith(b"data: {")
    assert answer.endswith(b"data: [DONE]\n\n")


def test_a_body_in_chunks_is_read_as_any_other(server: LabServer) -> None:
    body = json.dumps({"model": "echo", **QUESTION}).encode()
    response = requests.post(f"{server.url}/v1/chat/completions", data=iter([body[:9], body[9:]]), timeout=5)

    assert response.status_code == 200
    assert server.requests[-1].body == body


@each("sent", [b"gzip\r\n\r\n", b"chunked\r\n\r\n-1\r\n", b"chunked\r\n\r\nsome\r\n"])
def test_a_body_of_no_length_is_refused(server: LabServer, sent: bytes) -> None:
    connection = connect(server)
    connection.connect()
    connection.sock.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nTransfer-Encoding: " + sent)

    assert connection.sock.recv(100).startswith(b"HTTP/1.1 411 ")
    connection.close()


def test_a_reset_is_a_reset(server: LabServer) -> None:
    connection = start(server, "reset-before-headers")

    with pytest.raises(ConnectionResetError):
        connection.getresponse()


WAITING = ("hang-before-headers", "hang-in-stream", "slow")


@contextlib.contextmanager
def answering(name: str) -> Iterator[tuple[http.client.HTTPConnection, threading.Thread]]:
    """A connection whose question is being answered, and the thread that answers it; the server ends with the block."""
    threads: queue.Queue[threading.Thread] = queue.Queue()
    with LabServer(hang_s=LONG_S, pace_s=LONG_S, log=lambda _line: threads.put(threading.current_thread())) as server:
        connection = start(server, name)
        yield connection, threads.get(timeout=5)


@each("name", WAITING)
def test_a_waiting_answer_ends_when_the_client_goes_away(name: str) -> None:
    with answering(name) as (connection, thread):
        connection.close()
        thread.join(timeout=5)

        assert not thread.is_alive()


@each("name", WAITING)
def test_a_waiting_answer_ends_when_the_server_does(name: str) -> None:
    with answering(name) as (connection, thread):
        began = time.monotonic()
    thread.join(timeout=5)

    assert not thread.is_alive()
    assert time.monotonic() - began < 1
    connection.close()


def test_idle_connections_end_with_the_server() -> None:
    with answering("echo") as (connection, thread):
        connection.getresponse().read()
    thread.join(timeout=5)

    assert not thread.is_alive()
    connection.close()


def test_after_the_end_nobody_listens() -> None:
    with LabServer() as server:
        ask(server)

    with pytest.raises(requests.ConnectionError):
        ask(server)


def test_a_free_port_is_taken_again_at_once() -> None:
    with LabServer() as server:
        ask(server)
    port = int(server.url.rpartition(":")[2])
    with LabServer(port) as server:
        assert ask(server).status_code == 200


def test_a_taken_port_is_an_error(server: LabServer) -> None:
    port = int(server.url.rpartition(":")[2])

    with pytest.raises(OSError, match="in use"), LabServer(port):
        pass


def test_each_request_is_one_line_of_the_log() -> None:
    lines: list[str] = []
    with LabServer(log=lines.append) as server:
        ask(server)
        ask(server, "wrong-key")
        requests.get(f"{server.url}/v1/models", timeout=5)

    assert lines == [
        "POST /v1/chat/completions echo 200",
        "POST /v1/chat/completions wrong-key 401",
        "GET /v1/models 200",
    ]


def test_the_server_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with LabServer(hang_s=0.01) as server:
        ask(server)
        requests.get(f"{server.url}/nothing", timeout=5)
        with pytest.raises(requests.ConnectionError):
            ask(server, "reset-before-headers")
        start(server, "long").close()

    assert capfd.readouterr() == ("", "")


def test_many_clients_are_served_at_once(server: LabServer) -> None:
    statuses: queue.Queue[int] = queue.Queue()
    threads = [threading.Thread(target=lambda: statuses.put(ask(server).status_code)) for _ in range(20)]
    hanging = start(server, "hang-before-headers")
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=5)
    hanging.close()

    assert [statuses.get_nowait() for _ in threads] == [200] * 20
