"""A document by its URL: from the public internet alone, whatever its name, its redirects and its server do."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Sequence
from socket import inet_aton, inet_ntoa, socket
from typing import Any

import pytest

from chatbot.core.addresses import is_public
from chatbot.core.errors import Cancelled, ChatError, FileUnreadable, TimedOut, TlsFailed
from chatbot.core.http.traffic import Traffic
from chatbot.outside.http.public_fetch import (
    MAX_REDIRECTS,
    Fetched,
    PublicNetwork,
    fetch_public,
    require_whole,
    resolved,
)
from tests.outside.wire import CERTIFICATE, PATIENCE_S, Wire, answer, says, wire
from tests.tables import each

PAGE = answer(b"<p>Hello", "Content-Type: text/html; charset=utf-8")


def redirect(where: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {where}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


class Names:
    """A resolver of ours: each name has the addresses of the table, and every other one those it really has."""

    def __init__(self, **table: Sequence[str]) -> None:
        self.asked: list[str] = []
        self._table = {name.replace("_", "."): addresses for name, addresses in table.items()}

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self._table.get(host) or resolved(host, port)


def is_here(address: str) -> bool:
    """The internet of these tests is one address of this machine; all others are as ever."""
    return address == "127.0.0.1" or is_public(address)


def fetched(url: str, names: Names | None = None, **options: Any) -> Fetched:
    network = options.pop("network", PublicNetwork(names or Names(), is_here))
    return fetch_public(url, **{"max_bytes": 1000, "within_s": PATIENCE_S, "network": network} | options)


def refused(url: str, names: Names | None = None, **options: Any) -> str:
    with pytest.raises(ChatError) as caught:
        fetched(url, names, **options)
    assert isinstance(caught.value, FileUnreadable)
    assert caught.value.advice
    return str(caught.value)


def test_a_page_is_fetched_from_the_address_that_was_checked_and_under_its_name() -> None:
    names = Names(page_example=["127.0.0.1"])
    with wire(says(PAGE)) as server:
        found = fetched(f"http://page.example:{server.port}/a?b=c#d", names)
    assert found == Fetched(f"http://page.example:{server.port}/a?b=c", "text/html", "utf-8", b"<p>Hello")
    assert names.asked == ["page.example"]  # once: there is no second look-up whose answer could be another
    assert server.heard[0].startswith(b"GET /a?b=c HTTP/1.1\r\n")
    assert f"Host: page.example:{server.port}\r\n".encode() in server.heard[0]


def test_nothing_goes_along_that_says_who_asks(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    (tmp_path / ".netrc").write_text("machine page.example login me password netrc-secret")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://me:proxy-secret@127.0.0.1:9")
    names = Names(page_example=["127.0.0.1"])
    again = PAGE.replace(b"200 OK", b"302 Found").replace(b"Content-Type", b"Set-Cookie: a=b\r\nLocation: /2\r\nX")
    with wire(says(again), says(PAGE)) as server:
        fetched(f"http://page.example:{server.port}/1", names)
    assert len(server.heard) == 2
    sent = b"".join(server.heard).lower()
    assert not any(word in sent for word in (b"authorization", b"cookie", b"secret", b"referer"))


def as_numbers(host: str, port: int) -> Sequence[str]:
    """As the resolver of the system reads 127.1, 0x7f000001, 2130706433 and 017700000001."""
    try:
        return [inet_ntoa(inet_aton(host))]
    except OSError:
        return resolved(host, port)


@each(
    "host",
    "127.0.0.1 127.1 2130706433 0x7f000001 0177.0.0.1 017700000001 0.0.0.0 0 localhost LOCALHOST. [::1] [::] 10.0.0.1 "
    "[::ffff:127.0.0.1] [::ffff:7f00:1] [64:ff9b::127.0.0.1] 169.254.169.254 172.16.0.1 192.168.1.1 100.64.0.1 "
    "224.0.0.1 255.255.255.255 [fe80::1] [fd00::1] [ff02::1] [2002:7f00:1::] [fec0::1] １２７.0.0.1 127。0。0。1 "
    "①②⑦.0.0.1".split(),
)
def test_no_spelling_of_an_address_of_ones_own_network_is_fetched(host: str) -> None:
    with pytest.raises(FileUnreadable, match="is not fetched"):  # some are no host at all
        fetch_public(f"http://{host}:9/", max_bytes=10, within_s=PATIENCE_S, network=PublicNetwork(as_numbers))


def test_a_name_that_leads_to_ones_own_network_is_not_fetched_and_its_public_addresses_are() -> None:
    assert "10.1.2.3 is no address of the public internet" in refused(
        "http://in.example", Names(in_example=["10.1.2.3"])
    )
    both = Names(both_example=["10.1.2.3", "::1", "127.0.0.1"])
    with wire(says(PAGE)) as server:
        assert fetched(f"http://both.example:{server.port}/", both).body == b"<p>Hello"


def test_a_name_with_another_address_at_the_second_look_is_looked_up_once_for_each_request() -> None:
    """DNS rebinding: the check sees a public address, the connection another one."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    asked = []

    def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return next(answers)

    with wire(says(redirect("/again"))) as server:
        said = refused(f"http://re.example:{server.port}/", network=PublicNetwork(rebinding, is_here))
    assert "10.0.0.1 is no address" in said
    assert len(asked) == 2
    assert server.connections == 1


@each(
    ("where", "why"),
    [
        ("http://169.254.169.254/latest/meta-data/", "is no address of the public internet"),
        ("http://[::ffff:10.0.0.1]/", "is no address of the public internet"),
        ("//in.example/", "10.1.2.3 is no address of the public internet"),
        ("file:///etc/passwd", "only addresses with http:// or https:// are"),
        ("ftp://in.example/", "only addresses with http:// or https:// are"),
        ("http://me:secret@page.example/", "it holds a name or a password"),
        ("http://page.example\\@in.example/", "is not fetched"),
    ],
)
def test_a_redirect_is_held_against_the_same_rules(where: str, why: str) -> None:
    names = Names(page_example=["127.0.0.1"], in_example=["10.1.2.3"])
    with wire(says(redirect(where))) as server:
        said = refused(f"http://page.example:{server.port}/", names)
    assert why in said
    assert "secret" not in said
    assert server.connections == 1


def test_redirects_are_followed_and_counted() -> None:
    with wire(says(redirect("/2")), says(PAGE)) as server:
        assert fetched(f"http://127.0.0.1:{server.port}/1").url == f"http://127.0.0.1:{server.port}/2"
    with wire(says(redirect("/on"))) as server:
        assert "more than 5 times" in refused(f"http://127.0.0.1:{server.port}/")
    assert server.connections == MAX_REDIRECTS + 1


@each(
    "url", ["", "page", "http://", "ftp://a.example", "http://a b/", "http://a.example:x/", "javascript:1", "http://[/"]
)
def test_what_is_no_address_of_the_web_is_told(url: str) -> None:
    assert "is not fetched" in refused(url)


def test_a_certificate_must_be_of_the_name_though_the_address_is_connected_to() -> None:
    trusting = {"SSL_CERT_FILE": str(CERTIFICATE)}
    names = Names(localhost=["127.0.0.1"], other_example=["127.0.0.1"])
    with wire(says(PAGE), tls=True) as server:
        network = PublicNetwork(names, is_here, environ=trusting)
        assert fetched(f"https://localhost:{server.port}/", network=network).body == b"<p>Hello"
        with pytest.raises(TlsFailed):
            fetched(f"https://other.example:{server.port}/", network=network)


def test_the_next_address_is_tried_where_one_does_not_answer() -> None:
    names = Names(two_example=["127.0.0.2", "127.0.0.1"])
    with wire(says(PAGE)) as server:
        network = PublicNetwork(names, lambda address: address.startswith("127."))
        assert fetched(f"http://two.example:{server.port}/", network=network).body == b"<p>Hello"


def test_no_more_is_read_than_allowed_and_a_packed_page_is_counted_unpacked() -> None:
    packed = answer(gzip.compress(b"x" * 5_000_000), "Content-Encoding: gzip")
    with wire(says(packed)) as server:
        found = fetched(f"http://127.0.0.1:{server.port}/")
    assert (found.body, found.is_whole) == (b"x" * 1000, False)
    with pytest.raises(FileUnreadable, match="too large"):
        require_whole(found, 1000)


def test_the_type_is_held_against_those_that_are_taken() -> None:
    with wire(says(PAGE)) as server:
        url = f"http://127.0.0.1:{server.port}/"
        assert fetched(url, media_types=("text/*",)).media_type == "text/html"
        assert b"Accept: text/*\r\n" in server.heard[0]
        assert "of the type text/html, which is not taken" in refused(url, media_types=("application/pdf",))
    with wire(says(answer(b"x", status="404 Not Found"))) as server:
        assert "its server answered 404" in refused(f"http://127.0.0.1:{server.port}/")


def drips(server: Wire, sock: socket) -> None:
    server.hear(sock)
    sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        sock.sendall(b"x")
        time.sleep(0.01)


def hangs(server: Wire, sock: socket) -> None:
    server.hear(sock)
    server.hang(sock)


def test_a_server_that_takes_too_long_is_left_whatever_it_sends_and_so_is_a_resolver() -> None:
    for talk in (drips, hangs):
        with wire(talk) as server, pytest.raises(TimedOut):
            fetched(f"http://127.0.0.1:{server.port}/", within_s=0.2, max_bytes=10**9)
    never = threading.Event()

    def slow(host: str, port: int) -> Sequence[str]:
        never.wait(PATIENCE_S)
        return ["127.0.0.1"]

    with pytest.raises(TimedOut):
        fetched("http://slow.example/", within_s=0.1, network=PublicNetwork(slow, is_here))
    never.set()


def test_it_ends_when_it_is_stopped_and_what_went_out_is_told() -> None:
    traffic: list[Traffic] = []
    network = PublicNetwork(Names(), is_here, on_close=traffic.extend)
    with wire(hangs) as server:
        with pytest.raises(Cancelled):
            fetched(f"http://127.0.0.1:{server.port}/", stopped=lambda: server.connections > 0)
        assert server.ended.wait(PATIENCE_S)
    with wire(says(PAGE)) as server:
        fetched(f"http://127.0.0.1:{server.port}/", network=network)
    assert [(one.host, one.requests) for one in traffic] == [("127.0.0.1", 1)]
