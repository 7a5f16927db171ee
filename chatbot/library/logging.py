"""Requests that are written down, without keys, as `--log-file` does: chatbot.core.http.log_line."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import requests
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

from chatbot.core.http.exchange import MAX_KEPT_BYTES, Chunk, End, Exchange, SafeExchange
from chatbot.core.http.log_line import log_line
from chatbot.core.http.safe import SECRET_PARAMETERS, safe
from chatbot.core.http.seen import Arrivals
from chatbot.core.redaction.redactor import Redactor, is_secret_header
from chatbot.library.tapped import Tapped
from chatbot.library.wrapping import Wrapping, body_bytes
from chatbot.outside.files.private import append_line
from chatbot.records import NamedTuple


class RequestLog(NamedTuple):
    """One attempt. `headers` and bodies are without keys; bodies are None where they are not logged, and `body_cut` is
    whether more of the answer came than is kept. `response_status` is None, and `error` says why, where no answer came.
    """

    timestamp: str
    method: str
    url: str
    headers: dict[str, str]
    body: str | None
    response_status: int | None
    response_body: str | None
    duration_ms: float
    error: str | None
    body_cut: bool = False


class Logging(Wrapping):
    """Around one adapter. `on_log` is told each attempt when its body has been read, or closed; `file` gets a line of
    JSON for it. A log that cannot be written is one warning, and the answer goes on.
    """

    def __init__(
        self,
        inner: BaseAdapter | None = None,
        *,
        file: str | Path | None = None,
        log_bodies: bool = True,
        on_log: Callable[[RequestLog], None] = lambda log: None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(inner)
        self._file = Path(file) if file is not None else None
        self._bodies = log_bodies
        self._on_log = on_log
        self._clock, self._now = clock, now
        self._lock = Lock()

    def answer(self, request: PreparedRequest, options: dict[str, Any]) -> Response:
        began_s = self._clock()
        exchange = _begun(request, self._now())
        chunks: list[Chunk] = []
        read_bytes = 0

        def passed_ms() -> float:
            return (self._clock() - began_s) * 1000

        def came(data: bytes) -> None:
            nonlocal read_bytes
            if read_bytes < MAX_KEPT_BYTES:
                chunks.append(Chunk(passed_ms(), data))
            read_bytes += len(data)

        def ended(error: BaseException | None, exchange: Exchange) -> None:
            moments = exchange.moments._replace(ended_ms=passed_ms())
            end, words = _end(error)
            self._log(
                exchange._replace(moments=moments, end=end, error=words, chunks=tuple(chunks), body_bytes=read_bytes),
                request,
            )

        try:
            response = self.inner.send(request, **options)
        except requests.RequestException as error:
            ended(error, exchange)
            raise
        answered = exchange._replace(
            moments=exchange.moments._replace(answered_ms=passed_ms()),
            status=response.status_code,
            reason=response.reason or "",
            response_headers=tuple(response.headers.items()),
        )
        response.raw = Tapped(response.raw, came, lambda error: ended(error, answered))
        return response

    def _log(self, exchange: Exchange, request: PreparedRequest) -> None:
        redacted = safe(exchange, Redactor(_secrets(request)))
        timestamp = datetime.fromtimestamp(exchange.started_s, UTC).isoformat(timespec="milliseconds")
        with self._lock:
            self._on_log(_as_log(redacted, timestamp, bodies=self._bodies))
            if self._file is not None:
                try:
                    append_line(self._file, log_line(redacted, Arrivals(), timestamp, bodies=self._bodies))
                except OSError as error:
                    warnings.warn(f"the log {self._file} cannot be written: {error}", RuntimeWarning, stacklevel=2)


def _begun(request: PreparedRequest, now_s: float) -> Exchange:
    body = body_bytes(request)
    return Exchange(
        uuid4().hex[:8], 1, now_s, "", "", "", request.method or "", request.url or "",
        tuple((name, str(value)) for name, value in _text(request.headers).items()),
        b"(a body that is read once)" if body is None else body,
    )  # fmt: skip


def _text(headers: Mapping[str, str | bytes]) -> dict[str, str]:
    return {name: value.decode("latin-1") if isinstance(value, bytes) else value for name, value in headers.items()}


def _secrets(request: PreparedRequest) -> list[str]:
    """What identifies the person in this request, wherever else it may stand."""
    values = [value for name, value in _text(request.headers).items() if is_secret_header(name)]
    parts = urlsplit(request.url or "")
    query = [value for name, value in parse_qsl(parts.query) if name.lower() in SECRET_PARAMETERS]
    bare = [value.partition(" ")[2] for value in values]
    return [secret for secret in (*values, *bare, *query, parts.password) if secret]


def _end(error: BaseException | None) -> tuple[End, str]:
    if error is None:
        return "eof", ""
    if isinstance(error, GeneratorExit):
        return "cancelled", ""
    kind: End = "reset"
    if isinstance(error, requests.Timeout) or "timed out" in str(error).lower():
        kind = "timeout"
    elif isinstance(error, requests.ConnectionError) and "Failed to establish" in str(error):
        kind = "refused"
    return kind, f"{type(error).__name__}: {error}"


def _as_log(exchange: SafeExchange, timestamp: str, *, bodies: bool) -> RequestLog:
    response = exchange.response_body
    return RequestLog(
        timestamp,
        exchange.method,
        exchange.url,
        dict(exchange.request_headers),
        exchange.request_body.decode("utf-8", "replace") if bodies else None,
        exchange.status,
        response.decode("utf-8", "replace") if bodies and exchange.status is not None else None,
        exchange.moments.ended_ms or 0.0,
        exchange.error or None,
        len(response) < exchange.body_bytes,
    )
