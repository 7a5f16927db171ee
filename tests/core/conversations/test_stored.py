import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.conversations.stored import (
    ID_ALPHABET,
    ID_LENGTH,
    AmbiguousId,
    Summary,
    UnknownConversation,
    id_prefix,
    short_id,
)
from chatbot.core.conversations.stored import title_of as title
from tests.tables import each


@given(st.binary(min_size=ID_LENGTH, max_size=ID_LENGTH))
def test_an_id_is_short_and_finds_itself(random: bytes) -> None:
    found = short_id(random)
    assert len(found) == ID_LENGTH
    assert set(found) <= set(ID_ALPHABET)
    assert id_prefix(found) == id_prefix(f" {found.upper()} ") == found


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    assert id_prefix("oOiIlL") == "001111"


@each("typed", ["", " ", "u", "1234567", "a b", "..", "%", "é", "١"])
def test_what_cannot_be_an_id_is_said(typed: str) -> None:
    with pytest.raises(UnknownConversation, match="is not the id"):
        id_prefix(typed)


def test_an_ambiguous_id_names_the_candidates() -> None:
    error = AmbiguousId("ab", [Summary("abc123", 0, 0, "first", 1), Summary("abd456", 0, 0, "second", 1)])
    assert str(error) == "more than one conversation begins with ab"
    assert error.advice.splitlines() == ["abc123  first", "abd456  second"]
    assert error.exit_code == 2


def test_a_title_is_the_beginning_of_the_question_on_one_line() -> None:
    assert title("  why\n\tis it\r\nso? ") == "why is it so?"
    assert title("") == ""
    assert len(title("word " * 10_000_000)) <= 200
