"""Slow motion: what each step shows, and its keys on a real terminal."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from chatbot.core.events import FinishReason, ReasoningDelta, TextDelta, Verdict
from chatbot.core.http.exchange import Chunk, Exchange
from chatbot.core.sse.decoder import SseEvent
from chatbot.terminal.http.slow_motion_frame import KEYS, View, frame, opened, plain
from tests import forked
from tests.forked import STARTED_WITH, start_on_terminal
from tests.terminal.http.records import ANSWERED, shown
from tests.terminal.watched import Watched

DRIVER = ["-m", "tests.terminal.http.slow_motion_driver"]
UP_TO_HERE = b'data: {"t":"Hel"}\n\ndata: {"t":"lo"}\n\ndata: {"t'
CHUNKS = (Chunk(100.0, UP_TO_HERE), Chunk(150.0, b'":" \xc3'), Chunk(400.0, b'\xbc"}\n\n'))


def read(event: SseEvent) -> list[TextDelta | ReasoningDelta]:
    import json

    text = str(json.loads(event.data)["t"])
    return [ReasoningDelta(text[1:]) if text.startswith("?") else TextDelta(text)]


def at(step: int, *chunks: Chunk) -> View:
    return opened(shown(ANSWERED, chunks=chunks or CHUNKS), read).moved(step)


def rows(view: View, width: int = 60, height: int = 20) -> list[str]:
    return frame(view, width, height, unicode=True)


def test_a_step_is_an_event_with_the_chunk_that_ended_it() -> None:
    assert rows(at(2)) == [
        "chunk 1 of 3  at 100 ms (+100 ms)  46 bytes  event 2 of 2",
        "--------------@-------+------------------------------------+",
        'bytes  |data: {"t":"Hel"}\\n\\ndata: {"t":"lo"}\\n\\ndata: {"t|',
        "event  {",
        '         "t": "lo"',
        "       }",
        "added  text 'lo'",
        "--- text so far ---",
        "Hello",
        *[""] * 10,
        KEYS,
    ]


def test_the_border_of_a_chunk_may_be_within_a_character() -> None:
    assert rows(at(3))[2:5] == [r'bytes  |":" \xc3|', "event  none ends in this chunk", "--- text so far ---"]
    assert rows(at(3))[0] == "chunk 2 of 3  at 150 ms (+50 ms)  5 bytes"
    assert r'bytes  |\xbc"}\n\n|' in rows(at(4))
    assert "Hello ü" in rows(at(4))


def test_before_the_first_chunk_stand_the_heads() -> None:
    start = rows(at(0))
    assert start[0] == "before the first of 3 chunks, 4 steps"
    assert any("POST /v1/chat/completions" in row for row in start)
    assert any("200 OK" in row for row in start)
    assert "Hel" not in "".join(start)


def test_reasoning_stands_there_until_the_text_begins() -> None:
    view = at(1, Chunk(1.0, b'data: {"t":"?hm"}\n\n'), Chunk(2.0, b'data: {"t":"so"}\n\n'))
    assert "--- reasoning so far ---" in rows(view) and "hm" in rows(view)
    assert "--- text so far ---" in rows(view.moved(1)) and "hm" not in rows(view.moved(1))


def test_one_cannot_step_beyond_the_ends() -> None:
    view = at(0)
    assert view.moved(-1).step == 0
    assert view.moved(99).step == view.moved(99).moved(1).step == 4
    assert view.moved(99).moved(-1).step == 3


def test_what_is_too_long_for_the_screen_says_how_much_is_missing() -> None:
    long = Chunk(1.0, b'data: {"t":"' + b"long " * 400 + b'"}\n\n')
    told = rows(at(1, long), height=15)
    assert len(told) == 15
    assert any(row.startswith("... ") and row.endswith(" rows more") for row in told)
    assert "long" in told[-2]  # the end of the text


def test_an_exchange_without_a_byte_has_one_step() -> None:
    view = opened(shown(ANSWERED, chunks=(), status=None, end="refused"), read)
    assert view.moved(1).step == 0
    assert rows(view)[0] == "before the first of 0 chunks, 0 steps"


def test_without_a_screen_everything_is_told_in_rows() -> None:
    told = list(plain(at(0)))
    assert any("chunk 2: 5 bytes" in row for row in told)
    assert "*            text 'lo'" in told
    assert told[-2:] == ["--- text ---", "Hello ü"]


PIECES = st.lists(
    st.one_of(
        st.binary(max_size=12),
        st.text(max_size=12).map(lambda text: f"data: {text}\n\n".encode("utf-8", "replace")),
        st.text(max_size=12).map(lambda text: f"event: x\ndata: {text}".encode("utf-8", "replace")),
    ),
    max_size=6,
)


def say(event: SseEvent) -> list[TextDelta | FinishReason]:
    return [TextDelta(event.data), FinishReason(event.type, Verdict.COMPLETE)]


@given(PIECES, st.integers(0, 20), st.integers(0, 90), st.integers(0, 30), st.booleans())
def test_every_frame_fits_and_is_harmless(
    pieces: list[bytes], step: int, width: int, height: int, unicode: bool
) -> None:
    exchange: Exchange = ANSWERED._replace(
        chunks=tuple(Chunk(float(number), piece) for number, piece in enumerate(pieces))
    )
    view = opened(shown(exchange), say).moved(step)
    drawn = frame(view, width, height, unicode=unicode)
    assert len(drawn) <= max(height, 6)
    for row in drawn:
        assert cell_len(row) <= max(width, 20)
        assert row.isprintable() or not any(ord(sign) < 32 or 127 <= ord(sign) < 160 for sign in row)
        assert unicode or row.isascii()
    assert all("\n" not in row and "\x1b" not in row for row in plain(view))


@pytest.mark.parametrize("words", [[], ["piped"]])
def test_on_a_terminal_the_keys_step_and_leave_it_as_it_was(tmp_path: Path, words: list[str]) -> None:
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **STARTED_WITH, "TERM": "xterm-256color"}
    person = Watched(start_on_terminal([*DRIVER, *words], env, tmp_path, dimensions=(24, 80), timeout=10), 80, 24)

    def sees(text: str) -> None:
        person.wait_for(lambda: any(text in row for row in person.screen.display))

    sees("before the first of 4 chunks")
    for key, seen in (
        ("\x1b[C", "chunk 1 of 4"),
        (" ", "chunk 2 of 4"),
        ("\x1b[C", "One two three"),
        ("\x1b[D", "chunk 2 of 4"),
        ("\x1b[F", "One two three four"),
        ("\x1b[H", "before the first"),
    ):
        person.child.send(key)
        sees(seen)
    person.child.send("q")
    assert person.leave() == 0
    assert b"\x1b[?1049h" in person.seen and b"\x1b[?1049l" in person.seen
    assert b"left" in person.seen


def test_in_a_pipe_it_is_rows(tmp_path: Path) -> None:
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **STARTED_WITH, "TERM": "xterm-256color"}
    done = forked.run(DRIVER, env, tmp_path, timeout_s=20, alone=True)
    assert b"\x1b" not in done.stdout
    assert done.stdout.decode().endswith("--- text ---\nOne two three four\nleft\n")
