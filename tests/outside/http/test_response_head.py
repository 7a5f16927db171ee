"""Heads of answers that servers send and clients forget, on loopback."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from chatbot.core import errors
from chatbot.core.errors import ChatError
from chatbot.core.request import HttpRequest
from chatbot.outside.http.response_head import MAX_INTERIM_RESPONSES, MAX_TRAILERS
from chatbot.outside.http.transport import LiveTransport
from tests.outside.wire import PATIENCE_S, Wire, answer, says, wire
from tests.tables import each

HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def ask(transport: LiveTransport, server: Wire) -> bytes:
    response = transport(HttpRequest("POST", server.url, {}, b"{}"))
    try:
        return b"".join(response.chunks)
    finally:
        response.close()


def failure(server: Wire) -> ChatError:
    with pytest.raises(ChatError) as caught:
        ask(LiveTransport({}, idle_timeout_s=PATIENCE_S), server)
    return caught.value


@each("interim", [HINTS, CONTINUE, b"HTTP/1.1 102 Processing\r\n\r\n", HINTS + CONTINUE + HINTS])
def test_each_answer_belongs_to_its_question_whatever_comes_before_it(interim: bytes) -> None:
    transport = LiveTransport({}, idle_timeout_s=PATIENCE_S)
    with wire(says(interim + answer(b"one"), interim + answer(b"two"), answer(b"three"))) as server:
        assert [ask(transport, server) for _ in range(3)] == [b"one", b"two", b"three"]


def test_so_many_interim_responses_are_skipped_and_one_more_is_an_error() -> None:
    with wire(says(HINTS * MAX_INTERIM_RESPONSES + answer(b"one"))) as server:
        assert ask(LiveTransport({}), server) == b"one"
    with wire(says(HINTS * (MAX_INTERIM_RESPONSES + 1) + answer(b"one"))) as server:
        assert isinstance(failure(server), errors.MalformedAnswer)


def test_interim_responses_without_end_come_to_an_end() -> None:
    def talk(server: Wire, sock: socket.socket) -> None:
        server.hear(sock)
        while True:
            sock.sendall(HINTS)

    with wire(talk) as server:
        assert "begins in a way that HTTP does not allow" in str(failure(server))


def test_trailers_are_read_up_to_a_bound() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n"
    with wire(says(head + b"X: y\r\n" * MAX_TRAILERS + b"\r\n", answer(b"two"))) as server:
        transport = LiveTransport({})
        assert [ask(transport, server) for _ in range(2)] == [b"one", b"two"]
    for trailers in (b"X: y\r\n" * (MAX_TRAILERS + 1), b"X: " + b"y" * 70_000 + b"\r\n"):
        with wire(says(head + trailers + b"\r\n")) as server:
            assert isinstance(failure(server), errors.ConnectionLost)


@each(
    "banner",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"220 mail.example ESMTP\r\n",
        b"\x15\x03\x01\x00\x02\x02\x28",
        b"\x00\x00\x12\x04\x00\x00\x00\x00\x00",
        b"ICY 200 OK\r\n\r\n",
        b"HTTP/3.0 200 OK\r\n\r\n",
        b'{"error": "no"}\n',
        b"\xff" * 50,
    ],
)
def test_what_does_not_speak_http_is_told_at_once(banner: bytes) -> None:
    def talk(server: Wire, sock: socket.socket) -> None:
        sock.sendall(banner)
        server.hear(sock)

    with wire(talk) as server:
        error = failure(server)
        assert isinstance(error, errors.NotHttp)
        assert str(error) == f"what answers at 127.0.0.1:{server.port} does not speak HTTP"
        assert not error.retryable
        assert error.exit_code == 69


@each(
    "head",
    [
        b"Content-Length: 3\r\nContent-Length: 4\r\n",
        b"X-Long: " + b"y" * 70_000 + b"\r\n",
        b"".join(b"X-%d: y\r\n" % number for number in range(200)),
    ],
)
def test_a_wrong_head_is_the_answers_fault_not_the_requests(head: bytes) -> None:
    with wire(says(b"HTTP/1.1 200 OK\r\n" + head + b"\r\none")) as server:
        error = failure(server)
        assert isinstance(error, errors.MalformedAnswer)
        assert "the answer of" in str(error)


@each(
    "whole",
    [
        b"HTTP/1.0 200 OK\r\n\r\none",
        b"HTTP/1.1 200 OK\nContent-Length: 3\n\none",
        b"HTTP/1.1 200\r\nContent-Length: 3\r\n\r\none",
        b"HTTP/1.1 200 OK\r\nX-Folded: a\r\n b\r\nContent-Length: 3\r\n\r\none",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\none",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\none\r\n0\r\n\r\n",
    ],
)
def test_what_servers_may_send_is_read(whole: bytes) -> None:
    with wire(says(whole)) as server:
        assert ask(LiveTransport({}), server) == b"one"


@each("method", ["POST", "GET"])
@each("start", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: "])
def test_a_head_that_drips_without_end_comes_to_an_end(start: bytes, method: str) -> None:
    ended = threading.Event()

    def talk(server: Wire, sock: socket.socket) -> None:
        server.hear(sock)
        sock.sendall(start)
        while not ended.wait(0.01):
            sock.sendall(b"H")

    with wire(talk) as server:
        body = b"{}" if method == "POST" else b""
        began_s = time.monotonic()
        with pytest.raises(errors.TimedOut) as caught:
            LiveTransport({}, idle_timeout_s=0.2)(HttpRequest(method, server.url, {}, body))
        ended.set()
        assert str(caught.value) == f"127.0.0.1:{server.port} had not sent the head of an answer after 0.4 s"
        assert time.monotonic() - began_s < PATIENCE_S - 1


@pytest.mark.parametrize("drips", [False, True], ids=["stalls", "drips"])
def test_a_body_can_be_ended_while_it_is_read(drips: bool) -> None:
    ended = threading.Event()

    def talk(server: Wire, sock: socket.socket) -> None:
        server.hear(sock)
        sock.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 1000\r\n\r\nhalf")
        while drips and not ended.wait(0.01):
            sock.sendall(b".")
        server.hang(sock)

    with wire(talk) as server:
        response = LiveTransport({}, idle_timeout_s=PATIENCE_S)(HttpRequest("POST", server.url, {}, b"{}"))
        began_s = time.monotonic()
        response.close_after(0.1)
        body = b""
        with pytest.raises(errors.ConnectionLost):
            for chunk in response.chunks:
                body += chunk
        ended.set()
        assert body.startswith(b"half")
        assert time.monotonic() - began_s < PATIENCE_S - 1
