"""What each chunk of an answer brought."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.events import ReasoningDelta, TextDelta
from chatbot.core.http.exchange import Chunk
from chatbot.core.http.playback import playback
from chatbot.core.sse.decoder import SseEvent
from tests.terminal.http.records import ANSWERED, shown

STREAM = "data: Hel\n\ndata: lo ü\n\nevent: think\ndata: hm\n\n".encode()


def read(event: SseEvent) -> list[TextDelta | ReasoningDelta]:
    return [ReasoningDelta(event.data) if event.type == "think" else TextDelta(event.data)]


def chunked(*pieces: bytes) -> tuple[Chunk, ...]:
    return tuple(Chunk(float(number), piece) for number, piece in enumerate(pieces))


def test_an_event_belongs_to_the_chunk_that_ends_it() -> None:
    played = playback(
        shown(ANSWERED, chunks=chunked(b"data: Hel\n", b"\nda", b"ta: lo\n\nevent: think\ndata: hm\n\n")), read
    )
    assert [(len(part.events), part.text, part.reasoning) for part in played] == [
        (0, "", ""),
        (1, "Hel", ""),
        (2, "lo", "hm"),
    ]


def test_a_whole_document_has_no_events() -> None:
    json_headers = (("Content-Type", "application/json"),)
    played = playback(shown(ANSWERED, response_headers=json_headers, chunks=chunked(b'{"a":1}')), read)
    assert [part.events for part in played] == [()]


@given(st.sets(st.integers(0, len(STREAM))))
def test_however_the_bytes_are_cut_nothing_is_lost(cuts: set[int]) -> None:
    places = sorted({0, len(STREAM), *cuts})
    chunks = chunked(*(STREAM[first:last] for first, last in pairwise(places)))
    played = playback(shown(ANSWERED, chunks=chunks), read)
    assert [part.chunk for part in played] == list(chunks)
    assert "".join(part.text for part in played) == "Hello ü"
    assert "".join(part.reasoning for part in played) == "hm"


@given(st.lists(st.binary(max_size=9), max_size=5))
def test_any_bytes_are_played(pieces: list[bytes]) -> None:
    assert len(playback(shown(ANSWERED, chunks=chunked(*pieces)), read)) == len(pieces)
