"""The server-sent events of an exchange, each with its time and with what it says of the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from chatbot.core.errors import ChatError
from chatbot.core.events import ProviderEvent, ReasoningDelta, TextDelta
from chatbot.core.http.exchange import Chunk, SeenEvent
from chatbot.core.sse import decoder
from chatbot.core.sse.repair import repaired as repaired_lines
from chatbot.records import NamedTuple

Read = Callable[[decoder.SseEvent], Iterable[ProviderEvent]]
"""What one event says, in a wire format. May raise ChatError."""

ReadStream = Callable[[Iterable[decoder.SseEvent]], Iterator[ProviderEvent]]
"""What the events of one stream say."""


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
        yield seen_event(at_ms, event, read)


def noting(
    read: ReadStream, note: Callable[[decoder.SseEvent, list[ProviderEvent]], None], stopped: Callable[[], None]
) -> ReadStream:
    """The same, which notes of each event what it said, as soon as the next one is wanted. `stopped` hears when none
    is any more, however that came.
    """

    def noted(events: Iterable[decoder.SseEvent]) -> Iterator[ProviderEvent]:
        said: list[ProviderEvent] = []

        def each() -> Iterator[decoder.SseEvent]:
            nonlocal said
            for event in events:
                said = []
                yield event
                note(event, said)

        try:
            for part in read(each()):
                said.append(part)
                yield part
        finally:
            stopped()

    return noted


def count_events(chunks: Iterable[Chunk]) -> int:
    """How many `seen_events` gives."""
    return sum(1 for _ in _events(chunk.data for chunk in chunks))


def _events(data: Iterable[bytes]) -> Iterator[decoder.SseEvent]:
    try:
        yield from decoder.events(repaired_lines(decoder.lines(data)))
    except ChatError:
        return


def seen_event(at_ms: float, event: decoder.SseEvent, read: Read) -> SeenEvent:
    """An event that came then, with what it says."""
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
