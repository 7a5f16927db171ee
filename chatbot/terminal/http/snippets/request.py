"""What every snippet says, whatever its language."""

from __future__ import annotations

import re
from collections.abc import Callable

from chatbot.core.http.exchange import SafeExchange
from chatbot.core.redaction.redactor import HIDDEN, MASK
from chatbot.core.request import USUAL_ROUTE, Route
from chatbot.records import NamedTuple

_ADDED_BY_CLIENTS = frozenset("host content-length user-agent accept-encoding".split())
_KEY_HEADERS = frozenset("authorization x-api-key api-key x-goog-api-key".split())


class Variable(NamedTuple):
    """The place of a secret: the variable of the environment that has it."""

    name: str


Text = tuple[str | Variable, ...]


class Request(NamedTuple):
    """A request with variables where secrets were. `is_stream`: the answer is asked for as server-sent events."""

    method: str
    url: Text
    headers: tuple[tuple[str, Text], ...]
    body: str
    wire: str
    is_stream: bool
    proxy: Text | None
    route: Route


def request_of(exchange: SafeExchange, key_variable: str, route: Route = USUAL_ROUTE) -> Request:
    """What is said, without what every client adds itself, and `route`, the way it goes."""
    headers = tuple(
        (name, _text(value, HIDDEN, key_variable if name.lower() in _KEY_HEADERS else _variable_for(name)))
        for name, value in exchange.request_headers
        if name.lower() not in _ADDED_BY_CLIENTS
    )
    is_stream = "event-stream" in "".join(value for name, value in exchange.request_headers if name == "Accept")
    url = _text(exchange.url, MASK, key_variable)
    body = exchange.request_body.decode("utf-8")
    return Request(exchange.method, url, headers, body, exchange.wire, is_stream, _proxy(route.proxy), route)


def _proxy(url: str | None) -> Text | None:
    """The proxy, with a variable in the place of its name and password."""
    scheme, _, rest = (url or "").partition("://")
    credentials, at, place = rest.rpartition("@")
    if url is None or not credentials:
        return url if url is None else (url,)
    return (f"{scheme}://", Variable("PROXY_USER"), f"{at}{place}")


def _text(text: str, hidden: str, variable: str) -> Text:
    first, *others = text.split(hidden)
    parts: list[str | Variable] = [first]
    for part in others:
        parts += [Variable(variable), part]
    return tuple(part for part in parts if part)


def _variable_for(header: str) -> str:
    return re.sub("[^A-Z0-9]", "_", header.upper())


def written(text: Text, plain: Callable[[str], str], variable: Callable[[str], str], joint: str = "") -> str:
    """A text as a language writes its parts."""
    return joint.join(variable(part.name) if isinstance(part, Variable) else plain(part) for part in text)


def has_variable(text: Text) -> bool:
    """Whether there is a secret in it."""
    return any(isinstance(part, Variable) for part in text)
