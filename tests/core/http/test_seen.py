"""Events of an exchange, each when its last byte came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chatbot.core.errors import ServerFault
from chatbot.core.events import ProviderEvent, ReasoningDelta, TextDelta
from chatbot.core.http.exchange import Chunk, SeenEvent
from chatbot.core.http.seen import Arrivals, arrivals, noting, seen_events
from chatbot.core.sse.decoder import MAX_LINE_BYTES, SseEvent


def read(event: SseEvent) -> Iterator[ProviderEvent]:
    if event.data.startswith("think"):
        yield ReasoningDelta(event.data)
        return
    yield TextDelta(event.data)
    if event.data == "fault":
        raise ServerFault("it broke")


def test_an_event_came_when_its_last_byte_did() -> None:
    chunks = [Chunk(1.0, b"data: o"), Chunk(2.0, b"ne\n\ndata: two\n"), Chunk(5.0, b"\ndata: half")]
    assert [(seen.at_ms, seen.event.data) for seen in seen_events(chunks, read)] == [(2.0, "one"), (5.0, "two")]


def test_an_error_in_an_event_is_told_beside_what_it_said_before() -> None:
    [seen] = seen_events([Chunk(1.0, b"data: fault\n\n")], read)
    assert seen == SeenEvent(1.0, SseEvent("message", "fault"), (TextDelta("fault"),), "it broke")


def test_a_stream_that_cannot_be_read_ends_there() -> None:
    chunks = [Chunk(1.0, b"data: one\n\n"), Chunk(2.0, b"x" * (MAX_LINE_BYTES + 1))]
    assert [seen.event.data for seen in seen_events(chunks, read)] == ["one"]


def test_the_first_words_of_reasoning_and_text_are_found() -> None:
    chunks = [
        Chunk(float(at), f"data: {word}\n\n".encode()) for at, word in enumerate(["", "think", "think", "a", "b"])
    ]
    assert arrivals(seen_events(chunks, read)) == Arrivals(1.0, 3.0)
    assert arrivals([]) == Arrivals()


def test_of_each_event_is_noted_what_it_said_once_the_next_is_wanted() -> None:
    noted: list[object] = []

    def read_stream(events: Iterable[SseEvent]) -> Iterator[ProviderEvent]:
        for event in events:
            yield from read(event)

    def note(event: SseEvent, said: list[ProviderEvent]) -> None:
        noted.append((event.data, list(said)))

    events = [SseEvent("message", data) for data in ("one", "think", "two")]
    said = noting(read_stream, note, lambda: noted.append("no more"))(events)
    assert [next(said), noted] == [TextDelta("one"), []]
    assert [next(said), noted] == [ReasoningDelta("think"), [("one", [TextDelta("one")])]]
    said.close()  # type: ignore[attr-defined]
    assert noted == [("one", [TextDelta("one")]), "no more"]
