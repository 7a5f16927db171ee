"""What makes two requests the same question: the key of a cassette and of the cache.

Part of it are wire format, origin, path, the headers that change answers, and the body: images and files with all their
bytes. No part of it are keys, what is said for bookkeeping or speed only, the attempt, and the time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from chatbot.core.addresses import is_loopback
from chatbot.core.http.exchange import Headers
from chatbot.core.http.safe import SECRET_PARAMETERS
from chatbot.core.redaction.redactor import is_secret_header

VERSION = 1
# What changes the way of the answer, or is about the person, and not the answer.
_LEFT_OUT = ("stream stream_options user metadata safety_identifier store prompt_cache_key service_tier").split()
_NO_ANSWER_HEADERS = (
    "host user-agent accept accept-encoding content-type content-length connection traceparent tracestate "
    "idempotency-key x-request-id x-client-request-id"
).split()
_USUAL_PORTS = {"http": 80, "https": 443}
# The texts that are words of the wire formats, not of the person.
_PLAIN_NAMES = frozenset("version wire origin path model role type effort reasoning_effort media_type mimeType".split())
_HASH_DIGITS = 8
_ABSENT = object()


class Difference(NamedTuple):
    """A member of two forms, by its path (`body.messages.0.content`), as JSON; None where one has no such member."""

    path: str
    one: str | None
    other: str | None


def canonical(wire: str, url: str, headers: Headers, body: bytes, *, any_port: bool = False) -> dict[str, Any]:
    """The request as it is compared. With `any_port` this machine is one place, whatever port answers."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or _USUAL_PORTS.get(parts.scheme)
    form = {
        "version": VERSION,
        "wire": wire,
        "origin": "localhost" if any_port and is_loopback(host) else f"{parts.scheme}://{host}:{port}",
        "path": parts.path.replace(":streamGenerateContent", ":generateContent"),
        "headers": {
            name.lower(): value
            for name, value in headers
            if name.lower() not in _NO_ANSWER_HEADERS and not is_secret_header(name)
        },
        "body": _document(body),
    }
    query = sorted(pair for pair in parts.query.split("&") if pair and not _changes_no_answer(pair))
    return {**form, "query": query} if query else form


def key_of(form: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON (sorted names, no blanks), in hexadecimal digits."""
    return hashlib.sha256(_json(form).encode("utf-8", "surrogatepass")).hexdigest()


def differing(one: Any, other: Any) -> Iterator[str]:
    """The paths of the members in which two forms differ: `body.messages.0.content`."""
    return (each.path for each in differences(one, other))


def differences(one: Any, other: Any, path: str = "") -> Iterator[Difference]:
    """The members in which two forms differ."""
    names: Iterable[Any]
    if isinstance(one, dict) and isinstance(other, dict):
        pairs = ((name, one.get(name, _ABSENT), other.get(name, _ABSENT)) for name in sorted(one.keys() | other.keys()))
    elif isinstance(one, list) and isinstance(other, list) and one and other:
        names = range(max(len(one), len(other)))
        pairs = ((name, _at(one, name), _at(other, name)) for name in names)
    else:
        said = tuple(None if value is _ABSENT else _json(value) for value in (one, other))
        if said[0] != said[1]:  # in JSON, 1 is not true
            yield Difference(path, *said)
        return
    for name, left, right in pairs:
        yield from differences(left, right, f"{path}.{name}" if path else str(name))


def without_words(form: Any, *, is_plain: bool = False) -> Any:
    """The same form with a part of their SHA-256 in place of the words of the person."""
    if isinstance(form, dict):
        return {
            name: without_words(value, is_plain=name in _PLAIN_NAMES or name.endswith(("-version", "-beta")))
            for name, value in form.items()
        }
    if isinstance(form, list):
        return [without_words(item) for item in form]
    if isinstance(form, str) and not is_plain:
        return f"sha256 {hashlib.sha256(form.encode('utf-8', 'surrogatepass')).hexdigest()[:_HASH_DIGITS]}"
    return form


def _document(body: bytes) -> Any:
    try:
        document = _with_whole_numbers(json.loads(body)) if body else None
    except (ValueError, RecursionError):
        return body.decode("utf-8", "backslashreplace")
    if isinstance(document, dict):
        return {name: value for name, value in document.items() if name not in _LEFT_OUT}
    return document


def _with_whole_numbers(value: Any) -> Any:
    """The same with 1 for 1.0, as RFC 8785 writes it."""
    if isinstance(value, dict):
        return {name: _with_whole_numbers(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_with_whole_numbers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _changes_no_answer(pair: str) -> bool:
    return pair == "alt=sse" or pair.partition("=")[0].lower() in SECRET_PARAMETERS


def _at(items: list[Any], number: int) -> Any:
    return items[number] if number < len(items) else _ABSENT


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
