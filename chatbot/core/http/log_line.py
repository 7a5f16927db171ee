"""An attempt as a line of a log: one JSON object, nothing cut without saying so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chatbot.core.http.bodies import as_text_pieces
from chatbot.core.http.exchange import Chunk, Chunks, Headers, SafeExchange
from chatbot.core.http.seen import Arrivals
from chatbot.core.json_text import written
from chatbot.core.request import request_id_in


def log_line(exchange: SafeExchange, arrived: Arrivals, ts: str, *, bodies: bool) -> Iterator[str]:
    """The line in pieces, without its end. `ts` is when it began (RFC 3339). Without `bodies` their sizes are
    told alone.
    """
    first_ms = [ms for ms in (arrived.reasoning_ms, arrived.text_ms) if ms is not None]
    row: dict[str, Any] = {
        "ts": ts,
        "id": exchange.id,
        "attempt": exchange.attempt,
        "provider": exchange.provider,
        "model": exchange.model or None,
        "method": exchange.method,
        "url": exchange.url,
        "status": exchange.status,
        "request_id": request_id_in({name.lower(): value for name, value in exchange.response_headers}),
        "duration_ms": _rounded(exchange.moments.ended_ms),
        "first_byte_ms": _rounded(exchange.moments.answered_ms),
        "first_text_ms": _rounded(min(first_ms, default=None)),
        "bytes_up": len(exchange.request_body),
        "bytes_down": exchange.body_bytes,
        "usage": exchange.usage and exchange.usage._asdict(),
        "verdict": exchange.verdict or None,
        "end": exchange.end,
        "error": exchange.error or None,
        "retry_wait_s": exchange.wait and round(exchange.wait.delay_s, 3),
        "traceparent": _named(exchange.request_headers, "traceparent"),
        "headers": exchange.request_headers,
        "response_headers": exchange.response_headers,
    }
    if bodies:
        row["body"] = _body((Chunk(0.0, exchange.request_body),), len(exchange.request_body))
        row["response"] = _body(exchange.chunks, exchange.body_bytes)
    return written(row)


def _body(chunks: Chunks, whole_bytes: int) -> dict[str, Any]:
    body = as_text_pieces(chunks)
    return {
        "text" if body.is_utf8 else "b64": body.text,
        "body_bytes": whole_bytes,
        "body_cut": body.size < whole_bytes,
    }


def _named(headers: Headers, name: str) -> str | None:
    return next((value for key, value in headers if key.lower() == name), None)


def _rounded(ms: float | None) -> float | None:
    return None if ms is None else round(ms, 3)
