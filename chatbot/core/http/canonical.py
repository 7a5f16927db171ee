"""What makes two requests the same question: the key of a cassette and of the cache."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from chatbot.core.addresses import is_loopback
from chatbot.core.http.exchange import Headers
from chatbot.core.redaction.redactor import is_secret_header

VERSION = 1
# What changes the way of the answer, or is about the person, and not the answer.
_LEFT_OUT = ("stream stream_options user metadata safety_identifier store prompt_cache_key service_tier").split()
_NO_ANSWER_HEADERS = (
    "host user-agent accept accept-encoding content-type content-length connection traceparent tracestate"
).split()


def canonical(wire: str, url: str, headers: Headers, body: bytes, *, any_port: bool = False) -> dict[str, Any]:
    """The request as it is compared. With `any_port` this machine is one place, whatever port answers."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    origin = "localhost" if any_port and is_loopback(host) else f"{parts.scheme}://{host}:{parts.port or ''}"
    try:
        document = json.loads(body) if body else None
    except ValueError:
        document = body.decode("utf-8", "replace")
    if isinstance(document, dict):
        document = {name: value for name, value in document.items() if name not in _LEFT_OUT}
    path = parts.path.replace(":streamGenerateContent", ":generateContent")
    return {
        "version": VERSION,
        "wire": wire,
        "origin": origin,
        "path": path,
        "headers": {
            name.lower(): value
            for name, value in headers
            if name.lower() not in _NO_ANSWER_HEADERS and not is_secret_header(name)
        },
        "body": document,
    }


def key_of(form: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON (sorted names, no blanks), in hexadecimal digits."""
    text = json.dumps(form, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def differing(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """The names of the members in which two forms differ: `body.messages.0.content`."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted(one.keys() | other.keys()):
            yield from differing(one.get(name), other.get(name), f"{path}.{name}" if path else name)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from differing(left, right, f"{path}.{number}")
    elif json.dumps(one, sort_keys=True) != json.dumps(other, sort_keys=True):  # in JSON, 1 is not true
        yield path
