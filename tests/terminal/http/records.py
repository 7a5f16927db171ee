"""Exchanges as the views get them."""

from __future__ import annotations

from typing import Any

from chatbot.core.events import Usage
from chatbot.core.http.exchange import Chunk, ConnectionFacts, Exchange, Moments, SafeExchange, Wait
from chatbot.core.http.safe import safe

EVENTS = (
    b'data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}\n\n',
    b'data: {"choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":"stop"}]}\n\n',
    b"data: [DONE]\n\n",
)
ANSWERED = Exchange(
    "a1", 1, 1000.0, "openai", "openai", "gpt", "POST", "https://api.example/v1/chat/completions?v=1",
    (("Host", "api.example"), ("Authorization", "Bearer sk-0123456789abcdef")), b'{"model":"gpt","n":1}',
    ConnectionFacts("192.0.2.1:443", "1.1", "TLSv1.3 TLS_AES_256_GCM_SHA384"),
    Moments(8.0, 20.0, 51.0, 52.0, 256.0, 700.0), 200, "OK",
    (("Content-Type", "text/event-stream"), ("x-request-id", "req_7f3a"), ("Server", "nginx")),
    tuple(Chunk(300.0 + 100 * number, data) for number, data in enumerate(EVENTS)), 154, 165, "eof", "",
    "complete", "stop", Usage(9, 8, 0, 4),
)  # fmt: skip
REFUSED = ANSWERED._replace(
    status=503, reason="Service Unavailable", response_headers=(("retry-after", "1"), ("X-Request-Id", "req_7f39")),
    chunks=(), body_bytes=0, verdict="", finish_reason="", usage=None,
    moments=Moments(8.0, 20.0, 51.0, 52.0, 256.0, 257.0),
    wait=Wait(1.0, "retry-after: 1"),
)  # fmt: skip
AGAIN = ANSWERED._replace(
    id="a2", attempt=2, started_s=1001.26, connection=ANSWERED.connection._replace(is_reused=True),
    moments=Moments(None, None, None, 1.0, 188.0, 700.0),
)  # fmt: skip


def shown(exchange: Exchange, **changes: Any) -> SafeExchange:
    return safe(exchange._replace(**changes), lambda text: text)
