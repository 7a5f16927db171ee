"""An answer, chunk by chunk: which events each brought, and how much of the text was there after it."""

from __future__ import annotations

from collections.abc import Iterator

from chatbot.core.events import ReasoningDelta, TextDelta
from chatbot.core.http.exchange import Chunk, SafeEvent, SafeExchange
from chatbot.core.http.seen import Read, seen_events
from chatbot.records import NamedTuple


class Played(NamedTuple):
    """A chunk, the events whose last byte is in it, and what these added to the answer and to the reasoning."""

    chunk: Chunk
    events: tuple[SafeEvent, ...]
    text: str
    reasoning: str


def playback(exchange: SafeExchange, read: Read) -> tuple[Played, ...]:
    """The chunks of an exchange in their order. `read` says what an event means, in the exchange's wire format."""
    came: list[list[SafeEvent]] = [[] for _ in exchange.chunks]
    number = 0

    def chunks() -> Iterator[Chunk]:
        nonlocal number
        for number, chunk in enumerate(exchange.chunks):  # noqa: B007  (read below, while this waits)
            yield chunk

    if "json" not in exchange.header("content-type"):
        for seen in seen_events(chunks(), read):
            came[number].append(SafeEvent(seen))  # whose bytes are safe
    return tuple(_played(chunk, events) for chunk, events in zip(exchange.chunks, came, strict=True))


def _played(chunk: Chunk, events: list[SafeEvent]) -> Played:
    parts = [part for seen in events for part in seen.added]
    return Played(
        chunk,
        tuple(events),
        "".join(part.text for part in parts if isinstance(part, TextDelta)),
        "".join(part.text for part in parts if isinstance(part, ReasoningDelta)),
    )
