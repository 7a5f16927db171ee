"""The transport against a server that says exactly what a test wants, on loopback."""

from __future__ import annotations

import gzip
import os
import queue
import socket
import ssl
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
import urllib3

from chatbot.core import errors
from chatbot.core.errors import ChatError
from chatbot.core.request import MAX_ERROR_BYTES, HttpRequest, HttpResponse, read_at_most
from chatbot.outside.http.transport import LiveTransport, sent_headers
from tests.outside.wire import CERTIFICATE, PATIENCE_S, Wire, answer, reset, says, wire
from tests.tables import each

KEY = "secret-0123456789-key"
KEY_HEADERS = {"Authorization": f"Bearer {KEY}"}
OK = answer(b"fine")


@pytest.fixture
def transport() -> LiveTransport:
    return LiveTransport({}, idle_timeout_s=PATIENCE_S)


def post(url: str, body: bytes = b"{}", headers: Mapping[str, str] = KEY_HEADERS) -> HttpRequest:
    return HttpRequest("POST", url, headers, body)


def body_of(response: HttpResponse) -> bytes:
    try:
        return b"".join(response.chunks)
    finally:
        response.close()


def failure(transport: LiveTransport, request: HttpRequest) -> ChatError:
    """The error of a whole exchange, after it was seen to keep the key to itself."""
    with pytest.raises(ChatError) as caught:
        body_of(transport(request))
    error = caught.value
    shown = f"{error}{error!r}{error.advice}{error.said}"
    assert KEY not in shown
    assert "\n" not in str(error)
    return error


def _gzipped(first: bytes, rest: bytes) -> tuple[bytes, bytes]:
    packer = zlib.compressobj(wbits=31)
    begun = packer.compress(first) + packer.flush(zlib.Z_SYNC_FLUSH)
    return begun, packer.compress(rest) + packer.flush()


class TestReading:
    @pytest.mark.parametrize(
        ("head", "first", "rest"),
        [
            (b"Transfer-Encoding: chunked\r\n\r\n", b"3\r\none\r\n", b"3\r\ntwo\r\n0\r\n\r\n"),
            (b"Content-Length: 6\r\n\r\n", b"one", b"two"),
            (b"Connection: close\r\n\r\n", b"one", b"two"),
            (b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n", *_gzipped(b"one", b"two")),
        ],
        ids=["chunked", "length", "close", "compressed"],
    )
    def test_what_has_come_is_given_at_once(
        self, transport: LiveTransport, head: bytes, first: bytes, rest: bytes
    ) -> None:
        seen = threading.Event()

        def talk(server: Wire, sock: socket.socket) -> None:
            server.hear(sock)
            sock.sendall(b"HTTP/1.1 200 OK\r\n" + head + first)
            assert seen.wait(PATIENCE_S), "the first piece was held back"
            sock.sendall(rest)

        with wire(talk) as server:
            chunks = transport(post(server.url)).chunks
            assert next(chunks) == b"one"
            seen.set()
            assert b"".join(chunks) == b"two"

    def test_status_and_headers_come_before_the_body(self, transport: LiveTransport) -> None:
        with wire(
            says(b"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nX-Request-ID: r1\r\nContent-Length: 9\r\n\r\n")
        ) as server:
            response = transport(post(server.url))
            response.close()
        assert response.status == 429
        assert (response.headers["retry-after"], response.headers["x-request-id"]) == ("7", "r1")

    @each("status", [400, 401, 404, 500, 503])
    def test_an_error_of_the_server_is_an_ordinary_response(self, status: int) -> None:
        with responses.RequestsMock() as mock:
            mock.post("https://api.example.com/v1/x", status=status, body=b'{"error": 1}', headers={"A-B": "C"})
            response = LiveTransport({})(post("https://api.example.com/v1/x"))
            assert (response.status, response.headers["a-b"], body_of(response)) == (status, "C", b'{"error": 1}')

    def test_a_bomb_in_an_error_body_does_not_go_off(self, transport: LiveTransport) -> None:
        bomb = gzip.compress(bytes(100_000_000), compresslevel=1)
        with wire(says(answer(bomb, "Content-Encoding: gzip", status="401 No"))) as server:
            tracemalloc.start()
            try:
                response = transport(post(server.url))
                body = read_at_most(response.chunks, MAX_ERROR_BYTES)
                response.close()
                peak_bytes = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
        assert body == bytes(MAX_ERROR_BYTES)
        assert peak_bytes < 4_000_000

    def test_a_long_body_is_not_kept(self, transport: LiveTransport) -> None:
        with wire(says(answer(bytes(20_000_000)))) as server:
            response = transport(post(server.url))
            tracemalloc.start()
            try:
                total = sum(len(chunk) for chunk in response.chunks)
                peak_bytes = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
        assert total == 20_000_000
        assert peak_bytes < 1_000_000

    def test_a_body_that_is_not_what_its_header_says_is_malformed(self, transport: LiveTransport) -> None:
        with wire(says(answer(b"this is no gzip", "Content-Encoding: gzip"))) as server:
            assert isinstance(failure(transport, post(server.url)), errors.MalformedAnswer)


class TestSending:
    def test_nothing_is_added_to_a_request_but_what_http_needs(self, transport: LiveTransport) -> None:
        with wire(says(OK)) as server:
            body_of(transport(post(server.url, b'{"a": 1}', {"X-Api-Key": "k", "Content-Type": "application/json"})))
        head, _, body = server.heard[0].partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        names = sorted(line.split(":")[0].lower() for line in lines)
        assert first == "POST /v1 HTTP/1.1"
        assert names == ["accept-encoding", "content-length", "content-type", "host", "user-agent", "x-api-key"]
        assert "Accept-Encoding: identity" in lines
        assert body == b'{"a": 1}'

    def test_a_large_body_arrives_whole(self, transport: LiveTransport) -> None:
        body = os.urandom(3_000_000)
        with wire(says(OK)) as server:
            body_of(transport(post(server.url, body)))
        assert server.heard[0].endswith(b"\r\n\r\n" + body)

    def test_it_is_told_when_the_last_byte_has_left_and_before_an_answer_comes(self) -> None:
        sent = threading.Event()

        def talk(server: Wire, sock: socket.socket) -> None:
            server.hear(sock)
            sock.sendall(answer(b"sent" if sent.wait(PATIENCE_S) else b"not sent"))

        with wire(talk) as server:
            transport = LiveTransport({}, on_sent=sent.set)
            assert body_of(transport(post(server.url, bytes(100_000)))) == b"sent"

    def test_cookies_are_not_kept(self, transport: LiveTransport) -> None:
        with wire(says(answer(b"", "Set-Cookie: track=me; Path=/"), OK)) as server:
            for _ in range(2):
                body_of(transport(post(server.url)))
        assert b"cookie" not in server.heard[1].lower()

    def test_a_connection_is_used_again_once_its_body_was_read_to_the_end(self, transport: LiveTransport) -> None:
        with wire(says(*[OK] * 3)) as server:
            for _ in range(3):
                response = transport(post(server.url))
                assert body_of(response) == b"fine"
                response.close()
        assert (server.connections, len(server.heard)) == (1, 3)

    def test_a_connection_that_was_left_early_is_not_used_again(self, transport: LiveTransport) -> None:
        with wire(says(answer(bytes(1_000_000)), OK), says(OK)) as server:
            response = transport(post(server.url))
            next(response.chunks)
            response.close()
            assert body_of(transport(post(server.url))) == b"fine"
        assert server.connections == 2

    def test_closing_twice_is_no_fault(self, transport: LiveTransport) -> None:
        with wire(says(OK)) as server:
            response = transport(post(server.url))
            response.close()
            response.close()


class TestCredentials:
    @pytest.mark.parametrize("place", ["NETRC", "home"])
    @pytest.mark.parametrize("entry", ["machine 127.0.0.1", "default"])
    def test_netrc_never_replaces_a_key(
        self, place: str, entry: str, transport: LiveTransport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        netrc = tmp_path / ".netrc"
        netrc.write_text(f"{entry} login mallory password netrc-password\n")
        netrc.chmod(0o600)
        monkeypatch.setenv(*(("NETRC", str(netrc)) if place == "NETRC" else ("HOME", str(tmp_path))))
        with wire(says(OK, OK)) as server:
            body_of(transport(post(server.url)))
            body_of(transport(post(server.url, headers={"x-api-key": KEY})))
        assert f"Authorization: Bearer {KEY}".encode() in server.heard[0]
        assert b"Basic" not in server.heard[0]
        assert b"authorization" not in server.heard[1].lower()

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_is_not_followed(self, status: int, transport: LiveTransport) -> None:
        with wire(says(OK)) as other, wire(says(answer(b"", f"Location: {other.url}", status=f"{status} X"))) as server:
            response = transport(post(server.url))
            body_of(response)
        assert (response.status, response.headers["location"]) == (status, other.url)
        assert (other.connections, len(server.heard)) == (0, 1)

    @pytest.mark.parametrize("value", ["line\r\nbreak", " blank", "ellipsis…", "line\nbreak"])
    def test_a_key_that_no_header_can_hold_is_not_shown(self, value: str, transport: LiveTransport) -> None:
        with wire(says(OK)) as server:
            error = failure(transport, post(server.url, headers={"x-api-key": value + KEY}))
        assert isinstance(error, errors.ConfigurationError)
        assert server.heard == []

    @pytest.mark.parametrize(
        "fault",
        [
            requests.exceptions.ConnectionError,
            requests.exceptions.SSLError,
            requests.exceptions.ProxyError,
            requests.exceptions.ConnectTimeout,
            requests.exceptions.ReadTimeout,
            requests.exceptions.ChunkedEncodingError,
            requests.exceptions.InvalidHeader,
            requests.exceptions.InvalidURL,
            requests.exceptions.InvalidSchema,
            requests.exceptions.ContentDecodingError,
            urllib3.exceptions.ProtocolError,
            OSError,
        ],
    )
    def test_the_words_of_the_libraries_are_not_passed_on(
        self, fault: type[Exception], transport: LiveTransport
    ) -> None:
        url = f"https://user:{KEY}@api.example.com/v1?key={KEY}"
        with responses.RequestsMock() as mock:
            mock.post(url, body=fault(f"cannot do {url} with {KEY}"))
            error = failure(transport, post(url))
        assert isinstance(error, (errors.NetworkError, errors.ConfigurationError))
        assert "api.example.com" in str(error)


class TestBreaking:
    @pytest.mark.parametrize(
        ("said", "received"),
        [
            (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\none", b"one"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n", b"one"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\nxyz\r\n", b"one"),
        ],
        ids=["length", "chunked", "no chunk"],
    )
    def test_a_body_that_breaks_off_is_given_as_far_as_it_came(
        self, said: bytes, received: bytes, transport: LiveTransport
    ) -> None:
        got = b""
        with wire(says(said)) as server, pytest.raises(errors.ConnectionLost, match=r"127\.0\.0\.1:\d+ broke off"):
            for chunk in transport(post(server.url)).chunks:
                got += chunk
        assert got == received

    def test_a_chunk_that_breaks_off_is_given_as_far_as_it_came(self, transport: LiveTransport) -> None:
        said = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\none"
        got = b""
        with wire(says(said)) as server, pytest.raises(errors.ConnectionLost):
            for chunk in transport(post(server.url)).chunks:
                got += chunk
        assert got == b"one"

    def test_a_reset_in_the_body_is_a_lost_connection(self, transport: LiveTransport) -> None:
        seen = threading.Event()

        def talk(server: Wire, sock: socket.socket) -> None:
            server.hear(sock)
            sock.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\none")
            seen.wait(PATIENCE_S)
            reset(sock)

        with wire(talk) as server:
            chunks = transport(post(server.url)).chunks
            assert next(chunks) == b"one"
            seen.set()
            with pytest.raises(errors.ConnectionLost):
                next(chunks)

    @pytest.mark.parametrize("leave", [reset, socket.socket.close], ids=["RST", "FIN"])
    def test_an_end_before_the_headers_is_a_lost_connection(
        self, leave: Callable[[socket.socket], None], transport: LiveTransport
    ) -> None:
        def talk(server: Wire, sock: socket.socket) -> None:
            server.hear(sock)
            leave(sock)

        with wire(talk) as server:
            error = failure(transport, post(server.url))
        assert type(error) is errors.ConnectionLost
        assert error.retryable

    def test_what_is_no_http_is_a_lost_connection(self, transport: LiveTransport) -> None:
        with wire(says(b"SSH-2.0-OpenSSH_9.6\r\n")) as server:
            assert isinstance(failure(transport, post(server.url)), errors.NetworkError)

    def test_nothing_listens(self, transport: LiveTransport) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        error = failure(transport, post(f"http://127.0.0.1:{port}/v1"))
        assert isinstance(error, errors.CannotConnect)
        assert str(error) == f"nothing answers at 127.0.0.1:{port}: the connection was refused"
        assert error.advice == "Is the server running?"
        assert not error.retryable, "a local server that does not run will not run in a second either"

    def test_a_name_without_an_address(self, transport: LiveTransport, monkeypatch: pytest.MonkeyPatch) -> None:
        def unknown(*_: object, **__: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        error = failure(transport, post("https://api.example.invalid/v1"))
        assert isinstance(error, errors.CannotResolve)
        assert "api.example.invalid" in str(error)


class TestTimeouts:
    def test_a_server_that_says_nothing(self) -> None:
        with wire(Wire.hang) as server:
            error = failure(LiveTransport({}, idle_timeout_s=0.1), post(server.url))
        assert isinstance(error, errors.TimedOut)
        assert "for 0.1 s" in str(error)
        assert "--timeout 0.3" in error.advice

    def test_a_server_that_falls_silent(self) -> None:
        def talk(server: Wire, sock: socket.socket) -> None:
            server.hear(sock)
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\none")
            server.hang(sock)

        with wire(talk) as server:
            chunks = LiveTransport({}, idle_timeout_s=0.1)(post(server.url)).chunks
            assert next(chunks) == b"one"
            with pytest.raises(errors.TimedOut, match=r"for 0\.1 s"):
                next(chunks)

    def test_silence_counts_from_the_last_byte(self) -> None:
        def talk(server: Wire, sock: socket.socket) -> None:
            server.hear(sock)
            sock.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
            for _ in range(8):
                server.ended.wait(0.05)
                sock.sendall(b"x")

        with wire(talk) as server:
            assert body_of(LiveTransport({}, idle_timeout_s=0.25)(post(server.url))) == b"x" * 8

    def test_a_listener_that_accepts_nobody(self) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            address = listener.getsockname()
            waiting = [_knock(address) for _ in range(8)]  # more than the queue holds
            started_s = time.monotonic()
            error = failure(LiveTransport({}, connect_timeout_s=0.2), post(f"http://127.0.0.1:{address[1]}/v1"))
            took_s = time.monotonic() - started_s
            for sock in waiting:
                sock.close()
        assert isinstance(error, errors.TimedOut)
        assert str(error) == f"127.0.0.1:{address[1]} did not accept a connection within 0.2 s"
        assert took_s < 0.2 * 3

    def test_a_handshake_that_stops_is_no_connection(self) -> None:
        with wire(Wire.hang) as server:
            url = server.url.replace("http:", "https:")
            error = failure(LiveTransport({}, idle_timeout_s=PATIENCE_S, connect_timeout_s=0.1), post(url))
        assert isinstance(error, errors.TimedOut)
        assert "did not accept a connection within 0.1 s" in str(error)

    def test_the_connection_takes_no_longer_than_silence_may(self) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            waiting = [_knock(listener.getsockname()) for _ in range(8)]
            error = failure(
                LiveTransport({}, idle_timeout_s=0.1), post(f"http://127.0.0.1:{listener.getsockname()[1]}/v1")
            )
            for sock in waiting:
                sock.close()
        assert "within 0.1 s" in str(error)


def _knock(address: tuple[str, int]) -> socket.socket:
    sock = socket.socket()
    sock.setblocking(False)
    sock.connect_ex(address)
    return sock


class TestProxies:
    @pytest.fixture
    def here(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Every name is this machine."""

        def look_up(_host: object, port: int, *_: object, **__: object) -> list[Any]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)

    @pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
    def test_another_host_is_reached_through_the_proxy(
        self, variable: str, transport: LiveTransport, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with wire(says(OK)) as proxy:
            monkeypatch.setenv(variable, f"http://127.0.0.1:{proxy.port}")
            assert body_of(transport(post("http://api.example.com/v1"))) == b"fine"
        assert proxy.heard[0].startswith(b"POST http://api.example.com/v1 HTTP/1.1\r\n")

    @pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY", "http_proxy"])
    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
    def test_this_machine_is_reached_without_it(
        self, variable: str, host: str, transport: LiveTransport, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with wire(says(OK)) as proxy, wire(says(OK)) as server:
            monkeypatch.setenv(variable, f"http://127.0.0.1:{proxy.port}")
            assert body_of(transport(post(f"http://{host}:{server.port}/v1"))) == b"fine"
        assert (proxy.connections, server.connections) == (0, 1)

    @pytest.mark.usefixtures("here")
    def test_what_no_proxy_names_is_reached_without_it(
        self, transport: LiveTransport, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with wire(says(OK)) as proxy, wire(says(OK)) as server:
            monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
            monkeypatch.setenv("NO_PROXY", "example.com")
            assert body_of(transport(post(f"http://api.example.com:{server.port}/v1"))) == b"fine"
        assert (proxy.connections, server.connections) == (0, 1)

    def test_https_goes_through_a_tunnel_that_does_not_see_the_key(
        self, transport: LiveTransport, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with wire(says(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
            error = failure(transport, post("https://api.example.com/v1"))
        assert proxy.heard[0].startswith(b"CONNECT api.example.com:443 HTTP/1.")
        assert KEY.encode() not in proxy.heard[0]
        assert isinstance(error, errors.ProxyFailed)
        assert "HTTPS_PROXY" in error.advice

    @pytest.mark.parametrize("scheme", ["http", "https"])
    @pytest.mark.parametrize("proxy", ["http://127.0.0.1:{port}", "127.0.0.1:{port}", "http://", "http://:x"])
    def test_a_proxy_that_cannot_be_used(
        self, scheme: str, proxy: str, transport: LiveTransport, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        monkeypatch.setenv(f"{scheme.upper()}_PROXY", proxy.format(port=port))
        assert isinstance(failure(transport, post(f"{scheme}://api.example.com/v1")), errors.ProxyFailed)

    def test_a_socks_proxy_says_what_it_needs(self, transport: LiveTransport, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:9")
        error = failure(transport, post("https://api.example.com/v1"))
        assert isinstance(error, errors.ConfigurationError)
        assert "PySocks" in error.advice


class TestTls:
    def test_a_certificate_of_nobody_is_refused_with_a_hint(self, transport: LiveTransport) -> None:
        with wire(says(OK), tls=True) as server:
            error = failure(transport, post(server.url))
        assert isinstance(error, errors.TlsFailed)
        assert "self-signed certificate" in str(error)
        assert "SSL_CERT_FILE" in error.advice
        assert (error.retryable, server.heard) == (False, [])

    @each("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
    def test_a_certificate_authority_of_ones_own_is_trusted(self, variable: str) -> None:
        with wire(says(OK), tls=True) as server:
            transport = LiveTransport({variable: str(CERTIFICATE)}, idle_timeout_s=PATIENCE_S)
            assert body_of(transport(post(server.url))) == b"fine"

    def test_a_folder_of_certificate_authorities_is_trusted(self, tmp_path: Path) -> None:
        context = ssl.create_default_context(cafile=str(CERTIFICATE))
        [authority] = context.get_ca_certs()
        assert authority["subject"] == ((("commonName", "localhost"),),)
        # OpenSSL finds a certificate in a folder by the hash of its subject: `openssl x509 -hash`.
        (tmp_path / "ce275665.0").write_bytes(CERTIFICATE.read_bytes())
        with wire(says(OK), tls=True) as server:
            transport = LiveTransport({"REQUESTS_CA_BUNDLE": str(tmp_path)}, idle_timeout_s=PATIENCE_S)
            assert body_of(transport(post(server.url))) == b"fine"

    def test_a_certificate_of_another_host_is_refused(self) -> None:
        with wire(says(OK), tls=True) as server:
            transport = LiveTransport({"SSL_CERT_FILE": str(CERTIFICATE)}, idle_timeout_s=PATIENCE_S)
            error = failure(transport, post(f"https://127.0.0.1:{server.port}/v1"))
        assert isinstance(error, errors.TlsFailed)
        assert "mismatch" in str(error)

    def test_what_speaks_no_tls_is_refused(self, transport: LiveTransport) -> None:
        def talk(_server: Wire, sock: socket.socket) -> None:
            sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        with wire(talk) as server:
            assert isinstance(failure(transport, post(server.url.replace("http:", "https:"))), errors.TlsFailed)

    @each("content", [None, b"", b"this is no certificate"])
    def test_a_certificate_file_that_cannot_be_read_is_named(self, content: bytes | None, tmp_path: Path) -> None:
        path = tmp_path / "ca.pem"
        if content is not None:
            path.write_bytes(content)
        error = failure(LiveTransport({"SSL_CERT_FILE": str(path)}), post("https://localhost:9/v1"))
        assert isinstance(error, errors.ConfigurationError)
        assert str(path) in str(error)
        assert "SSL_CERT_FILE" in error.advice

    def test_the_authorities_are_loaded_once_for_all_connections_and_transports(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        file = tmp_path / "authorities.pem"
        file.write_bytes(CERTIFICATE.read_bytes())
        loaded: list[Any] = []
        load = ssl.SSLContext.load_verify_locations

        def counted(self: ssl.SSLContext, *places: Any, **more: Any) -> None:
            loaded.append((places, more))
            load(self, *places, **more)

        monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", counted)
        with wire(says(answer(b"fine", "Connection: close")), tls=True) as server:
            one, other = (LiveTransport({"SSL_CERT_FILE": str(file)}, idle_timeout_s=PATIENCE_S) for _ in range(2))
            assert loaded == [], "not before the first connection"
            for transport in (one, one, other):
                assert body_of(transport(post(server.url))) == b"fine"
        assert (server.connections, len(loaded)) == (3, 1)


class Running:
    """An exchange in a thread of its own, as the program has it."""

    def __init__(self, transport: LiveTransport, request: HttpRequest) -> None:
        self.came: queue.Queue[bytes | BaseException] = queue.Queue()
        self._thread = threading.Thread(target=self._run, args=(transport, request), daemon=True)
        self._thread.start()

    def _run(self, transport: LiveTransport, request: HttpRequest) -> None:
        try:
            response = transport(request)
            self.came.put(b"headers")
            try:
                for chunk in response.chunks:
                    self.came.put(chunk)
            finally:
                response.close()
        except BaseException as error:  # what the test asks for
            self.came.put(error)

    def ends(self) -> None:
        self._thread.join(1.0)
        assert not self._thread.is_alive(), "the read still blocks"


def opened(framing: bytes) -> Callable[[Wire, socket.socket], None]:
    def talk(server: Wire, sock: socket.socket) -> None:
        server.hear(sock)
        sock.sendall(b"HTTP/1.1 200 OK\r\n" + framing)
        server.hang(sock)

    return talk


@pytest.fixture(params=[False, True], ids=["http", "https"])
def tls(request: pytest.FixtureRequest) -> Iterator[bool]:
    yield request.param


class TestAbort:
    @pytest.fixture
    def transport(self) -> LiveTransport:
        return LiveTransport({"SSL_CERT_FILE": str(CERTIFICATE)}, idle_timeout_s=60.0)

    @pytest.mark.parametrize(
        "framing",
        [
            b"Content-Length: 9\r\n\r\none",
            b"Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n",
            b"Connection: close\r\n\r\none",
        ],
        ids=["length", "chunked", "close"],
    )
    def test_a_read_of_the_body_wakes_at_once(self, framing: bytes, tls: bool, transport: LiveTransport) -> None:
        with wire(opened(framing), tls=tls) as server:
            running = Running(transport, post(server.url))
            assert (running.came.get(timeout=PATIENCE_S), running.came.get(timeout=PATIENCE_S)) == (b"headers", b"one")
            transport.abort()
            running.ends()
            assert server.ended.wait(PATIENCE_S), "the server is not told"

    def test_a_wait_for_the_headers_wakes_at_once_and_the_server_is_told(
        self, tls: bool, transport: LiveTransport
    ) -> None:
        heard = threading.Event()

        def talk(server: Wire, sock: socket.socket) -> None:
            server.hear(sock)
            heard.set()
            server.hang(sock)

        with wire(talk, tls=tls) as server:
            running = Running(transport, post(server.url))
            assert heard.wait(PATIENCE_S)
            transport.abort()
            running.ends()
            assert isinstance(running.came.get(), errors.Cancelled)
            assert server.ended.wait(PATIENCE_S), "the server goes on with its answer"

    def test_a_body_that_was_not_sent_is_never_sent(
        self, transport: LiveTransport, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        look_up = socket.getaddrinfo

        def stopped_meanwhile(*args: Any, **more: Any) -> Any:
            transport.abort()
            return look_up(*args, **more)

        monkeypatch.setattr(socket, "getaddrinfo", stopped_meanwhile)
        heard: queue.Queue[bytes] = queue.Queue()

        def talk(_server: Wire, sock: socket.socket) -> None:
            data = b""
            while piece := sock.recv(65_536):
                data += piece
            heard.put(data)

        with wire(talk) as server:
            assert isinstance(failure(transport, post(server.url, b"the question")), errors.Cancelled)
            assert b"the question" not in heard.get(timeout=PATIENCE_S)

    def test_after_an_abort_the_next_question_is_asked(self, transport: LiveTransport) -> None:
        with wire(opened(b"Connection: close\r\n\r\none"), says(OK)) as server:
            running = Running(transport, post(server.url))
            assert (running.came.get(timeout=PATIENCE_S), running.came.get(timeout=PATIENCE_S)) == (b"headers", b"one")
            transport.abort()
            running.ends()
            assert body_of(transport(post(server.url))) == b"fine"

    def test_with_nothing_to_abort_nothing_happens(self, transport: LiveTransport) -> None:
        transport.abort()
        with wire(says(OK, OK)) as server:
            response = transport(post(server.url))
            assert body_of(response) == b"fine"
            transport.abort()
            assert body_of(transport(post(server.url))) == b"fine"


class TestFacts:
    def test_of_a_new_connection_each_step_is_timed_of_a_used_one_only_the_exchange(
        self, transport: LiveTransport
    ) -> None:
        with wire(says(OK, OK)) as server:
            body_of(transport(post(server.url)))
            connection, moments = transport.facts()
            steps = (moments.looked_up_ms, moments.connected_ms, moments.sent_ms, moments.answered_ms)
            assert all(steps) and sorted(steps, key=str) and list(steps) == sorted(step or 0 for step in steps)
            assert moments.secured_ms is None
            assert connection == (server.url.split("/")[2], "1.1", "", "", False)

            body_of(transport(post(server.url)))
            connection, moments = transport.facts()
            assert connection.is_reused and connection.address == server.url.split("/")[2]
            assert (moments.looked_up_ms, moments.connected_ms) == (None, None)
            assert moments.sent_ms and moments.answered_ms

    def test_tls_is_a_step_with_its_version_and_cipher(self) -> None:
        trusting = LiveTransport({"SSL_CERT_FILE": str(CERTIFICATE)}, idle_timeout_s=PATIENCE_S)
        with wire(says(OK), tls=True) as server:
            body_of(trusting(post(server.url)))
            connection, moments = trusting.facts()
        assert connection.tls.startswith("TLSv1.3 TLS_")
        assert (moments.connected_ms or 0) < (moments.secured_ms or 0) < (moments.sent_ms or 0)

    def test_a_refused_connection_was_looked_up_and_never_connected(self, transport: LiveTransport) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            failure(transport, post(f"http://127.0.0.1:{taken.getsockname()[1]}/v1"))
        _, moments = transport.facts()
        assert moments.looked_up_ms is not None and moments.connected_ms is None and moments.sent_ms is None

    def test_doubled_headers_and_the_bytes_before_decoding_are_told(self, transport: LiveTransport) -> None:
        packed = gzip.compress(b"a" * 500)
        said = answer(packed, "Content-Encoding: gzip", "Set-Cookie: a=1", "Set-Cookie: b=2")
        with wire(says(said)) as server:
            response = transport(post(server.url))
            assert len(body_of(response)) == 500
        assert [value for name, value in response.header_pairs if name == "Set-Cookie"] == ["a=1", "b=2"]
        assert response.wire_bytes() == len(packed) and response.reason == "OK"

    def test_the_headers_told_are_those_that_the_server_hears_in_their_order(self, transport: LiveTransport) -> None:
        request = post("http://127.0.0.1:1/v1", b"{}", {"Accept": "text/event-stream", "X-Two": "2"})
        heard: queue.Queue[bytes] = queue.Queue()

        def talk(server: Wire, sock: socket.socket) -> None:
            heard.put(server.hear(sock))
            sock.sendall(OK)

        with wire(talk) as server:
            request = request._replace(url=server.url)
            body_of(transport(request))
        lines = heard.get(timeout=PATIENCE_S).split(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
        assert [f"{name}: {value}" for name, value in sent_headers(request)] == lines
