"""A text far too long for a model keeps its beginning and its end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.calls.bounded import HeadAndTail, bounded


@given(st.lists(st.binary(max_size=30)), st.integers(2, 40))
def test_head_and_tail_are_those_of_the_whole_however_it_was_cut(pieces: list[bytes], limit: int) -> None:
    kept, whole = HeadAndTail(limit), b"".join(pieces)
    for piece in pieces:
        kept.add(piece)
    assert kept.size_bytes == len(whole)
    half = limit // 2
    if len(whole) <= 2 * half:
        assert kept.text() == whole.decode("utf-8", "replace")
    else:
        assert kept.text().startswith(whole[:half].decode("utf-8", "ignore") + "\n[... ")
        assert kept.text().endswith(" left out here ...]\n" + whole[-half:].decode("utf-8", "ignore"))


def test_an_endless_text_fills_no_memory() -> None:
    kept = HeadAndTail(100)
    for _ in range(1000):
        kept.add(b"x" * 1000)
    assert len(kept._tail) <= 1100
    assert kept.text() == "x" * 50 + "\n[... 999.9 kB left out here ...]\n" + "x" * 50


@given(st.text(alphabet="aé€😀"), st.integers(2, 60))
def test_a_text_that_fits_is_left_as_it_is(text: str, limit: int) -> None:
    size = len(text.encode())
    assert (bounded(text, limit) == text) == (size <= limit)


def test_a_character_that_is_cut_in_two_is_left_out() -> None:
    assert bounded("é" * 10, 6) == "é\n[... 14 bytes left out here ...]\né"
