"""One attempt of one request, from the moment it is built to the moment its stream ends. Every view is made of it.

Its bytes and headers are as they were on the wire, keys and all: what shows or keeps one takes a `SafeExchange`, which
only `chatbot.core.http.safe` makes. So the type checker proves that no view prints a key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NewType

from chatbot.core.events import ProviderEvent, Usage
from chatbot.core.request import HttpRequest
from chatbot.core.sse.decoder import SseEvent
from chatbot.records import NamedTuple

MAX_KEPT_BYTES = 1_000_000  # of a body, where nobody asked for all of it

Headers = tuple[tuple[str, str], ...]  # in their order, with doubles
End = Literal["", "eof", "reset", "timeout", "cancelled", "refused"]  # "" while it goes on


class ConnectionFacts(NamedTuple):
    """The connection that carried it. `address` is host and port of the other side, a proxy's where there is one;
    `tls` is version and cipher. Empty is what is not known, or not there.
    """

    address: str = ""
    http_version: str = ""
    tls: str = ""
    proxy: str = ""
    is_reused: bool = False


class Moments(NamedTuple):
    """When each step was done, in milliseconds from the start. None for a step that did not happen, or not here: a
    connection that is used again was looked up, opened and secured before.
    """

    looked_up_ms: float | None = None
    connected_ms: float | None = None
    secured_ms: float | None = None
    sent_ms: float | None = None
    answered_ms: float | None = None
    ended_ms: float | None = None


class Chunk(NamedTuple):
    """Bytes of the decoded body as they came, and when, in milliseconds from the start."""

    at_ms: float
    data: bytes


class StoredChunks:
    """The chunks of a body that is too long for the memory: `read` gives them anew each time they are iterated over.
    `times_ms` is when each came.
    """

    def __init__(self, read: Callable[[], Iterator[Chunk]], times_ms: Sequence[float]) -> None:
        self._read = read
        self.times_ms = times_ms

    def __iter__(self) -> Iterator[Chunk]:
        return self._read()

    def __len__(self) -> int:
        return len(self.times_ms)


Chunks = tuple[Chunk, ...] | StoredChunks


class Wait(NamedTuple):
    """The wait before the next attempt, and what decided how long it is."""

    delay_s: float
    reason: str


class Exchange(NamedTuple):
    """`attempt` counts from 1; `started_s` are Unix seconds; `wire` is the format's name. `status` is None where no
    answer came; `error` says why. `body_bytes` are those of the whole body, of which `chunks` may be the beginning;
    `wire_bytes` those before decoding. `verdict` and `usage` are the answer's, `wait` what followed.
    """

    id: str
    attempt: int
    started_s: float
    provider: str
    wire: str
    model: str
    method: str
    url: str
    request_headers: Headers
    request_body: bytes
    connection: ConnectionFacts = ConnectionFacts()
    moments: Moments = Moments()
    status: int | None = None
    reason: str = ""
    response_headers: Headers = ()
    chunks: Chunks = ()
    body_bytes: int = 0
    wire_bytes: int | None = None
    end: End = ""
    error: str = ""
    verdict: str = ""
    finish_reason: str = ""
    usage: Usage | None = None
    wait: Wait | None = None

    @property
    def request(self) -> HttpRequest:
        """What was sent."""
        return HttpRequest(self.method, self.url, dict(self.request_headers), self.request_body)

    @property
    def chunk_times_ms(self) -> Sequence[float]:
        """When each chunk came."""
        chunks = self.chunks
        return chunks.times_ms if isinstance(chunks, StoredChunks) else [chunk.at_ms for chunk in chunks]

    @property
    def response_body(self) -> bytes:
        """What came of the body."""
        return b"".join(chunk.data for chunk in self.chunks)

    def header(self, name: str) -> str:
        """A header of the answer, its name in lower case; empty where there is none."""
        return next((value for key, value in self.response_headers if key.lower() == name), "")


SafeExchange = NewType("SafeExchange", Exchange)


class SeenEvent(NamedTuple):
    """`at_ms`: when its last byte came, from the attempt's start. `error`: what cannot be read of it, or it says."""

    at_ms: float
    event: SseEvent
    added: tuple[ProviderEvent, ...] = ()
    error: str = ""


SafeEvent = NewType("SafeEvent", SeenEvent)


class Step(NamedTuple):
    """Something that just happened in an exchange: it was `sent`, `answered`, a `chunk` came, that was `read`, it
    `ended`. The record is as far as it had come, without its chunks. `events` are those that a session read up to the
    end of the chunk; None where none reads the body as a stream.
    """

    name: str
    exchange: Exchange
    chunk: Chunk | None = None
    events: Sequence[SeenEvent] | None = None
