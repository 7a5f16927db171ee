"""Responses that are given again, under the key of the command line's cache: chatbot.core.http.canonical."""

from __future__ import annotations

import io
import json
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import urllib3
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter, HTTPAdapter

from chatbot.core.cache.answer import CachedAnswer
from chatbot.core.cache.entries import DEFAULT_TTL_S, Entry, Question
from chatbot.core.events import Finished, Notice, TextDelta, Verdict
from chatbot.core.http.canonical import canonical, fingerprint, key_of
from chatbot.core.messages import Conversation
from chatbot.core.options import Options
from chatbot.core.request import HttpRequest, HttpResponse
from chatbot.core.retry import RetryPolicy
from chatbot.library.memory import MemoryAnswers
from chatbot.library.tapped import Tapped
from chatbot.library.wrapping import Wrapping, body_bytes
from chatbot.outside.cache.store import AnswerCache
from chatbot.providers.wires.lookup import speaker_of
from chatbot.session import Session

_WIRES = {
    "/chat/completions": "openai",
    "/responses": "responses",
    "/messages": "anthropic",
    "generateContent": "gemini",
}
_LEFT_OUT = ("no-store", "no-cache")


class Caching(Wrapping):
    """Around one adapter: the response to a POST is given again for `ttl_s` seconds, if its answer was complete (what
    is cut, refused or failed is not), and says so in `Age` and `Cache-Status` (RFC 9111, RFC 9211). A request with the
    header `Cache-Control: no-store` is handed on. `store`: a folder for the store of `chat --cache`, else memory.
    """

    def __init__(
        self,
        inner: BaseAdapter | None = None,
        *,
        ttl_s: float = DEFAULT_TTL_S,
        store: str | Path | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(inner)
        self.ttl_s = ttl_s
        self._now = now
        self._store: MemoryAnswers | AnswerCache = MemoryAnswers(now)
        if store is not None:
            self._store = AnswerCache(Path(store), now=now, warn=lambda text: warnings.warn(text, stacklevel=2))

    def answer(self, request: PreparedRequest, options: dict[str, Any]) -> Response:
        body = body_bytes(request)
        is_left_out = any(word in (request.headers.get("Cache-Control") or "") for word in _LEFT_OUT)
        if request.method != "POST" or not body or is_left_out:
            return self.inner.send(request, **options)
        question = _question(request, body)
        entry = self._store.find(question.key)
        if entry is not None and entry.is_fresh(self._now(), self.ttl_s):
            self._store.hit(question.key, entry.answer.usage)
            return self._again(request, entry)
        response = self.inner.send(request, **options)
        if response.status_code != 200:
            self._store.missed(question, None)
            return response
        pieces: list[bytes] = []

        def ended(error: BaseException | None) -> None:
            kind, body = response.headers.get("Content-Type", ""), b"".join(pieces)
            is_read = error is None or _ends_in_its_marker(body)  # who has the end of a stream may leave at once
            self._store.missed(question, _kept(question, kind, body) if is_read else None)

        response.raw = Tapped(response.raw, pieces.append, ended)
        return response

    def forget(self, request: PreparedRequest) -> int:
        """Removes what is kept of the response to exactly this request; how many there were."""
        return self._store.remove(_question(request, body_bytes(request) or b"").key)

    def stats(self) -> dict[str, float]:
        """hits, misses, hit_rate, cache_size, ttl_seconds."""
        stats = self._store.stats()
        return {
            "hits": stats.hits,
            "misses": stats.misses,
            "hit_rate": stats.hit_rate,
            "cache_size": stats.cache_size,
            "ttl_seconds": self.ttl_s,
        }

    def close(self) -> None:
        """See requests.adapters.BaseAdapter."""
        super().close()
        self._store.close()

    def _again(self, request: PreparedRequest, entry: Entry) -> Response:
        age_s = self._now() - entry.created_s
        headers = {
            "Content-Type": entry.answer.text(Notice),
            "Age": str(int(age_s)),
            "Cache-Status": f"chatbot; hit; ttl={int(self.ttl_s - age_s)}",
        }
        raw = urllib3.HTTPResponse(
            io.BytesIO(entry.answer.text().encode()), headers, 200, reason="OK", preload_content=False
        )
        return HTTPAdapter().build_response(request, raw)


def _question(request: PreparedRequest, body: bytes) -> Question:
    url = request.url or ""
    wire = _wire(url)
    headers = {name: str(value) for name, value in request.headers.items()}
    form = canonical(HttpRequest("POST", url, headers, body), wire)
    form["kind"] = "stream" if _is_stream(url, body) else "document"  # bytes are kept, and these are others
    model = form["body"].get("model", "") if isinstance(form["body"], dict) else ""
    return Question(key_of(form), wire, str(model), fingerprint(form))


def _wire(url: str) -> str:
    path = urlsplit(url).path.lower()
    return next((wire for end, wire in _WIRES.items() if path.endswith(end.lower())), "")


def _is_stream(url: str, body: bytes) -> bool:
    try:
        document = json.loads(body)
    except ValueError:
        return False
    return "streamGenerateContent" in url or (isinstance(document, dict) and document.get("stream") is True)


def _kept(question: Question, kind: str, body: bytes) -> CachedAnswer | None:
    """What is kept of a whole body: its bytes and its kind; None unless the answer in it is complete."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    parts = (Notice(kind), TextDelta(text))
    if not question.provider:  # no wire format of ours, so that only JSON says where it ends
        return CachedAnswer(parts, None, None, None, question.model) if _is_json(text) else None
    finished = _finished(question.provider, kind, body)
    if finished.verdict is not Verdict.COMPLETE:
        return None
    return CachedAnswer(parts, finished.finish_reason, finished.usage, None, question.model)


def _ends_in_its_marker(body: bytes) -> bool:
    return body.rstrip().endswith((b"[DONE]", b'{"type":"message_stop"}', b'{"type": "message_stop"}'))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _finished(wire: str, kind: str, body: bytes) -> Finished:
    """How the answer in a body ended, by the session that reads all answers."""
    response = HttpResponse(200, {"content-type": kind}, iter([body]), lambda: None)
    provider = speaker_of(wire)
    no_time = (lambda: 0.0, lambda: 0.0, lambda: 0.0)
    session = Session(provider, lambda request: response, RetryPolicy(max_retries=0), *no_time)
    *_, finished = session.ask(Conversation().asking(""), Options("m"), lambda delay_s: None)
    assert isinstance(finished, Finished)
    return finished
