"""The fault proxy: every byte of a real server as it came, and broken where that was named."""

from __future__ import annotations

import gzip
import http.client
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.cli.lab.proxy import FaultProxy
from chatbot.cli.passing.reply import end_to_end
from chatbot.cli.passing.upstreams import Upstreams
from chatbot.core.http.traffic import Traffic
from chatbot.core.request import HttpRequest
from chatbot.lab.quirks.faults import read_fault
from chatbot.lab.server.connection import Connection
from chatbot.lab.server.http import LabServer
from chatbot.lab.server.listener import HttpServer
from chatbot.outside.http.transport import LiveTransport
from tests.outside.wire import Wire, says, wire

KEY = "sk-app-0123456789abcdef"
QUESTION = {"model": "echo", "stream": True, "messages": [{"role": "user", "content": "one two three"}]}


class Booked(list[tuple[str, tuple[Traffic, ...]]]):
    def book(self, provider: str, traffic: tuple[Traffic, ...]) -> None:
        self.append((provider, traffic))


@contextmanager
def proxying(
    url: str, *faults: str, times: int | None = None, log: Callable[[str], None] = lambda line: None
) -> Iterator[HttpServer]:
    def make() -> LiveTransport:
        transport = LiveTransport(os.environ)
        transport.decodes = False
        return transport

    upstreams = Upstreams(make, lambda provider, traffic: None)
    proxy = FaultProxy(url, partial(upstreams.send, "lab"), [read_fault(fault) for fault in faults], times, log)
    with HttpServer("127.0.0.1", 0, type("Proxy", (Connection,), {"respond": staticmethod(proxy)})) as server:
        yield server
    upstreams.close()


def raw(url: str, path: str = "/v1/models", method: str = "GET") -> tuple[int, str, list[tuple[str, str]], bytes]:
    """An answer as it is on the wire, but for its framing."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    connection.request(method, path, headers={"Accept-Encoding": "gzip"})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, response.reason, response.getheaders(), body


def is_compared(name: str, value: str) -> bool:
    """All headers but those of the connection, and the time at the lab, which goes on."""
    return name != "Connection" and (name, value[-3:]) != ("Date", "GMT")


@pytest.fixture(scope="module")
def lab() -> Iterator[LabServer]:
    with LabServer() as server:
        yield server


@pytest.fixture(scope="module")
def proxied(lab: LabServer) -> Iterator[HttpServer]:
    with proxying(lab.url) as server:
        yield server


@given(pieces=st.lists(st.binary(min_size=1, max_size=50), max_size=8), status=st.sampled_from([200, 201, 429, 500]))
@settings(max_examples=40)
@pytest.mark.parametrize("framing", ["chunks", "length", "close"])
def test_without_a_fault_every_byte_is_as_it_came(
    lab: LabServer, proxied: HttpServer, framing: str, pieces: list[bytes], status: int
) -> None:
    headers = {"Content-Type": "text/x; q=1", "X-Twice": "b", "x-lower": "c", "Server": "other", "Date": "never"}
    headers |= {"Connection": "close"} if framing == "close" else {}
    body: bytes | list[bytes] = b"".join(pieces) if framing == "length" else pieces
    seen = []
    for url in (lab.url, proxied.url):
        lab.will_answer(body=body, status=status, headers=headers, method="GET")
        found = raw(url)
        seen.append((*found[:2], sorted(pair for pair in found[2] if is_compared(*pair)), found[3]))
    assert seen[0] == seen[1]
    assert seen[1][3] == b"".join(pieces)


def test_headers_that_come_twice_and_compressed_bytes_pass_as_they_are() -> None:
    body = gzip.compress(b"hello")
    head = (
        b"HTTP/1.1 202 Taken\r\nset-cookie: a=1\r\nset-cookie: b=2\r\nContent-Encoding: gzip\r\n"
        b"Connection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nContent-Length: " + str(len(body)).encode()
    )
    with wire(says(head + b"\r\n\r\n" + body)) as server, proxying(server.url.removesuffix("/v1")) as proxy:
        status, reason, headers, came = raw(proxy.url)
    assert (status, reason, came) == (202, "Taken", body)
    assert headers == [
        ("set-cookie", "a=1"),
        ("Content-Encoding", "gzip"),
        ("Content-Length", str(len(body))),
        ("set-cookie", "b=2"),
    ]


def test_the_request_and_its_key_reach_the_server_as_they_were_sent(lab: LabServer, proxied: HttpServer) -> None:
    headers = {"Authorization": f"Bearer {KEY}", "X-Api-Key": KEY, "User-Agent": "an SDK", "X-Own": "1"}
    body = b'{"model": "echo",  "messages": []}'
    requests.post(f"{proxied.url}/v1/x%20y?a=b&c=", data=body, headers=headers, timeout=5)
    received = lab.requests[-1]
    assert (received.method, received.path, received.body) == ("POST", "/v1/x%20y?a=b&c=", body)
    assert {name: received.headers[name.lower()] for name in headers} == headers
    assert received.headers["host"] == lab.url.removeprefix("http://")


def test_a_redirect_is_passed_and_not_followed(lab: LabServer, proxied: HttpServer) -> None:
    lab.will_answer(body=b"", status=307, headers={"Location": "http://127.0.0.1:9/elsewhere"}, method="GET")
    status, _, headers, _ = raw(proxied.url)
    assert (status, dict(headers)["Location"]) == (307, "http://127.0.0.1:9/elsewhere")


def test_a_key_is_not_sent_where_anybody_could_read_it() -> None:
    with proxying("http://192.0.2.1") as server:
        refused = requests.get(server.url, headers={"Authorization": f"Bearer {KEY}"}, timeout=5)
    assert refused.status_code == 502
    assert "the key is not sent to http://192.0.2.1" in refused.json()["error"]["message"]


def test_a_server_that_is_not_there_is_a_bad_gateway() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with proxying(f"http://127.0.0.1:{port}") as proxy:
        refused = requests.get(proxy.url, timeout=5)
    assert refused.status_code == 502
    assert refused.json()["error"]["message"]


def test_the_stream_breaks_at_the_named_byte_and_the_next_one_is_whole(lab: LabServer) -> None:
    lines: list[str] = []
    whole = requests.post(f"{lab.url}/v1/chat/completions", json=QUESTION, timeout=5).content
    with proxying(lab.url, "cut@200", times=1, log=lines.append) as proxy:
        broken = requests.post(f"{proxy.url}/v1/chat/completions", json=QUESTION, timeout=5, stream=True)
        came = b""
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            for piece in broken.iter_content(None):
                came += piece
        assert (len(came), broken.status_code) == (200, 200)
        again = requests.post(f"{proxy.url}/v1/chat/completions", json=QUESTION, timeout=5).content
        assert len(again) == len(whole)
    assert [line.rpartition(",")[0] for line in lines] == [
        "POST /v1/chat/completions 200 200 bytes, cut",
        f"POST /v1/chat/completions 200 {len(whole)} bytes, to its end",
    ]


def test_events_are_counted_in_what_came_uncompressed(lab: LabServer) -> None:
    with proxying(lab.url, "reset@event:2") as proxy:
        broken = requests.post(f"{proxy.url}/v1/messages", json={**QUESTION, "max_tokens": 9}, timeout=5, stream=True)
        came = b""
        with pytest.raises(requests.exceptions.ChunkedEncodingError, match="reset"):
            for piece in broken.iter_content(None):
                came += piece
    assert came.count(b"\n\n") == 2
    assert lab.requests[-1].headers["accept-encoding"] == "identity"


def test_a_client_that_goes_away_ends_the_exchange_with_the_server() -> None:
    heard = threading.Event()

    def hang(server: Wire, sock: socket.socket) -> None:
        server.hear(sock)
        heard.set()
        server.hang(sock)

    with wire(hang) as server, proxying(server.url.removesuffix("/v1")) as proxy:
        client = http.client.HTTPConnection("127.0.0.1", proxy.port)
        client.request("GET", "/")
        assert heard.wait(5)
        assert not server.ended.is_set()
        client.close()
        assert server.ended.wait(5)


def test_connections_are_used_again_one_after_the_other_and_what_went_out_is_told(lab: LabServer) -> None:
    booked = Booked()
    upstreams = Upstreams(lambda: LiveTransport(os.environ), booked.book)
    send = upstreams.alone("lab")
    for _ in range(3):
        response = send(HttpRequest("GET", f"{lab.url}/v1/models", {}))
        assert b"".join(response.chunks)
        response.close()  # which is too late to do anything
    assert len(upstreams._idle) == 1
    upstreams.close()
    assert [(provider, one.host, one.requests) for provider, (one,) in booked] == [("lab", "127.0.0.1", 1)] * 3


def test_what_belongs_to_one_connection_is_left_out() -> None:
    pairs = [("Connection", "close, x-mine"), ("X-Mine", "1"), ("TE", "x"), ("Upgrade", "h2"), ("Content-Type", "a")]
    assert end_to_end(pairs) == (("Content-Type", "a"),)
