"""A proxy: which hosts are reached through it, and what is said of one that cannot be used."""

from __future__ import annotations

import socket
from base64 import b64encode
from typing import Any

import pytest

from chatbot.core import errors
from chatbot.core.request import HttpRequest, Route
from chatbot.outside.http.proxies import proxies_for, proxy_name
from chatbot.outside.http.transport import LiveTransport
from tests.outside.wire import PATIENCE_S, Wire, answer, says, wire
from tests.tables import cases, each

OK = answer(b"fine")
CREDENTIALS = "ann:very-secret-word"


def asked(url: str, proxy: str | None = None) -> bytes:
    transport = LiveTransport({}, route=Route(proxy), idle_timeout_s=PATIENCE_S)
    return b"".join(transport(HttpRequest("POST", url, {"Authorization": "Bearer k"}, b"{}")).chunks)


def fault(url: str, proxy: str | None = None) -> errors.ChatError:
    with pytest.raises(errors.ChatError) as caught:
        asked(url, proxy)
    return caught.value


def test_a_named_proxy_is_taken_and_its_password_goes_to_it_alone() -> None:
    with wire(says(OK)) as proxy:
        assert asked("http://api.example.com/v1", f"http://{CREDENTIALS}@127.0.0.1:{proxy.port}") == b"fine"
    head = proxy.heard[0]
    assert head.startswith(b"POST http://api.example.com/v1 HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic " + b64encode(CREDENTIALS.encode()) in head


def test_a_named_proxy_comes_before_the_environment_and_an_empty_one_means_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert proxies_for("http://api.example.com", Route("http://127.0.0.1:7")) == {"all": "http://127.0.0.1:7"}
    assert proxies_for("http://api.example.com", Route("")) == {}
    assert "http" in proxies_for("http://api.example.com", Route())


def test_no_proxy_holds_for_a_named_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "example.com")
    assert proxies_for("https://api.example.com/v1", Route("http://127.0.0.1:7")) == {}
    assert proxies_for("https://api.example.org/v1", Route("http://127.0.0.1:7"))


@each("host", ["localhost", "127.0.0.1", "[::1]"])
def test_this_machine_is_reached_through_a_named_proxy_on_this_machine_and_no_other(host: str) -> None:
    assert proxies_for(f"http://{host}:1", Route("http://127.0.0.1:7"))
    assert proxies_for(f"http://{host}:1", Route("http://proxy.example.com:7")) == {}


REFUSES = b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"
WANTS_PASSWORD = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"


@each("scheme", ["http", "https"])
@each(
    ("said", "why"),
    [
        (WANTS_PASSWORD, "it asks for a name and a password (HTTP 407)"),
        (b"<html>no</html>\r\n\r\n", "it does not speak HTTP"),
        (b"", "it closed the connection"),
    ],
)
def test_a_proxy_that_does_not_let_through_is_named_without_its_password(scheme: str, said: bytes, why: str) -> None:
    with wire(says(said)) as proxy:
        error = fault(f"{scheme}://api.example.com/v1", f"http://{CREDENTIALS}@127.0.0.1:{proxy.port}")
    if said or scheme == "https":
        assert type(error) is errors.ProxyFailed
        assert str(error) == f"the proxy 127.0.0.1:{proxy.port} cannot be used: {why}"
    assert "very-secret-word" not in f"{error} {error.advice}"
    assert b"Bearer k" not in proxy.heard[0] or scheme == "http"


def test_a_tunnel_that_is_refused_names_the_proxy_and_its_status() -> None:
    with wire(says(REFUSES)) as proxy:
        error = fault("https://api.example.com/v1", f"http://127.0.0.1:{proxy.port}")
    assert str(error) == f"the proxy 127.0.0.1:{proxy.port} cannot be used: it refuses to connect (HTTP 403)"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_where_nothing_listens_is_named(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    error = fault(f"{scheme}://api.example.com/v1", f"http://{CREDENTIALS}@127.0.0.1:{port}")
    assert str(error) == f"the proxy 127.0.0.1:{port} cannot be used: the connection was refused"
    assert "--proxy" in error.advice and "HTTPS_PROXY" in error.advice


def test_a_proxy_whose_name_is_nowhere_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: object, **__: object) -> list[Any]:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    error = fault("https://api.example.com/v1", "http://proxy.example.com:3128")
    assert str(error) == "the proxy proxy.example.com:3128 cannot be used: its name cannot be resolved"


def test_a_proxy_that_hangs_is_named() -> None:
    with wire(Wire.hang) as proxy:
        transport = LiveTransport({}, route=Route(f"http://127.0.0.1:{proxy.port}"), idle_timeout_s=0.2)
        with pytest.raises(errors.ProxyFailed, match="nothing comes through it"):
            transport(HttpRequest("POST", "https://api.example.com/v1", {}, b"{}"))


def test_a_page_in_the_tunnel_instead_of_tls_names_the_proxy_beside_the_server() -> None:
    def page(server: Wire, sock: socket.socket) -> None:
        says(b"HTTP/1.1 200 OK\r\n\r\n<html>sign in</html>")(server, sock)
        sock.recv(65_536)  # what stays unread would reset the connection

    with wire(page) as proxy:
        error = fault("https://api.example.com/v1", f"http://127.0.0.1:{proxy.port}")
    assert type(error) is errors.TlsFailed
    assert f"The proxy 127.0.0.1:{proxy.port} is on the way" in error.advice


def test_a_password_that_is_missing_is_not_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with wire(says(WANTS_PASSWORD)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        error = fault("https://api.example.com/v1")
    assert not error.retryable and "NAME:PASSWORD@" in error.advice


@each(
    ("url", "name"),
    cases("""
        http://ann:word@proxy.example.com:3128/ | proxy.example.com:3128
        ann:word@proxy:1 | proxy:1
        http://a:b@c@proxy:1 | proxy:1
        http:// | in the environment
    """),
)
def test_the_name_of_a_proxy_holds_no_password(url: str, name: str) -> None:
    assert proxy_name(url) == name
