"""Whose certificates are trusted, with an authority made here."""

from __future__ import annotations

import socket
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from chatbot.core import errors
from chatbot.core.request import HttpRequest, Route
from chatbot.outside.http.authorities import verifying
from chatbot.outside.http.transport import LiveTransport
from tests.outside.wire import CERTIFICATE, PATIENCE_S, Wire, answer, says, wire

OK = answer(b"fine", "Connection: close")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(organization_name="Corporate Proxy Inc")


@pytest.fixture
def server(authority: trustme.CA) -> Iterator[Wire]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with wire(says(OK), tls=context) as running:
        yield running


@pytest.fixture
def pem(authority: trustme.CA, tmp_path: Path) -> str:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return str(tmp_path / "ca.pem")


def asked(url: str, route: Route, environ: dict[str, str] | None = None) -> bytes:
    transport = LiveTransport(environ or {}, route=route, idle_timeout_s=PATIENCE_S)
    return b"".join(transport(HttpRequest("POST", url, {}, b"{}")).chunks)


def test_a_file_of_the_command_line_is_trusted_before_the_environment(server: Wire, pem: str) -> None:
    assert asked(server.url, Route(ca_file=pem), {"SSL_CERT_FILE": str(CERTIFICATE)}) == b"fine"
    with pytest.raises(errors.TlsFailed):
        asked(server.url, Route(ca_file=str(CERTIFICATE)), {"SSL_CERT_FILE": pem})


def test_of_the_variables_the_first_that_is_set_counts(server: Wire, pem: str) -> None:
    names = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    for number, name in enumerate(names):
        later = dict.fromkeys(names[number + 1 :], str(CERTIFICATE))
        assert asked(server.url, Route(), {**later, name: pem}) == b"fine"


def test_a_file_that_is_not_there_cannot_be_read_and_one_without_certificates_is_a_wrong_setting(
    tmp_path: Path,
) -> None:
    with pytest.raises(errors.FileUnreadable, match=r"nowhere\.pem does not exist"):
        verifying(Route(ca_file=str(tmp_path / "nowhere.pem")), {})
    (tmp_path / "broken.pem").write_text("no certificate")
    with pytest.raises(
        errors.ConfigurationError, match=r"broken\.pem cannot be read: it holds no certificate"
    ) as caught:
        verifying(Route(ca_file=str(tmp_path / "broken.pem")), {})
    assert "--cacert" in caught.value.advice


def test_the_systems_certificates_are_trusted_and_no_others(
    server: Wire, pem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sys.platform != "linux":
        pytest.skip("only OpenSSL takes the system's store from a variable")
    with pytest.raises(errors.TlsFailed):
        asked(server.url, Route(ca="system"))
    monkeypatch.setenv("SSL_CERT_FILE", pem)  # what OpenSSL takes for the system's store
    assert asked(server.url, Route(ca="system")) == b"fine"


def test_without_the_package_the_way_to_install_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "truststore", None)
    with pytest.raises(errors.ConfigurationError, match="truststore") as caught:
        verifying(Route(ca="system"), {})
    assert "pip install 'chat-cli[truststore]'" in caught.value.advice


def test_any_certificate_of_this_machine_is_taken_where_the_person_says_so(server: Wire) -> None:
    with pytest.raises(errors.TlsFailed):
        asked(server.url, Route())
    assert asked(server.url, Route(insecure=True)) == b"fine"
    assert asked(server.url.replace("localhost", "127.0.0.1"), Route(insecure=True)) == b"fine"


def test_another_host_is_verified_all_the_same(server: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(_host: object, port: int, *_: object, **__: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(errors.TlsFailed):
        asked(server.url.replace("localhost", "api.example.com"), Route(insecure=True))
    assert server.heard == []


def test_what_one_route_takes_another_host_of_the_same_run_does_not(server: Wire, pem: str) -> None:
    transport = LiveTransport({"SSL_CERT_FILE": pem}, route=Route(insecure=True), idle_timeout_s=PATIENCE_S)
    for _ in range(2):
        assert b"".join(transport(HttpRequest("POST", server.url, {}, b"{}")).chunks) == b"fine"
