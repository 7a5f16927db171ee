"""The forms in which a request can be written, by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from chatbot.core.errors import UsageError
from chatbot.core.http.bodies import shown_body
from chatbot.core.http.exchange import SafeExchange
from chatbot.core.request import USUAL_ROUTE, Route
from chatbot.terminal.http.snippets.javascript import as_js
from chatbot.terminal.http.snippets.python import as_python
from chatbot.terminal.http.snippets.shell import as_curl, as_httpie, files_of


def as_http(exchange: SafeExchange, key_variable: str = "", route: Route = USUAL_ROUTE) -> str:
    """The request, and the answer if there is one, as HTTP/1.1 writes them (RFC 9112)."""
    path = "/" + exchange.url.split("://", 1)[-1].partition("/")[2]
    lines = [f"{exchange.method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in exchange.request_headers)]
    if exchange.request_body:
        lines += ["", shown_body(exchange.request_body)]
    if exchange.status is not None:
        version = exchange.connection.http_version or "1.1"
        lines += ["", f"HTTP/{version} {exchange.status} {exchange.reason}".rstrip()]
        lines += [f"{name}: {value}" for name, value in exchange.response_headers]
        lines += ["", exchange.response_body.decode("utf-8", "replace").rstrip("\n")]
    return "\n".join(lines) + "\n"


def as_body(exchange: SafeExchange, key_variable: str = "", route: Route = USUAL_ROUTE) -> str:
    """The body alone, whole."""
    return json.dumps(json.loads(exchange.request_body or b"null"), ensure_ascii=False, indent=2) + "\n"


_WRITE: Mapping[str, Callable[[SafeExchange, str, Route], str]] = {
    "http": as_http,
    "curl": as_curl,
    "python": as_python,
    "js": as_js,
    "httpie": as_httpie,
    "body": as_body,
}


def snippet(
    exchange: SafeExchange, form: str, key_variable: str, route: Route = USUAL_ROUTE, *, has_folder: bool = False
) -> str:
    """The request in this form, on its way to the server. Raises UsageError where it needs a file beside it and there
    is no folder for one.
    """
    if files_of(exchange, form) and not has_folder:
        size = f"{len(exchange.request_body) // 1000} kB"
        raise UsageError(
            f"the body has {size}, more than a command line takes",
            advice="Take python or js, or name a folder for it with --out.",
        )
    return _WRITE[form](exchange, key_variable or "KEY", route)
