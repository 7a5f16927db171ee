"""What differs between two texts: both can be put together again from it, and it reads as a person would mark it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chatbot.terminal.several.word_diff import Difference, word_diff
from chatbot.terminal.several.words import marked

TEXTS = st.text(alphabet="ab \n.,é梨", max_size=40)


@given(TEXTS, TEXTS)
def test_both_texts_can_be_put_together_from_the_pieces(first: str, second: str) -> None:
    pieces = word_diff(first, second)
    assert "".join(each.text for each in pieces if each.side != "second") == first
    assert "".join(each.text for each in pieces if each.side != "first") == second
    assert all(each.text for each in pieces)


@given(TEXTS)
def test_the_same_text_is_one_piece(text: str) -> None:
    assert word_diff(text, text) == ([Difference("both", text)] if text else [])


def test_words_that_changed_are_marked_and_stand_together() -> None:
    difference = word_diff("The sky is blue.\nAlways.\n", "The sea was deep blue.\nAlways.\n")
    assert marked(difference, styles=False) == "The [-sky is-]{+sea was deep+} blue.\nAlways.\n"


def test_marks_have_colours_beside_the_signs_and_nothing_that_a_terminal_obeys() -> None:
    text = marked(word_diff("a \x1b[2Jb {x}", "a c {x}"), styles=True)
    assert text == "a \x1b[31m[-␛[2Jb-]\x1b[0m\x1b[32m{+c+}\x1b[0m {x}"


def test_long_texts_take_a_moment() -> None:
    first = "".join(f"line {number} of a long answer\n" for number in range(3000))
    second = first.replace("line 1500", "row 1500")
    assert [each.text for each in word_diff(first, second) if each.side == "second"] == ["row"]
