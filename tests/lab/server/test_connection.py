"""The server under all that serve: what a client may not do, and that its going away is noticed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from chatbot.lab.answers import Received
from chatbot.lab.replies import ScriptedReply, whole
from chatbot.lab.server.connection import Connection, Limits, Refuse, Respond, refusal
from chatbot.lab.server.departures import Departure
from chatbot.lab.server.listener import HttpServer
from tests.tables import each

PATIENCE_S = 10.0


def hello(received: Received, departure: Departure) -> ScriptedReply:
    return whole(200, "text/plain", f"{received.method} {len(received.body)}".encode())


@contextmanager
def serving(
    respond: Respond = hello,
    limits: Limits = Limits(),  # noqa: B008
    refuse: Refuse = lambda method, headers: None,
    **more: Any,
) -> Iterator[HttpServer]:
    attributes = {"respond": staticmethod(respond), "limits": limits, "refuse": staticmethod(refuse), **more}
    with HttpServer("127.0.0.1", 0, type("TestConnection", (Connection,), attributes)) as server:
        yield server


def connected(server: HttpServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), PATIENCE_S)


def all_of(connection: socket.socket) -> bytes:
    data = b""
    while some := connection.recv(65_536):
        data += some
    return data


@each("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_any_method_is_answered(method: str) -> None:
    with serving() as server:
        assert requests.request(method, server.url, data=b"abc", timeout=5).text == f"{method} 3"


def test_to_head_there_is_no_body() -> None:
    with serving() as server, requests.Session() as session:
        head = session.head(server.url, timeout=5)
        assert (head.headers["Content-Length"], head.content) == ("6", b"")
        assert session.get(server.url, timeout=5).text == "GET 0"


def test_a_head_that_comes_in_drips_is_not_waited_for() -> None:
    with serving(limits=Limits(head_s=0.1)) as server, connected(server) as slow:
        slow.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n")
        assert all_of(slow) == b""


def test_an_idle_connection_is_closed() -> None:
    with serving(limits=Limits(idle_s=0.1)) as server, connected(server) as idle:
        assert all_of(idle) == b""


def test_a_body_that_never_comes_is_not_waited_for() -> None:
    with serving(limits=Limits(body_s=0.1)) as server, connected(server) as slow:
        slow.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
        assert all_of(slow) == b""


def test_too_long_a_body_is_refused_with_a_sentence() -> None:
    with serving(limits=Limits(body_bytes=10)) as server:
        response = requests.post(server.url, data=b"x" * 100_000, timeout=5)
    assert response.status_code == 413
    assert response.json()["error"]["message"] == "the request has 100000 bytes; at most 10 are taken"


def test_a_body_in_chunks_is_one_body_and_may_not_be_longer() -> None:
    with serving(limits=Limits(body_bytes=10)) as server:
        assert requests.post(server.url, data=iter([b"abc", b"defg"]), timeout=5).status_code == 200
        response = requests.post(server.url, data=iter([b"x" * 6, b"x" * 6]), timeout=5)
    assert response.status_code == 413
    assert response.json()["error"]["message"] == "the request is too long; at most 10 bytes are taken"


@each(
    ("request_bytes", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", 501),
        (b"GET / HTTP/9.9\r\n\r\n", 505),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 411),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", 411),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 411),
        (b"GET @192.0.2.1/ HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET http://192.0.2.1/ HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n", 411),
        (b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 5_000 + b"\r\n\r\n", 411),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n+0x2\r\n{}\r\n0\r\n\r\n", 411),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}abc\r\n0\r\n\r\n", 411),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
    ],
)
def test_what_is_no_request_is_refused_in_json(request_bytes: bytes, status: int) -> None:
    with serving() as server, connected(server) as connection:
        connection.sendall(request_bytes)
        connection.shutdown(socket.SHUT_WR)
        answer = all_of(connection)
    assert b" %d " % status in answer.partition(b"\r\n")[0] + b" "
    assert b'{"error":{"message":' in answer


SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"


@each(
    "head",
    [
        b"no header\r\nContent-Length: %d",
        b"Content-Length : %d",
        b"Host: x\r\n folded: y\r\nContent-Length: %d",
        b"Transfer-Encoding: chunked\r\nContent-Length: %d",
        b"Content-Length: %d\r\nContent-Length: 0",
        b"Transfer-Encoding: gzip, chunked\r\nX: %d",
        b"X: y\rContent-Length: %d",
        b"X: y\r\r\nContent-Length: %d",
        b"X: y\0\r\nContent-Length: %d",
        b"Host: 127.0.0.1\r\nHost: elsewhere\r\nContent-Length: %d",
    ],
)
def test_after_a_head_that_can_be_read_in_two_ways_nothing_more_is_read(head: bytes) -> None:
    with serving() as server, connected(server) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\n" + head % len(SMUGGLED) + b"\r\n\r\n" + SMUGGLED)
        answer = all_of(connection)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert answer.startswith(b"HTTP/1.1 4")


def test_the_chunks_of_who_is_refused_are_no_request() -> None:
    with serving(refuse=lambda method, headers: refusal(401, "no")) as server, connected(server) as connection:
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED)
        connection.sendall(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
        connection.shutdown(socket.SHUT_WR)
        answer = all_of(connection)
    assert (answer.count(b"HTTP/1.1 "), answer[9:12]) == (1, b"401")


def test_a_value_cannot_end_its_header() -> None:
    def respond(received: Received, departure: Departure) -> ScriptedReply:
        return whole(200, "text/plain", b"", {"X-Told": "one\r\nX-Evil: 1\r\n\r\nbody – …"})

    with serving(respond) as server:
        answer = requests.get(server.url, timeout=5)
    assert (answer.headers["X-Told"], answer.text) == ("one  X-Evil: 1    body ? ?", "")
    assert "X-Evil" not in answer.headers


def test_a_fault_of_ours_is_told_and_costs_one_answer_alone() -> None:
    faults: list[Exception] = []

    def pieces() -> Iterator[bytes]:
        yield b"begun"
        raise KeyError("in the middle")

    def respond(received: Received, departure: Departure) -> ScriptedReply:
        if received.path == "/begins":
            return ScriptedReply(200, {"Content-Length": "100"}, pieces())
        if received.path == "/deep":
            raise RecursionError
        return {"/well": whole(200, "text/plain", b"well")}[received.path]

    with serving(respond, tell_fault=staticmethod(faults.append)) as server:
        failed = requests.get(f"{server.url}/fails", timeout=5)
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            requests.get(f"{server.url}/begins", timeout=5)
        assert requests.get(f"{server.url}/deep", timeout=5).status_code == 400
        assert requests.get(f"{server.url}/well", timeout=5).text == "well"
    assert (failed.status_code, failed.json()["error"]["type"]) == (500, "server_error")
    assert [str(fault) for fault in faults] == ["'/fails'", "'in the middle'"]


def test_more_clients_than_there_is_room_for_are_told_so() -> None:
    with serving(limits=Limits(connections=2)) as server:
        kept = [connected(server) for _ in range(2)]
        for connection in kept:  # each is accepted once it was answered
            connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 200 OK")
        full = requests.get(server.url, timeout=5)
        assert (full.status_code, full.headers["Retry-After"]) == (503, "1")
        for connection in kept:
            connection.close()


def test_a_client_that_goes_away_is_noticed_while_its_answer_is_awaited() -> None:
    gone = threading.Event()
    asked = threading.Event()

    def wait(received: Received, departure: Departure) -> ScriptedReply:
        departure.then(gone.set)
        asked.set()
        assert gone.wait(PATIENCE_S)
        return ScriptedReply(None, then="close")

    with serving(wait) as server:
        client = connected(server)
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert asked.wait(PATIENCE_S)
        assert not gone.is_set()
        client.close()
        assert gone.wait(PATIENCE_S)


def test_nothing_follows_for_a_client_whose_answer_is_over() -> None:
    gone = threading.Event()

    def answer(received: Received, departure: Departure) -> ScriptedReply:
        departure.then(gone.set)
        return hello(received, departure)

    with serving(answer) as server:
        for _ in range(2):
            with connected(server) as client:  # until the server closes: only then the answer is over there, too
                client.sendall(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
                assert all_of(client).endswith(b"GET 0")
    assert not gone.is_set()
