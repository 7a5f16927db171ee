"""The server-sent events of an exchange, each with its time and with what it says of the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from chatbot.core.errors import ChatError
from chatbot.core.events import ProviderEvent, ReasoningDelta, TextDelta
from chatbot.core.http.exchange import Chunk
from chatbot.core.sse import decoder
from chatbot.core.sse.repair import repaired as repaired_lines

Read = Callable[[decoder.SseEvent], Iterable[ProviderEvent]]
"""What one event says, in a wire format. May raise ChatError."""


class SeenEvent(NamedTuple):
    """`at_ms`: when its last byte came, from the attempt's start. `error`: what cannot be read of it, or it says."""

    at_ms: float
    event: decoder.SseEvent
    added: tuple[ProviderEvent, ...] = ()
    error: str = ""


class Arrivals(NamedTuple):
    """When the first words came, in milliseconds from the attempt's start; None for none."""

    reasoning_ms: float | None = None
    text_ms: float | None = None


def seen_events(chunks: Iterable[Chunk], read: Read) -> Iterator[SeenEvent]:
    """The events, each as soon as its chunk has come. Ends where the stream cannot be read any more."""
    at_ms = 0.0

    def data() -> Iterator[bytes]:
        nonlocal at_ms
        for chunk in chunks:
            at_ms = chunk.at_ms
            yield chunk.data

    for event in _events(data()):
        yield _seen(at_ms, event, read)


def count_events(chunks: Iterable[Chunk]) -> int:
    """How many `seen_events` gives."""
    return sum(1 for _ in _events(chunk.data for chunk in chunks))


def _events(data: Iterable[bytes]) -> Iterator[decoder.SseEvent]:
    try:
        yield from decoder.events(repaired_lines(decoder.lines(data)))
    except ChatError:
        return


def _seen(at_ms: float, event: decoder.SseEvent, read: Read) -> SeenEvent:
    added: list[ProviderEvent] = []
    try:
        added.extend(read(event))
    except ChatError as error:
        return SeenEvent(at_ms, event, tuple(added), str(error))
    return SeenEvent(at_ms, event, tuple(added))


def arrivals(events: Iterable[SeenEvent]) -> Arrivals:
    """When the answer began."""
    found = Arrivals()
    for seen in events:
        for part in seen.added:
            if isinstance(part, ReasoningDelta) and part.text and found.reasoning_ms is None:
                found = found._replace(reasoning_ms=seen.at_ms)
            elif isinstance(part, TextDelta) and part.text:
                return found._replace(text_ms=seen.at_ms)
    return found
