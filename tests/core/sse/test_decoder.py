"""Cases of the WHATWG grammar ("Parsing an event stream", "Interpreting an event stream")."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.errors import MalformedAnswer
from chatbot.core.sse.decoder import MAX_LINE_BYTES, SseEvent, lines, parse
from tests.endless import Endless
from tests.tables import each

BOM = b"\xef\xbb\xbf"

CASES: dict[str, tuple[bytes, list[SseEvent]]] = {
    "nothing": (b"", []),
    "one event": (b"data: a\n\n", [SseEvent("message", "a")]),
    "one space after the colon is removed": (b"data:  a \n\n", [SseEvent("message", " a ")]),
    "no space after the colon": (b"data:a\n\n", [SseEvent("message", "a")]),
    "a tab is no space": (b"data:\ta\n\n", [SseEvent("message", "\ta")]),
    "a colon in the value": (b"data: a: b\n\n", [SseEvent("message", "a: b")]),
    "several lines are joined": (b"data: a\ndata\ndata:b\n\n", [SseEvent("message", "a\n\nb")]),
    "an empty data field is an event": (b"data\n\n", [SseEvent("message", "")]),
    "an empty data field with a colon too": (b"data:\n\n", [SseEvent("message", "")]),
    "two empty data fields": (b"data\ndata\n\n", [SseEvent("message", "\n")]),
    "no data, no event": (b"event: a\nid: 1\n\n\n\n", []),
    "a type holds for one event": (
        b"event: a\ndata: 1\n\ndata: 2\n\n",
        [SseEvent("a", "1"), SseEvent("message", "2")],
    ),
    "a type without data is forgotten": (b"event: a\n\ndata: 1\n\n", [SseEvent("message", "1")]),
    "the last of two types": (b"event: a\nevent: b\ndata: 1\n\n", [SseEvent("b", "1")]),
    "an empty type is message": (b"event: a\nevent:\ndata: 1\n\n", [SseEvent("message", "1")]),
    "an id is no event": (b"id: 7\n\nid\nid: \0\xff\ndata: a\n\n", [SseEvent("message", "a")]),
    "NUL in data stays": (b"data: a\0b\n\n", [SseEvent("message", "a\0b")]),
    "retry is no event": (b"retry: 500\n\ndata: a\nretry: x\n\n", [SseEvent("message", "a")]),
    "comments": (b":\n: hello\n:data: b\ndata: a\n:x\n\n", [SseEvent("message", "a")]),
    "unknown fields": (b"what: a\nData: b\n data: c\ndata : d\ndatax: e\ndata: a\n\n", [SseEvent("message", "a")]),
    "a line of JSON is an unknown field": (b'{"error": 1}\n\n', []),
    "CRLF": (b"data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n", [SseEvent("message", "a\nb"), SseEvent("message", "c")]),
    "CR": (b"data: a\rdata: b\r\rdata: c\r\r", [SseEvent("message", "a\nb"), SseEvent("message", "c")]),
    "line ends mixed": (b"data: a\r\n\rdata: b\n\r\ndata: c\r\r\n", [SseEvent("message", c) for c in "abc"]),
    "CR LF CR is two ends": (b"data: a\r\n\r", [SseEvent("message", "a")]),
    "LF CR is two ends": (b"data: a\n\rdata: b\n\n", [SseEvent("message", "a"), SseEvent("message", "b")]),
    "a byte order mark": (BOM + b"data: a\n\n", [SseEvent("message", "a")]),
    "only one byte order mark": (BOM + BOM + b"data: a\n\ndata: b\n\n", [SseEvent("message", "b")]),
    "a later byte order mark": (b"data: a\n\n" + BOM + b"data: b\n\n", [SseEvent("message", "a")]),
    "a byte order mark in data": (b"data: " + BOM + b"a\n\n", [SseEvent("message", "\ufeffa")]),
    "a byte order mark alone": (BOM, []),
    "a part of a byte order mark": (BOM[:2], []),
    "what ends a line elsewhere does not here": (
        "data: a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\n\n".encode(),
        [SseEvent("message", "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg")],
    ),
    "invalid UTF-8": (b"data: a\xffb\xe2\x82\n\n", [SseEvent("message", "a\ufffdb\ufffd")]),
    "an event type in UTF-8": ("event: é\ndata: 1\n\n".encode(), [SseEvent("é", "1")]),
    "four bytes": ("data: 😀\n\n".encode(), [SseEvent("message", "😀")]),
    "pending at the end": (b"data: a\n\ndata: b\n", [SseEvent("message", "a")]),
    "pending in the middle of a line": (b"data: a\n\ndata: b", [SseEvent("message", "a")]),
    "pending, then CR": (b"data: a\r", []),
}


def each_byte(stream: bytes) -> Iterator[bytes]:
    return (stream[at : at + 1] for at in range(len(stream)))


@each("stream, expected", CASES.values())
def test_the_events_of_a_stream_fed_whole(stream: bytes, expected: list[SseEvent]) -> None:
    assert list(parse([stream])) == expected


@each("stream, expected", CASES.values())
def test_the_events_of_a_stream_fed_byte_by_byte(stream: bytes, expected: list[SseEvent]) -> None:
    assert list(parse(each_byte(stream))) == expected


PIECES = st.sampled_from(
    [b"data", b":", b" ", b"\r", b"\n", b"\r\n", b"event", b"id", b"a", b"\0", BOM, "é😀\u2028".encode(), b"\xff", b""]
)


@given(st.lists(PIECES, max_size=40).map(b"".join), st.lists(st.integers(0, 120), max_size=12))
def test_any_cutting_gives_the_same_events(stream: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(stream)]
    cut = [stream[start:end] for start, end in pairwise(places)]
    assert list(parse(cut)) == list(parse([stream]))


@given(st.binary(max_size=200))
def test_any_bytes_are_a_stream(stream: bytes) -> None:
    for event in parse([stream]):
        assert event.type
        event.data.encode()


def test_an_event_is_given_as_soon_as_its_blank_line_is_there() -> None:
    fed: list[bytes] = []

    def chunks() -> Iterator[bytes]:
        for chunk in (b"data: a\n", b"\n", b"data: b\n\n"):
            fed.append(chunk)
            yield chunk

    assert next(parse(chunks())) == SseEvent("message", "a")
    assert fed == [b"data: a\n", b"\n"]


def test_a_lone_cr_ends_a_line_at_once() -> None:
    """Waiting for the LF that may follow would hold the event back until the next one."""
    fed: list[bytes] = []

    def chunks() -> Iterator[bytes]:
        for chunk in (b"data: a\r\r", b"data: b\r\r"):
            fed.append(chunk)
            yield chunk

    assert next(parse(chunks())) == SseEvent("message", "a")
    assert len(fed) == 1


def calls_for(chunks: Iterable[bytes]) -> tuple[int, int]:
    """How many functions are called for a stream, as a measure of the work that no busy machine changes; its events."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        found = sum(1 for _ in parse(chunks))
    finally:
        sys.setprofile(before)
    return calls, found


def test_twice_the_stream_is_twice_the_work() -> None:
    few, many = (calls_for([b"data: a\n\n"] * count) for count in (1_000, 2_000))
    assert (few[1], many[1]) == (1_000, 2_000)
    assert many[0] < 2.05 * few[0]


class Counted(bytes):
    """Bytes that count how many of them are copied by adding."""

    copied = 0

    def __add__(self, other: Any) -> Counted:
        Counted.copied += len(self) + len(other)
        return Counted(bytes(self) + bytes(other))

    def __radd__(self, other: Any) -> Counted:
        return Counted(other) + self

    def __getitem__(self, key: Any) -> Any:
        return Counted(bytes(self)[key])

    def split(self, *args: Any) -> Any:
        return [Counted(part) for part in bytes(self).split(*args)]


def test_a_long_line_in_many_pieces_is_joined_once() -> None:
    """Joined anew with each piece, these would be copied a thousand times: 2 GB instead of 4 MB."""
    Counted.copied = 0
    [event] = parse([Counted(b"data: "), *[Counted(b"x" * 4_000)] * 1_000, Counted(b"\n\n")])
    assert len(event.data) == 4_000_000
    assert Counted.copied < 100_000


def test_a_line_without_an_end_is_refused_before_it_fills_the_memory() -> None:
    body = Endless(65_536)
    with pytest.raises(MalformedAnswer, match="a line of more than 4 MB"):
        list(parse(body))
    assert body.read == MAX_LINE_BYTES // 65_536 + 1


@pytest.mark.parametrize("piece_bytes", [1_000_003, 10_000_000])
def test_what_came_before_a_line_that_is_too_long_is_given_however_it_is_cut(piece_bytes: int) -> None:
    stream = b"data: a\n\ndata: " + b"x" * MAX_LINE_BYTES + b"\n\ndata: b\n\n"
    chunks = [stream[at : at + piece_bytes] for at in range(0, len(stream), piece_bytes)]
    events = parse(chunks)
    assert next(events) == SseEvent("message", "a")
    with pytest.raises(MalformedAnswer):
        next(events)


def test_a_line_of_the_longest_length_is_taken() -> None:
    line = b"x" * MAX_LINE_BYTES
    assert list(lines([line, b"\n", line])) == [line, line]


@pytest.mark.parametrize("line", [b"data: " + b"x" * 1_000_000 + b"\n", b"data\n" * 100_000])
def test_an_event_without_an_end_is_refused_before_it_fills_the_memory(line: bytes) -> None:
    with pytest.raises(MalformedAnswer, match="an event of more than 4 MB"):
        list(parse(line for _ in range(20)))
