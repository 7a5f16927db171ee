"""Exchanges as JSON Lines: what a cassette, the history and a report keep of them.

An exchange is a line `request`, then `response` if an answer came, a line for each `chunk`, and `end`. A later `end`
with its id replaces that: what became of an answer may be known only when another exchange has begun. A file that ends
earlier is read as far as it goes.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chatbot.core.errors import ConfigurationError
from chatbot.core.events import Usage
from chatbot.core.http.exchange import Chunk, ConnectionFacts, Exchange, Headers, Moments, SafeExchange, Wait
from chatbot.core.json_text import dumps

_REQUEST = ("id", "attempt", "started_s", "provider", "wire", "model", "method", "url")
_END = ("body_bytes", "wire_bytes", "end", "error", "verdict", "finish_reason")


def to_lines(exchange: SafeExchange) -> Iterator[str]:
    """The lines of one exchange, without their ends."""
    yield request_line(exchange)
    if exchange.status is not None:
        yield response_line(exchange)
    yield from map(chunk_line, exchange.chunks)
    yield end_line(exchange)


def request_line(exchange: SafeExchange) -> str:
    """What is sent, which is known when it begins."""
    facts = {name: getattr(exchange, name) for name in _REQUEST}
    body = as_text_or_base64(exchange.request_body)
    return dumps({"type": "request", **facts, "headers": exchange.request_headers, **body})


def response_line(exchange: SafeExchange) -> str:
    """The head of the answer."""
    head = {"status": exchange.status, "reason": exchange.reason, "headers": exchange.response_headers}
    return dumps({"type": "response", **head})


def chunk_line(chunk: Chunk) -> str:
    """A piece of the body, without keys."""
    return dumps({"type": "chunk", "t_ms": chunk.at_ms, **as_text_or_base64(chunk.data)})


def end_line(exchange: SafeExchange) -> str:
    """How it ended, and what is only known then."""
    end = {name: getattr(exchange, name) for name in _END}
    usage = exchange.usage and exchange.usage._asdict()
    wait = exchange.wait and exchange.wait._asdict()
    facts = {"connection": exchange.connection._asdict(), "moments": exchange.moments._asdict()}
    return dumps({"type": "end", "id": exchange.id, **end, **facts, "usage": usage, "wait": wait})


def as_text_or_base64(data: bytes) -> dict[str, str]:
    """Bytes as text where they are UTF-8, else in Base64 (RFC 4648, section 4)."""
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"b64": base64.b64encode(data).decode()}


def from_lines(lines: Iterable[str], name: str) -> list[Exchange]:
    """The exchanges; a file that somebody else made may have keys in it. Raises ConfigurationError, which names the
    file, the line and what is wrong there.
    """
    found: list[Exchange] = []
    chunks: list[list[Chunk]] = []
    number = 0
    try:
        for line in lines:
            number += 1
            if line.strip():
                _take(json.loads(line), found, chunks)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, IndexError) as error:
        raise ConfigurationError(
            f"{name} is no cassette: line {number}: {_fault(error)}", advice="A cassette is made with --record."
        ) from error
    return [each._replace(chunks=tuple(came)) for each, came in zip(found, chunks, strict=True)]


def _fault(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return "this is not JSON"
    if isinstance(error, KeyError):
        return f"{error.args[0]} is missing"
    return str(error) if type(error) is ValueError else "a value is of another kind"


def _take(row: Mapping[str, Any], found: list[Exchange], chunks: list[list[Chunk]]) -> None:
    kind = row["type"]
    if kind not in ("request", "response", "chunk", "end"):
        raise ValueError(f"there is no type {kind!r}")
    if kind == "request":
        found.append(_begun(row))
        chunks.append([])
    elif not found:
        raise ValueError(f"a {kind} before any request")
    elif kind == "chunk":
        chunks[-1].append(Chunk(float(row["t_ms"]), _bytes(row)))
    elif kind == "response":
        found[-1] = _answered(found[-1], row)
    else:
        at = next((at for at in reversed(range(len(found))) if found[at].id == row.get("id")), -1)
        found[at] = _ended(found[at], row)


def _begun(row: Mapping[str, Any]) -> Exchange:
    texts: dict[str, Any] = {name: _text(row[name]) for name in _REQUEST if name not in ("attempt", "started_s")}
    return Exchange(
        **texts,
        attempt=int(row["attempt"]),
        started_s=float(row["started_s"]),
        request_headers=_headers(row["headers"]),
        request_body=_bytes(row),
    )


def _answered(exchange: Exchange, row: Mapping[str, Any]) -> Exchange:
    headers = _headers(row["headers"])
    return exchange._replace(status=int(row["status"]), reason=_text(row["reason"]), response_headers=headers)


def _ended(exchange: Exchange, row: Mapping[str, Any]) -> Exchange:
    return exchange._replace(
        **{name: row[name] for name in _END},
        connection=ConnectionFacts(**row["connection"]),
        moments=Moments(**row["moments"]),
        usage=Usage(**row["usage"]) if row["usage"] else None,
        wait=Wait(**row["wait"]) if row["wait"] else None,
    )


def _headers(pairs: Any) -> Headers:
    return tuple((_text(name), _text(value)) for name, value in pairs)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _bytes(row: Mapping[str, Any]) -> bytes:
    return _text(row["text"]).encode() if "text" in row else base64.b64decode(row["b64"], validate=True)
