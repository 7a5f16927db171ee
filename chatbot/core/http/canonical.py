"""What makes two requests the same question: canonical JSON (RFC 8785 in spirit: sorted names, no blanks, 1.0 is 1).

Part of it are wire format, origin, path, the headers that change answers, and the body: images and files with all their
bytes. No part of it are keys, what is said for bookkeeping or speed only, the attempt, and the time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from chatbot.core.http.safe import SECRET_PARAMETERS
from chatbot.core.redaction.redactor import is_secret_header
from chatbot.core.request import HttpRequest
from chatbot.records import NamedTuple

VERSION = 1
# None of these changes what is answered; a streamed answer says the same as a whole one.
_BODY_LEFT_OUT = frozenset(
    "stream stream_options user metadata safety_identifier store prompt_cache_key service_tier".split()
)
_HEADERS_LEFT_OUT = frozenset(
    "accept accept-encoding connection content-length content-type host user-agent traceparent tracestate "
    "idempotency-key x-request-id x-client-request-id".split()
)
_DEFAULT_PORTS = {"http": 80, "https": 443}
# The texts that stand in a fingerprint as they are: words of the wire formats, not of the person.
_PLAIN_NAMES = frozenset("version wire origin path model role type effort reasoning_effort media_type mimeType".split())
_HASH_DIGITS = 8


class Difference(NamedTuple):
    """A field of two requests, as text; None where one has no such field."""

    field: str
    mine: str | None
    other: str | None


def canonical(request: HttpRequest, wire: str) -> dict[str, Any]:
    """The document that the key is made of. A body that is no JSON counts by its bytes."""
    parts = urlsplit(request.url)
    port = parts.port if parts.port != _DEFAULT_PORTS.get(parts.scheme) else None
    headers = {name.lower(): value.strip() for name, value in request.headers.items()}
    return {
        "version": VERSION,
        "wire": wire,
        "origin": f"{parts.scheme}://{parts.hostname or ''}" + (f":{port}" if port else ""),
        # Gemini says in the path what others say with `stream`.
        "path": parts.path.replace(":streamGenerateContent", ":generateContent"),
        "query": sorted(pair for pair in parts.query.split("&") if pair and not _is_left_out(pair)),
        "headers": {name: value for name, value in headers.items() if _changes_answers(name)},
        "body": _body(request.body),
    }


def key_of(document: Mapping[str, Any]) -> str:
    """The SHA-256 of a canonical document, in hexadecimal."""
    return hashlib.sha256(_dumps(document).encode()).hexdigest()


def fingerprint(document: Mapping[str, Any]) -> dict[str, str]:
    """Each field of a canonical document by its place (`body.messages[0].content`), without the words of the person:
    of those a part of their SHA-256.
    """
    return dict(_leaves("", {name: value for name, value in document.items() if value}, is_plain=False))


def differences(mine: Mapping[str, str], other: Mapping[str, str]) -> list[Difference]:
    """The fields that differ between two fingerprints."""
    names = dict.fromkeys((*mine, *other))
    found = (Difference(name, mine.get(name), other.get(name)) for name in names)
    return [each for each in found if each.mine != each.other]


def anywhere(document: Mapping[str, Any]) -> dict[str, Any]:
    """The same without the place: a record is the same question wherever it was asked."""
    return {name: value for name, value in document.items() if name not in ("wire", "origin")}


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """The names of the fields in which two documents differ."""
    return [each.field for each in differences(fingerprint(one), fingerprint(other))]


def _is_left_out(pair: str) -> bool:
    name = pair.partition("=")[0].lower()
    return name in SECRET_PARAMETERS or pair == "alt=sse"


def _changes_answers(name: str) -> bool:
    return name not in _HEADERS_LEFT_OUT and not is_secret_header(name)


def _body(body: bytes) -> Any:
    try:
        document = _same_numbers(json.loads(body))
    except (ValueError, RecursionError):
        return {"sha256": hashlib.sha256(body).hexdigest()}
    if isinstance(document, dict):
        return {name: value for name, value in document.items() if name not in _BODY_LEFT_OUT}
    return document


def _same_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _same_numbers(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_same_numbers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _dumps(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _leaves(place: str, value: Any, *, is_plain: bool) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for name in sorted(value):
            plain = name in _PLAIN_NAMES or name.endswith(("-version", "-beta"))
            yield from _leaves(f"{place}.{name}" if place else name, value[name], is_plain=plain)
    elif isinstance(value, list) and value:
        for number, item in enumerate(value):
            yield from _leaves(f"{place}[{number}]", item, is_plain=False)
    elif isinstance(value, str) and not is_plain:
        yield place, f"sha256 {hashlib.sha256(value.encode('utf-8', 'replace')).hexdigest()[:_HASH_DIGITS]}"
    else:
        yield place, value if isinstance(value, str) else _dumps(value)
