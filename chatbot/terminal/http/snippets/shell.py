"""Commands for a POSIX shell. Source: curl.se/docs/manpage.html; httpie.io/docs/cli."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from chatbot.core.http.exchange import SafeExchange
from chatbot.core.request import USUAL_ROUTE, Route
from chatbot.terminal.http.snippets.request import Request, Text, has_variable, request_of, written

MAX_INLINE_BYTES = 100_000  # Linux takes 128 KiB in one word of a command line
BODY_FILE = "request.json"


def as_curl(exchange: SafeExchange, key_variable: str, route: Route = USUAL_ROUTE) -> str:
    """A command of curl."""
    asked = request_of(exchange, key_variable, route)
    words = [f"curl --no-buffer --fail-with-body --request {asked.method}", _word(asked.url)]
    if asked.proxy is not None:
        words.append(f"--proxy {_word(asked.proxy)}")
    if route.ca_file or route.ca == "system":
        words.append(f"--cacert {shlex.quote(route.ca_file)}" if route.ca_file else "--ca-native")
    words += ["--insecure"] if route.insecure else []
    words += [f"--header {_word((f'{name}: ', *value))}" for name, value in asked.headers]
    if asked.body:
        words.append(f"--data-binary @{BODY_FILE}" if _is_long(asked) else f"--data-raw {shlex.quote(asked.body)}")
    return " \\\n  ".join(words) + "\n"


def as_httpie(exchange: SafeExchange, key_variable: str, route: Route = USUAL_ROUTE) -> str:
    """A command of HTTPie."""
    asked = request_of(exchange, key_variable, route)
    first = ("http --ignore-stdin --check-status --stream", *_httpie_way(asked), asked.method)
    words = [" ".join(first), _word(asked.url)]
    words += [_word((f"{name}:", *value)) for name, value in asked.headers]
    if asked.body:
        words.append(f"@{BODY_FILE}" if _is_long(asked) else f"--raw {shlex.quote(asked.body)}")
    return " \\\n  ".join(words) + "\n"


def _httpie_way(asked: Request) -> Iterator[str]:
    if asked.proxy is not None:
        yield from (f"--proxy {scheme}:{_word(asked.proxy)}" for scheme in ("http", "https"))
    if asked.route.ca_file or asked.route.insecure:
        yield f"--verify {'no' if asked.route.insecure else shlex.quote(asked.route.ca_file)}"


def _is_long(asked: Request) -> bool:
    return len(asked.body.encode()) > MAX_INLINE_BYTES


def files_of(exchange: SafeExchange, form: str) -> dict[str, bytes]:
    """What has to stand beside a command, by name: a body that is too long for it."""
    is_long = form in ("curl", "httpie") and len(exchange.request_body) > MAX_INLINE_BYTES
    return {BODY_FILE: exchange.request_body} if is_long else {}


def _word(text: Text) -> str:
    """One word; between double quotes where there is a variable in it."""
    if not has_variable(text):
        return shlex.quote(written(text, str, str))
    return '"' + written(text, lambda plain: re.sub(r'([$`"\\])', r"\\\1", plain), lambda name: f"${{{name}}}") + '"'
