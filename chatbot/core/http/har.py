"""Exchanges as an HTTP archive. Source: HAR 1.2 (w3c.github.io/web-performance, "HTTP Archive (HAR) format")."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from chatbot.core.http.bodies import as_text_pieces
from chatbot.core.http.exchange import Headers, SafeExchange
from chatbot.core.json_text import written

UNKNOWN = -1


def har(exchanges: Sequence[SafeExchange], version: str, iso: Callable[[float], str]) -> Iterator[str]:
    """The archive as JSON in pieces, each attempt an entry of its own. `version` is this program's; `iso` makes RFC
    3339 of seconds.
    """
    entries = [_entry(exchange, iso(exchange.started_s)) for exchange in exchanges]
    log = {"version": "1.2", "creator": {"name": "chat", "version": version}, "entries": entries}
    return written({"log": log}, indent=1)


def _entry(exchange: SafeExchange, started: str) -> dict[str, Any]:
    timings = _timings(exchange)
    entry: dict[str, Any] = {
        "startedDateTime": started,
        "time": sum(ms for name, ms in timings.items() if ms > 0 and name != "ssl"),  # ssl lies inside connect
        "request": _request(exchange),
        "response": _response(exchange),
        "cache": {},
        "timings": timings,
        "_id": exchange.id,
        "_attempt": exchange.attempt,
        "_end": exchange.end,
        "_chunks": ({"at_ms": chunk.at_ms, "bytes": len(chunk.data)} for chunk in exchange.chunks),
    }
    if exchange.connection.address:
        entry["serverIPAddress"] = exchange.connection.address.rpartition(":")[0]
    if exchange.error:
        entry["comment"] = exchange.error
    return entry


def _request(exchange: SafeExchange) -> dict[str, Any]:
    query = parse_qsl(urlsplit(exchange.url).query, keep_blank_values=True)
    request: dict[str, Any] = {
        "method": exchange.method,
        "url": exchange.url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(exchange.request_headers),
        "queryString": _pairs(tuple(query)),
        "headersSize": UNKNOWN,
        "bodySize": len(exchange.request_body),
    }
    if exchange.request_body:
        text = exchange.request_body.decode("utf-8", "replace")
        request["postData"] = {"mimeType": "application/json", "params": [], "text": text}
    return request


def _response(exchange: SafeExchange) -> dict[str, Any]:
    body = as_text_pieces(exchange.chunks)
    content: dict[str, Any] = {"size": exchange.body_bytes, "mimeType": exchange.header("content-type") or "x-unknown"}
    content |= {"text": body.text} if body.is_utf8 else {"text": body.text, "encoding": "base64"}
    return {
        "status": exchange.status or 0,
        "statusText": exchange.reason,
        "httpVersion": f"HTTP/{exchange.connection.http_version or '1.1'}",
        "cookies": [],
        "headers": _pairs(exchange.response_headers),
        "content": content,
        "redirectURL": exchange.header("location"),
        "headersSize": UNKNOWN,
        "bodySize": UNKNOWN if exchange.wire_bytes is None else exchange.wire_bytes,
    }


def _timings(exchange: SafeExchange) -> dict[str, float]:
    """Milliseconds of each phase: UNKNOWN where it did not take place, 0 for what HAR requires and nobody knows."""
    moments = exchange.moments
    connected_ms = moments.secured_ms if moments.secured_ms is not None else moments.connected_ms
    before_ms = connected_ms or 0.0
    sent_ms = moments.sent_ms if moments.sent_ms is not None else before_ms
    answered_ms = moments.answered_ms if moments.answered_ms is not None else moments.ended_ms or sent_ms
    return {
        "blocked": UNKNOWN,
        "dns": _between(0.0, moments.looked_up_ms),
        "connect": _between(moments.looked_up_ms, connected_ms),
        "ssl": _between(moments.connected_ms, moments.secured_ms),
        "send": max(0.0, sent_ms - before_ms),
        "wait": max(0.0, answered_ms - sent_ms),
        "receive": max(0.0, (moments.ended_ms or answered_ms) - answered_ms),
    }


def _between(from_ms: float | None, to_ms: float | None) -> float:
    return UNKNOWN if from_ms is None or to_ms is None else max(0.0, to_ms - from_ms)


def _pairs(headers: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]
