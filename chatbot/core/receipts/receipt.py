"""The receipt of one command as plain data: hash and length at each border, and how it ended."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from chatbot.core.cost.answer import Cost, cost_json
from chatbot.core.events import Finished
from chatbot.core.http.exchange import Exchange
from chatbot.core.text import SNIFFED_BYTES
from chatbot.records import NamedTuple

FORMAT = "chat-receipt-1"


class Measure:
    """The length in bytes and the SHA-256 of what passes."""

    def __init__(self, data: bytes = b"") -> None:
        self.bytes = 0
        self._hash = hashlib.sha256()
        self.add(data)

    def add(self, data: bytes | memoryview) -> None:
        """The next bytes."""
        self.bytes += len(data)
        self._hash.update(data)

    def followed_by(self, data: bytes) -> Measure:
        """The same with these bytes behind it."""
        found = Measure()
        found.bytes, found._hash = self.bytes, self._hash.copy()
        found.add(data)
        return found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Measure) and self.plain == other.plain

    __hash__ = None  # type: ignore[assignment]  # it changes

    @property
    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {"bytes": self.bytes, "sha256": self._hash.hexdigest()}


class Answered(NamedTuple):
    """One answer: who gave it, its text in UTF-8, and how it ended, which is not known where it was broken off here."""

    provider: str
    model: str
    text: Measure
    characters: int
    exchanges: Sequence[Exchange]
    finished: Finished | None = None
    cost: Cost | None = None


class Output(NamedTuple):
    """Standard output: what was to be `written`, and what of it was `taken`. `is_terminal`: with its escapes."""

    written: Measure
    taken: Measure
    is_terminal: bool = False


class Ran(NamedTuple):
    """The command: the versions it ran with, its times (RFC 3339), and its exit code, None while it runs."""

    versions: Mapping[str, str]
    began: str
    ended: str | None = None
    exit_code: int | None = None


def receipt(ran: Ran, piped: bytes | None, output: Output, answers: Sequence[Answered]) -> dict[str, Any]:
    """The receipt. It has no text and no header, so that there is no secret in it."""
    return {
        "format": FORMAT,
        "versions": dict(ran.versions),
        "began": ran.began,
        "ended": ran.ended,
        "exit_code": ran.exit_code,
        "stdin": None if piped is None else {**Measure(piped).plain, "in_request": _is_in(piped, answers)},
        "answers": [_answer(each) for each in answers],
        "stdout": {
            **output.taken.plain,
            "lost_bytes": output.written.bytes - output.taken.bytes,
            "holds": "screen" if output.is_terminal else _held(output.taken, answers),
        },
    }


def _answer(answer: Answered) -> dict[str, Any]:
    finished = answer.finished
    error = finished.error if finished else None
    return {
        "provider": answer.provider,
        "model": (finished and finished.model) or answer.model or None,
        "verdict": str(finished.verdict) if finished else None,
        "finish_reason": finished and finished.finish_reason,
        "error": error and {"type": type(error).__name__, "message": str(error)},
        "request_id": finished and finished.request_id,
        "attempts": finished.attempts if finished else len(answer.exchanges),
        "parts": [
            {"start": part.start, "end": part.end, "provider": part.provider, "model": part.finished.model}
            for part in (finished.parts if finished else ())
        ]
        or None,
        "from_cache": bool(finished and finished.cache and finished.cache.hit),
        "text": {"characters": answer.characters, **answer.text.plain},
        "usage": finished and finished.usage and finished.usage._asdict(),
        "cost": cost_json(answer.cost, finished.usage if finished else None),
        "exchanges": [_exchange(exchange) for exchange in answer.exchanges],
    }


def _exchange(exchange: Exchange) -> dict[str, Any]:
    received, address = Measure(), urlsplit(exchange.url)
    for chunk in exchange.chunks:
        received.add(chunk.data)
    return {
        "method": exchange.method,
        "host": address.netloc.rpartition("@")[2],
        "path": address.path,
        "status": exchange.status,
        "end": exchange.end or None,
        "sent": Measure(exchange.request_body).plain,
        "received": received.plain,
    }


def _is_in(piped: bytes, answers: Sequence[Answered]) -> bool | None:
    """Whether the piped text is whole in each request with a body; None where none was sent, or it is no text."""
    bodies = [exchange.request_body for answer in answers for exchange in answer.exchanges if exchange.request_body]
    if not bodies or b"\0" in piped[:SNIFFED_BYTES]:
        return None
    text = piped.decode("utf-8", "replace")
    in_json = json.dumps(text, ensure_ascii=False)[1:-1].encode("utf-8", "replace")
    return all(in_json in body for body in bodies)


def _held(taken: Measure, answers: Sequence[Answered]) -> str:
    """What standard output has: the whole text of the one answer, nothing, or something else."""
    texts = [answer.text for answer in answers]
    if len(texts) == 1 and taken in (texts[0], texts[0].followed_by(b"\n")):
        return "text"
    return "other" if taken.bytes else "nothing"
