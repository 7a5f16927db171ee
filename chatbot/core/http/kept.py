"""What the history keeps of an exchange: a row for a list, and the record without the bytes of its images."""

from __future__ import annotations

import json

from chatbot.core.http.bodies import with_images_told
from chatbot.core.http.cassette import from_lines, to_lines
from chatbot.core.http.exchange import MAX_KEPT_BYTES, Chunk, Chunks, SafeExchange
from chatbot.records import NamedTuple

_MAY_HOLD_AN_IMAGE_BYTES = 1_000


class KeptExchange(NamedTuple):
    """`outcome` is the verdict of the answer, or how the exchange ended; `took_ms` milliseconds; `lines` the record."""

    id: str
    started_s: float
    attempt: int
    provider: str
    model: str
    method: str
    url: str
    status: int | None
    outcome: str
    took_ms: float | None
    lines: str

    @property
    def record(self) -> SafeExchange:
        """The exchange itself. Raises ConfigurationError when it cannot be read."""
        [exchange] = from_lines(self.lines.splitlines(), f"exchange {self.id}")
        return SafeExchange(exchange)  # only `kept` made these lines


def kept(exchange: SafeExchange) -> KeptExchange:
    """A row of the history."""
    body = exchange.request_body
    if len(body) > _MAY_HOLD_AN_IMAGE_BYTES:
        body = _without_images(body)[:MAX_KEPT_BYTES]
    return KeptExchange(
        exchange.id,
        exchange.started_s,
        exchange.attempt,
        exchange.provider,
        exchange.model,
        exchange.method,
        exchange.url,
        exchange.status,
        exchange.verdict or ("error" if (exchange.status or 0) >= 300 else exchange.end),
        exchange.moments.ended_ms,
        "\n".join(to_lines(SafeExchange(exchange._replace(request_body=body, chunks=_beginning(exchange.chunks))))),
    )


def _beginning(chunks: Chunks) -> tuple[Chunk, ...]:
    """Up to the chunk that exceeds what is kept of a body."""
    begun: list[Chunk] = []
    begun_bytes = 0
    for chunk in chunks:
        if begun_bytes >= MAX_KEPT_BYTES:
            break
        begun.append(chunk)
        begun_bytes += len(chunk.data)
    return tuple(begun)


def _without_images(body: bytes) -> bytes:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return body
    told = with_images_told(document)
    return body if told == document else json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
