"""Faults at a place: the words for them, and that exactly so much passes, however the bytes are cut."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.lab.answers import Received
from chatbot.lab.quirks.faults import GARBAGE, BodyFault, Place, as_quirk, broken, read_fault
from chatbot.lab.replies import BrokenOff, ScriptedReply, whole
from tests.tables import each

QUESTION = Received("POST", "/v1/chat/completions", {}, b"{}", {})


def cut_at(body: bytes, borders: Sequence[int]) -> list[bytes]:
    """The body in pieces with these borders."""
    places = sorted({0, len(body), *(border % (len(body) + 1) for border in borders)})
    return [body[start:end] for start, end in pairwise(places)]


def stopped(rest: Iterator[bytes]) -> Iterator[bytes]:
    raise BrokenOff("close")
    yield b""


def passed(pieces: Sequence[bytes], place: Place) -> tuple[bytes, bool]:
    """What comes before the place, and whether it was reached."""
    came = []
    try:
        for piece in broken(pieces, place, stopped):
            came.append(piece)
    except BrokenOff:
        return b"".join(came), True
    return b"".join(came), False


@each(
    ("text", "expected"),
    [
        ("cut@200", BodyFault("cut@200", "cut", 0, Place("byte", 200))),
        ("cut@event:3", BodyFault("cut@event:3", "cut", 0, Place("event", 3))),
        ("reset@2s", BodyFault("reset@2s", "reset", 0, Place("second", 2))),
        (" stall@500ms ", BodyFault("stall@500ms", "stall", 0, Place("second", 0.5))),
        ("garbage", BodyFault("garbage", "garbage", 0, None)),
        ("delay=2s@event:1", BodyFault("delay=2s@event:1", "delay", 2, Place("event", 1))),
        ("status=503", BodyFault("status=503", "status", 503, None)),
    ],
)
def test_a_fault_is_read_as_it_is_written(text: str, expected: BodyFault) -> None:
    assert read_fault(text) == expected


@each(
    ("text", "why"),
    [
        ("", "there is no fault"),
        ("explode@3", "there is no fault explode@3: there are cut, reset"),
        ("cut@", " is no place"),
        ("cut@soon", "soon is no place"),
        ("cut@-1", "-1 is no place"),
        ("cut@event:x", "event:x is no place"),
        ("cut=3", "cut takes a place"),
        ("status", "a status is a number"),
        ("status=200", "a status is a number"),
        ("status=503@3", "has no place"),
        ("delay@3", "a delay is a time"),
        ("delay=long", "a delay is a time"),
    ],
)
def test_what_is_no_fault_says_why(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_fault(text)


@given(st.binary(max_size=80), st.integers(0, 100), st.lists(st.integers(0, 100)))
def test_exactly_so_many_bytes_pass_however_they_are_cut(body: bytes, count: int, borders: list[int]) -> None:
    assert passed(cut_at(body, borders), Place("byte", count)) == (body[:count], count <= len(body))


@given(
    st.lists(st.sampled_from([b"data: 1", b": comment", b"event: x\ndata: 2"]), max_size=6),
    st.sampled_from([b"\n\n", b"\r\n\r\n"]),
    st.integers(1, 8),
    st.lists(st.integers(0, 200)),
)
def test_exactly_so_many_events_pass_however_they_are_cut(
    events: list[bytes], end: bytes, count: int, borders: list[int]
) -> None:
    body = b"".join(event.replace(b"\n", end[: len(end) // 2]) + end for event in events)
    first = b"".join(event.replace(b"\n", end[: len(end) // 2]) + end for event in events[:count])
    assert passed(cut_at(body, borders), Place("event", count)) == (first, count <= len(events))


def test_a_time_comes_also_while_nothing_else_does() -> None:
    silent = threading.Event()

    def pieces() -> Iterator[bytes]:
        yield b"first"
        silent.wait(20)

    assert passed(pieces(), Place("second", 0.05)) == (b"first", True)  # type: ignore[arg-type]
    silent.set()


def test_a_body_that_ends_before_its_time_is_whole() -> None:
    assert passed([b"a", b"b"], Place("second", 20)) == (b"ab", False)


def reply_with(text: str, body: bytes = b"x" * 40, waited: list[float] | None = None) -> ScriptedReply:
    sleep = (waited if waited is not None else []).append
    return as_quirk(read_fault(text), sleep=sleep).answer(lambda received: whole(200, "text/plain", body), QUESTION)


def test_garbage_leaves_the_length_as_it_was_told() -> None:
    reply = reply_with("garbage@10")
    body = b"".join(reply.pieces)
    assert body == b"x" * 10 + GARBAGE + b"x" * (30 - len(GARBAGE))
    assert reply.headers["Content-Length"] == str(len(body))


def test_a_delay_comes_where_it_was_said_and_nothing_is_lost() -> None:
    waited: list[float] = []
    pieces = iter(reply_with("delay=3s@10", waited=waited).pieces)
    assert (next(pieces), waited) == (b"x" * 10, [])
    assert (b"".join(pieces), waited) == (b"x" * 30, [3])


def test_without_a_place_nobody_is_asked() -> None:
    def never(received: Received) -> ScriptedReply:
        raise AssertionError

    refused = as_quirk(read_fault("status=429")).answer(never, QUESTION)
    assert (refused.status, refused.headers["Retry-After"]) == (429, "1")
    for text, then in (("cut", "close"), ("reset", "reset"), ("stall", "hang")):
        reply = as_quirk(read_fault(text)).answer(never, QUESTION)
        assert (reply.status, reply.then, list(reply.pieces)) == (None, then, [])


def test_only_the_first_questions_fail_where_that_was_said() -> None:
    quirk = as_quirk(read_fault("status=500"), times=2)
    statuses = [quirk.answer(lambda received: ScriptedReply(200), QUESTION).status for _ in range(4)]
    assert statuses == [500, 500, 200, 200]


def test_a_list_of_models_is_not_broken() -> None:
    asked = as_quirk(read_fault("cut")).answer(lambda received: ScriptedReply(200), QUESTION._replace(method="GET"))
    assert asked.status == 200


def test_what_happens_is_told_without_an_example_of_another_fault() -> None:
    assert as_quirk(read_fault("delay=1s"), None).happens == "it waits so long, then goes on"
