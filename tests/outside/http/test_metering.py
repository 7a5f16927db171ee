"""The bytes that are counted are those on the wire, whatever carries them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chatbot.core.http.traffic import Traffic
from chatbot.core.request import HttpRequest, Route
from chatbot.lab.server.http import LabServer
from chatbot.outside.http.transport import LiveTransport
from tests.outside.wire import CERTIFICATE, says, wire
from tests.tables import each
from tests.wiretap import Wiretap

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX: y\r\n\r\n"
CLOSED = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


def exchange(transport: LiveTransport, url: str, body: bytes = b'{"a":1}') -> bytes:
    response = transport(HttpRequest("POST", f"{url}/x", {"Authorization": "Bearer k"}, body))
    came = b"".join(response.chunks)
    response.close()
    return came


@pytest.fixture
def transport() -> Iterator[LiveTransport]:
    made = LiveTransport({})
    yield made
    made.close()


@each("answer", [CHUNKED, CLOSED, HINTS])
def test_heads_bodies_framing_and_trailers_count(transport: LiveTransport, answer: bytes) -> None:
    with wire(says(answer)) as server:
        exchange(transport, server.url)
        [request] = server.heard
        assert transport.take_traffic() == (Traffic("127.0.0.1", 1, len(request), len(answer)),)
        assert transport.take_traffic() == ()


def test_inside_of_tls_the_messages_count_not_the_records() -> None:
    made = LiveTransport({"SSL_CERT_FILE": str(CERTIFICATE)})
    with wire(says(CHUNKED), tls=True) as server:
        exchange(made, server.url)
        [request] = server.heard
        assert made.take_traffic() == (Traffic("localhost", 1, len(request), len(CHUNKED)),)
    made.close()


def test_a_big_body_counts_once(transport: LiveTransport) -> None:
    with wire(says(CLOSED)) as server:
        exchange(transport, server.url, b"x" * 3_000_000)
        [request] = server.heard
        assert transport.take_traffic()[0].sent_bytes == len(request)


def test_a_wiretap_on_loopback_counts_the_same_for_many_requests_on_one_connection(
    transport: LiveTransport, lab: LabServer
) -> None:
    with Wiretap(lab.url) as tap:
        for _ in range(5):
            exchange(transport, f"{tap.url}/v1", b'{"model":"guide","messages":[{"role":"user","content":"hi"}]}')
        [traffic] = transport.take_traffic(1.0)
        tap.drained()
        assert traffic == Traffic("127.0.0.1", 5, tap.up_bytes, tap.down_bytes)


def test_through_a_proxy_the_host_is_named_with_it_and_what_opens_the_tunnel_counts() -> None:
    made = LiveTransport({"SSL_CERT_FILE": str(CERTIFICATE)}, route=Route(proxy="http://127.0.0.1:1"))
    with pytest.raises(Exception, match="proxy"):
        exchange(made, "https://localhost:9")
    assert made.take_traffic() == ()  # nothing was written
    made.close()
    refused = b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n"
    with wire(says(refused)) as proxy:
        made = LiveTransport({}, route=Route(proxy=proxy.url.removesuffix("/v1")))
        with pytest.raises(Exception, match="proxy"):
            exchange(made, "https://localhost:9")
        [traffic] = made.take_traffic()
        assert traffic.host == "localhost via 127.0.0.1"
        assert (traffic.requests, traffic.sent_bytes) == (0, len(proxy.heard[0]))
        assert traffic.received_bytes == len(refused)


def test_closing_tells_what_was_not_taken() -> None:
    told: list[tuple[Traffic, ...]] = []
    made = LiveTransport({}, on_close=told.append)
    with wire(says(CLOSED)) as server:
        exchange(made, server.url)
        made.close()
        made.close()
    [[traffic]] = told
    assert traffic.received_bytes == len(CLOSED)
