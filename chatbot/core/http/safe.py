"""An exchange, or an event of one, without keys: the one door to every view, log and file.

By name (headers that identify the person, `?key=`), by place (`user:pass@`) and by value: each known key, anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import eq
from urllib.parse import urlsplit, urlunsplit

from chatbot.core import events
from chatbot.core.http.exchange import (
    Chunk,
    Chunks,
    Exchange,
    Headers,
    SafeEvent,
    SafeExchange,
    SeenEvent,
    StoredChunks,
)
from chatbot.core.redaction.redactor import HIDDEN, MASK, is_secret_header
from chatbot.core.sse.decoder import SseEvent

SECRET_PARAMETERS = frozenset("key api_key api-key apikey access_token token signature sig".split())
_LONGEST_LINE_BYTES = 1024 * 1024  # a longer one is searched in parts
_AT_ONCE_BYTES = 64 * 1024  # of a long body: a search for each line is dear

Redact = Callable[[str], str]


def safe(exchange: Exchange, redact: Redact) -> SafeExchange:
    """The same without keys; `redact` takes those out that are known by their value or their shape."""
    return SafeExchange(
        exchange._replace(
            provider=redact(exchange.provider),
            model=redact(exchange.model),
            url=safe_url(exchange.url, redact),
            request_headers=_safe_headers(exchange.request_headers, redact),
            request_body=_safe_bytes(exchange.request_body, redact),
            connection=exchange.connection._replace(proxy=safe_url(exchange.connection.proxy, redact)),
            reason=redact(exchange.reason),
            response_headers=_safe_headers(exchange.response_headers, redact),
            chunks=_safe_body(exchange, redact),
            error=redact(exchange.error),
            finish_reason=redact(exchange.finish_reason),
            wait=exchange.wait and exchange.wait._replace(reason=redact(exchange.wait.reason)),
        )
    )


def safe_events(unsafe: Sequence[SeenEvent], redact: Redact, shown: Callable[[str], str]) -> list[SafeEvent]:
    """Events without keys, also those that are whole only as the text is `shown`. Searched as one text first: most have
    none, and no key goes from one event to the next.
    """
    text = shown("\n".join([f"{seen.event.type}\n{seen.event.data}\n{_said(seen)}" for seen in unsafe]))
    if redact(text) == text:
        return [SafeEvent(seen) for seen in unsafe]

    def hidden(text: str) -> str:
        return redact(shown(text))

    return [
        SafeEvent(
            SeenEvent(
                seen.at_ms,
                SseEvent(hidden(seen.event.type), hidden(seen.event.data)),
                tuple(_safe_part(part, hidden) for part in seen.added),
                hidden(seen.error),
            )
        )
        for seen in unsafe
    ]


def _said(seen: SeenEvent) -> str:
    said = "\n".join([part.text if type(part) is events.TextDelta else str(part) for part in seen.added])
    return f"{said}\n{seen.error}" if seen.error else said


def _safe_part(part: events.ProviderEvent, redact: Redact) -> events.ProviderEvent:
    match part:
        case events.TextDelta() | events.ReasoningDelta() | events.Notice():
            return type(part)(redact(part.text))
        case events.FinishReason():
            return part._replace(reason=redact(part.reason))
        case events.OutputItems():
            return events.OutputItems(redact(part.json))
        case events.CallPiece():
            return part._replace(id=redact(part.id), name=redact(part.name), arguments=redact(part.arguments))
        case _:
            return part  # numbers, or nothing at all


def safe_url(url: str, redact: Redact) -> str:
    """A URL without a name and password, and without the values of parameters that are keys."""
    parts = urlsplit(url)
    pairs = [part.partition("=") for part in parts.query.split("&")] if parts.query else []
    query = "&".join(
        f"{name}={MASK}" if name.lower() in SECRET_PARAMETERS and value else f"{name}{equals}{value}"
        for name, equals, value in pairs
    )
    return redact(urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query)))


def _safe_headers(headers: Headers, redact: Redact) -> Headers:
    return tuple((redact(name), _hidden(value) if is_secret_header(name) else redact(value)) for name, value in headers)


def _hidden(value: str) -> str:
    """The scheme of a credential, which is no secret (RFC 9110, section 11.4), and that it was there."""
    scheme, blank, _ = value.partition(" ")
    return f"{scheme} {HIDDEN}" if blank and scheme.lower() in ("bearer", "basic", "digest") else HIDDEN


def _safe_bytes(data: bytes, redact: Redact) -> bytes:
    return redact(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _safe_body(exchange: Exchange, redact: Redact) -> Chunks:
    """The chunks, searched as one text first: most bodies have no key, and a search for each line is dear."""
    chunks = exchange.chunks
    if isinstance(chunks, StoredChunks):
        hidden = StoredChunks(lambda: safe_chunks(chunks, redact, _AT_ONCE_BYTES), chunks.times_ms)
        return chunks if all(map(eq, hidden, chunks)) else hidden
    whole = exchange.response_body
    return chunks if _safe_bytes(whole, redact) == whole else tuple(safe_chunks(chunks, redact))


def safe_chunks(chunks: Iterable[Chunk], redact: Redact, at_once_bytes: int = 0) -> Iterator[Chunk]:
    """The chunks without keys; see ChunkRedactor."""
    redactor = ChunkRedactor(redact, at_once_bytes)
    for chunk in chunks:
        yield from redactor.feed(chunk)
    yield from redactor.finish()


class ChunkRedactor:
    """Takes the keys out of chunks, also those that stand across a border; the borders stay where they were.

    A chunk is held until the line that it ends in is whole, because no key has a line end in it, and until there are
    `at_once_bytes`.
    """

    def __init__(self, redact: Redact, at_once_bytes: int = 0) -> None:
        self._redact = redact
        self._at_once_bytes = at_once_bytes
        self._held: list[Chunk] = []
        self._held_bytes = 0
        self._begun = b""  # the lines of the first one held that are safe already

    def feed(self, chunk: Chunk) -> list[Chunk]:
        """Those that are safe after one more."""
        whole_lines = chunk.data.rfind(b"\n") + 1
        self._held_bytes += len(chunk.data)
        if self._held_bytes > _LONGEST_LINE_BYTES:
            whole_lines = len(chunk.data)
        if not whole_lines or self._held_bytes < self._at_once_bytes:
            self._held.append(chunk)
            return []
        done = _together([*self._held, chunk._replace(data=chunk.data[:whole_lines])], self._begun, self._redact)
        rest = chunk.data[whole_lines:]
        self._held, self._held_bytes = ([chunk._replace(data=rest)], len(rest)) if rest else ([], 0)
        self._begun = done.pop().data if rest else b""
        return done

    def finish(self) -> list[Chunk]:
        """Those that are still held at the end."""
        done = _together(self._held, self._begun, self._redact)
        self._held, self._held_bytes, self._begun = [], 0, b""
        return done


def _together(chunks: list[Chunk], begun: bytes, redact: Redact) -> list[Chunk]:
    """These chunks, redacted as one text; `begun` is what comes first of the first one."""
    whole = b"".join(chunk.data for chunk in chunks)
    hidden = _safe_bytes(whole, redact)
    if hidden == whole:
        return [chunks[0]._replace(data=begun + chunks[0].data), *chunks[1:]] if begun else chunks
    places = _places(whole, hidden)
    done = []
    end = at = 0
    for number, chunk in enumerate(chunks, 1):
        end += len(chunk.data)
        border = len(hidden) if number == len(chunks) else max(at, _moved(end, places))
        done.append(chunk._replace(data=(begun if number == 1 else b"") + hidden[at:border]))
        at = border
    return done


def _places(whole: bytes, hidden: bytes) -> list[tuple[int, int, int]]:
    """The pieces that both share, in order: where each begins in either, and its length."""
    places = []
    at = to = 0
    for piece in hidden.split(MASK.encode()):
        found = whole.find(piece, at)
        found = at if found < 0 else found
        places.append((found, to, len(piece)))
        at, to = found + len(piece), to + len(piece) + len(MASK)
    return places


def _moved(end: int, places: list[tuple[int, int, int]]) -> int:
    """Where a border of the whole lies in the hidden one; behind the mask, where it lies within a key."""
    for begins, moved, size in places:
        if end < begins:
            return moved
        if end <= begins + size:
            return moved + end - begins
    return places[-1][1] + places[-1][2]
