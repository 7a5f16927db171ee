"""Sessions over streamable HTTP, with a server of the package itself and with answers that are none."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from chatbot.core.mcp.entries import ServerEntry
from tests.outside.mcp.served import NEEDS_MCP, call, opened

pytestmark = NEEDS_MCP


def at(url: str, name: str = "far", **headers: str) -> ServerEntry:
    return ServerEntry(name, "mcp.json", False, "", url=url, headers=headers)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, list[dict[bytes, bytes]]]]:
    """The address of a server of the package's own, and the headers of each request to it."""
    import uvicorn

    from tests.outside.mcp.packaged_server import server

    seen: list[dict[bytes, bytes]] = []
    app = server.streamable_http_app()

    async def noting(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            seen.append(dict(scope["headers"]))
        await app(scope, receive, send)

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        running = uvicorn.Server(
            uvicorn.Config(noting, log_level="critical", lifespan="on", timeout_graceful_shutdown=1)
        )
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not running.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp", seen
        running.should_exit = True
        thread.join(5)


def test_a_server_at_an_address_is_called_with_the_headers_of_its_entry(
    served: tuple[str, list[dict[bytes, bytes]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, seen = served
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # nobody else is asked for what is on this machine
    with opened(at(url, Authorization="Bearer of-the-entry"), call_within_s=1.0) as (sessions, found):
        assert [tool.name for tool in found["far"].tools] == ["add", "weather", "picture", "broken", "slow"]
        assert found["far"].tools[0].description == "Adds two numbers."
        assert call(sessions, "far", "add", one=2, other=3) == ("5", False)
        failed = call(sessions, "far", "broken")
        assert failed.is_error
        assert call(sessions, "far", "slow").text == "the MCP server far did not answer within 1 s"
        begun_s = time.monotonic()
    assert time.monotonic() - begun_s < 1.5
    assert {headers[b"authorization"] for headers in seen} == {b"Bearer of-the-entry"}


@contextmanager
def answering(status: int, body: bytes, **headers: str) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:
                pass  # it was told that this is too much

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/mcp"
        server.shutdown()
        thread.join()


def test_what_an_address_answers_instead_is_named() -> None:
    with (
        answering(401, b"no") as refusing,
        answering(200, b"<html>hello", content_type="text/html") as page,
        answering(200, b"x" * 17_000_000, content_type="application/json") as flood,
        answering(307, b"", location="http://elsewhere.example/mcp") as moved,
        opened(
            at(refusing, "refusing"),
            at(page, "page"),
            at(flood, "flood"),
            at(moved, "moved"),
            at("http://127.0.0.1:1/mcp", "absent"),
        ) as (_, found),
    ):
        faults = {name: one.fault for name, one in found.items()}
    assert faults["refusing"] == "it answered with HTTP 401"
    assert "text/html" in faults["page"]
    assert faults["flood"] == "the body has more than 16 MB"
    assert "elsewhere.example/mcp not followed" in faults["moved"]
    assert faults["absent"]
