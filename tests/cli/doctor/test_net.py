"""`chat doctor --net`: each service is asked at its own place, and what stands in between is named."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.journeys.chat import KEY, run
from tests.outside.wire import Wire, answer, says, wire
from tests.tables import each

LIST = json.dumps({"data": [{"id": "one"}, {"id": "two"}]}).encode()
MODELS = answer(LIST, "Content-Type: application/json")
HOST = "llm.example.com"


def rows(home: Path, **variables: str) -> tuple[list[dict[str, Any]], int]:
    chosen: dict[str, Any] = {"TERM": "xterm", "LC_ALL": "C.UTF-8", "CHAT_TIMEOUT": "0.5", **variables}
    done = run("doctor", "--net", "--json", home=home, **chosen)
    assert KEY not in done.text + done.err
    found = [json.loads(line) for line in done.text.splitlines()]
    return [row for row in found if row["check"] == "services"], done.code


def asked(home: Path, url: str, **variables: str) -> tuple[list[dict[str, Any]], int]:
    return rows(home, OPENAI_API_KEY=KEY, OPENAI_BASE_URL=url, **variables)


def test_a_service_that_answers_is_ok_with_the_time_of_each_step(tmp_path: Path) -> None:
    with wire(says(MODELS)) as server:
        [row], code = asked(tmp_path, server.url)
    assert row["state"] == "ok" and code == 0
    assert row["text"].startswith(f"127.0.0.1:{server.port} at 127.0.0.1:{server.port}: 2 models; name ")
    assert "connection" in row["text"] and "answer" in row["text"]


def test_a_key_goes_to_its_own_service_alone_and_all_are_asked(tmp_path: Path) -> None:
    with wire(says(MODELS)) as one, wire(says(MODELS)) as other:
        found, code = rows(
            tmp_path,
            OPENAI_API_KEY=KEY,
            OPENAI_BASE_URL=one.url,
            MISTRAL_API_KEY=f"{KEY}-other",
            MISTRAL_BASE_URL=other.url,
        )
    assert (len(found), code) == (2, 0)
    assert f"{KEY}\r\n".encode() in one.heard[0] and f"{KEY}-other\r\n".encode() in other.heard[0]
    assert (len(one.heard), len(other.heard)) == (1, 1)


@each(
    ("said", "state", "words", "way_out", "code"),
    [
        (answer(b"{}", status="401 Unauthorized"), "fault", "rejected the key", "OPENAI_API_KEY", 78),
        (answer(b"{}", status="500 Oops"), "fault", "failed inside", "try again later", 69),
        (answer(b"{}", status="429 Slow"), "fault", "limits the rate", "Wait", 69),
        (answer(b"<html>", "Content-Type: text/html"), "fault", "", "base URL", 69),
        (answer(b"not found", status="404 Not Found"), "warning", "gives no list of models", "base URL", 0),
        (b"junk\r\n\r\n", "fault", "does not speak HTTP", "port", 69),
    ],
)
def test_what_a_service_says_instead_is_told(
    said: bytes, state: str, words: str, way_out: str, code: int, tmp_path: Path
) -> None:
    with wire(says(said)) as server:
        [row], exit_code = asked(tmp_path, server.url)
    assert (row["state"], exit_code) == (state, code), row
    assert words in row["text"] and way_out in row["advice"], row


def test_where_nothing_listens_and_where_nothing_comes_is_a_fault_of_the_net(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    [row], code = asked(tmp_path, f"http://127.0.0.1:{port}/v1")
    assert "nothing answers at" in row["text"] and row["advice"] and code == 69
    with wire(Wire.hang) as server:
        began_s = time.monotonic()
        [row], code = asked(tmp_path, server.url)
    assert "nothing came from" in row["text"] and row["advice"] and code == 69
    assert time.monotonic() - began_s < 10


def test_a_service_that_takes_too_long_is_not_waited_for(tmp_path: Path) -> None:
    with wire(Wire.hang) as slow, wire(says(MODELS)) as server:
        other = {"MISTRAL_API_KEY": f"{KEY}-other", "MISTRAL_BASE_URL": slow.url}
        found, code = asked(tmp_path, server.url, CHAT_TIMEOUT="8", CHAT_MAX_TIME="1", **other)
    said = {row["state"]: row for row in found}
    assert set(said) == {"ok", "fault"} and code == 69
    assert "there was no answer within 1 s" in said["fault"]["text"] and said["fault"]["advice"]


def test_a_clock_that_is_wrong_is_a_warning(tmp_path: Path) -> None:
    late = answer(LIST, f"Date: {formatdate(time.time() + 3600, usegmt=True)}")
    with wire(says(late)) as server:
        (_, row), code = asked(tmp_path, server.url)
    assert row["state"] == "warning" and "clock differs" in row["text"] and " by 3" in row["text"] and code == 0
    assert "Set the clock" in row["advice"]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(organization_name="Corporate Proxy Inc")


@pytest.fixture
def tls(authority: trustme.CA, tmp_path: Path) -> Iterator[Wire]:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", HOST).configure_cert(context)
    with wire(says(MODELS), tls=context) as running:
        yield running


def test_who_issued_a_certificate_is_named_where_it_is_no_public_authority(tls: Wire, tmp_path: Path) -> None:
    (_, row), code = asked(tmp_path, tls.url, CHAT_CACERT="ca.pem")
    assert row["state"] == "warning" and "certificate by Corporate Proxy Inc, no public authority" in row["text"]
    assert code == 0
    (first, row), code = asked(tmp_path, tls.url)
    assert "no safe connection" in first["text"]
    assert row["state"] == "fault" and "certificate by Corporate Proxy Inc, which is not trusted" in row["text"]
    assert "--cacert" in row["advice"] and code == 69
    assert all(b"Bearer" in heard for heard in tls.heard) and len(tls.heard) == 1


def test_a_certificate_of_a_public_authority_is_ok(tls: Wire, tmp_path: Path) -> None:
    from chatbot.cli.doctor.net import judged
    from chatbot.outside.http.certificate import Shown

    found = judged("OpenAI", Shown("Google Trust Services", True), is_trusted=True)
    assert (found.state, found.text) == ("ok", "OpenAI: certificate by Google Trust Services")


def tunnel(to: Wire) -> Callable[[Wire, socket.socket], None]:
    """A proxy that lets through whatever is asked for, to one server."""

    def talk(proxy: Wire, sock: socket.socket) -> None:
        proxy.hear(sock)
        sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with socket.create_connection(("127.0.0.1", to.port)) as other:
            threading.Thread(target=pump, args=(other, sock), daemon=True).start()
            pump(sock, other)

    return talk


def pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def test_a_proxy_is_gone_through_and_named(tls: Wire, tmp_path: Path) -> None:
    with wire(tunnel(tls)) as proxy:
        url = f"http://ann:very-secret-word@127.0.0.1:{proxy.port}"
        (first, row), code = asked(tmp_path, f"https://{HOST}:1234/v1", HTTPS_PROXY=url, CHAT_CACERT="ca.pem")
    assert f"through the proxy 127.0.0.1:{proxy.port}: 2 models" in first["text"], first
    assert "Corporate Proxy Inc" in row["text"] and code == 0
    assert all(b"Proxy-Authorization: Basic" in heard and KEY.encode() not in heard for heard in proxy.heard)
    assert "very-secret-word" not in json.dumps([first, row])


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "asks for a name and a password"),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "refuses to connect"),
    ],
)
def test_a_proxy_that_does_not_let_through_is_named(said: bytes, why: str, tmp_path: Path) -> None:
    with wire(says(said)) as proxy:
        [row], code = asked(tmp_path, f"https://{HOST}/v1", HTTPS_PROXY=f"http://127.0.0.1:{proxy.port}")
    assert f"the proxy 127.0.0.1:{proxy.port} cannot be used: it {why}" in row["text"] and row["advice"] and code == 69


def test_a_key_command_that_fails_costs_no_other_service(tmp_path: Path) -> None:
    folder = tmp_path / ".config" / "chat"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "keys.toml").write_text('MISTRAL_API_KEY = { command = "false" }\n')
    (folder / "keys.toml").chmod(0o600)
    with wire(says(MODELS)) as server:
        found, code = asked(tmp_path, server.url)
    assert sorted(row["state"] for row in found) == ["fault", "ok"]
    assert any("MISTRAL_API_KEY" in row["text"] for row in found) and code == 78


def test_without_a_key_nobody_is_asked(tmp_path: Path) -> None:
    [row], _ = rows(tmp_path)
    assert "nobody is asked" in row["text"]
