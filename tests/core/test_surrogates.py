from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.surrogates import SurrogateJoiner, joined
from tests.tables import each

HIGH, LOW = "\ud83d", "\ude00"  # 😀

CASES = {
    "plain": ("plain", "plain"),
    "beyond ASCII": ("é😀", "é😀"),
    "a pair": (HIGH + LOW, "😀"),
    "a pair in a text": (f"a{HIGH}{LOW}b", "a😀b"),
    "a lone first half": (HIGH, "\ufffd"),
    "a lone first half in a text": (f"a{HIGH}b", "a\ufffdb"),
    "a lone second half": (LOW, "\ufffd"),
    "the wrong way round": (LOW + HIGH, "\ufffd\ufffd"),
    "two first halves": (HIGH + HIGH + LOW, "\ufffd😀"),
    "two second halves": (HIGH + LOW + LOW, "😀\ufffd"),
    "beside a whole one": (f"😀{HIGH}😀", "😀\ufffd😀"),
}


def fed(pieces: list[str]) -> str:
    joiner = SurrogateJoiner()
    return "".join([*(joiner.feed(piece) for piece in pieces), joiner.flush()])


@each(("text", "expected"), CASES.values())
def test_halves_are_joined_or_replaced(text: str, expected: str) -> None:
    assert joined(text) == expected
    assert fed([text]) == expected
    assert fed(list(text)) == expected


def test_halves_escaped_in_two_documents_are_joined() -> None:
    first, second = json.loads('"Hi \\ud83d"'), json.loads('"\\ude00!"')
    joiner = SurrogateJoiner()
    assert (joiner.feed(first), joiner.feed(second), joiner.flush()) == ("Hi ", "😀!", "")


def test_an_ordinary_piece_is_given_as_it_is() -> None:
    piece = "über"
    assert SurrogateJoiner().feed(piece) is piece


def test_after_the_end_nothing_is_held() -> None:
    joiner = SurrogateJoiner()
    joiner.feed(HIGH)
    assert (joiner.flush(), joiner.flush()) == ("\ufffd", "")


TEXTS = st.lists(st.sampled_from([HIGH, LOW, "a", "é", "😀", ""]), max_size=12)


@given(TEXTS)
def test_any_cutting_gives_the_same_valid_text(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert fed(pieces) == fed(list(text)) == joined(text)
    fed(pieces).encode()
    for sign in "aé":
        assert fed(pieces).count(sign) == text.count(sign)
