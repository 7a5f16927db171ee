import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.conversations.search_terms import index_query, indexable, like_pattern, places, snippet


def marked(text: str, words: list[str], max_length: int = 80) -> str:
    pieces = snippet(text, places(text, words) or [], max_length)
    return "".join(f"[{piece.text}]" if piece.is_hit else piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("text", "words", "shown"),
    [
        ("Why so blue?", ["why", "blue"], "[Why] so [blue]?"),
        ("Straße", ["STRASSE"], "[Straße]"),
        ("cafe\u0301 au lait", ["café"], "[cafe]\u0301 au lait"),
        ("banana", ["ana", "nan"], "b[anan]a"),
        ("a\n\nb\tc", ["b"], "a [b] c"),
        ("x" * 100 + " word " + "y" * 100, ["word"], "…" + "x" * 29 + " [word] " + "y" * 45 + "…"),
    ],
)
def test_words_are_marked_where_they_stand(text: str, words: list[str], shown: str) -> None:
    assert marked(text, words) == shown


def test_a_missing_word_is_no_place_at_all() -> None:
    assert places("why so blue", ["why", "green"]) is None
    assert places("anything", ["\u0301"]) is None


@given(st.text(), st.lists(st.text(min_size=1, max_size=3), min_size=1, max_size=3))
def test_places_are_in_order_apart_and_inside(text: str, words: list[str]) -> None:
    spans = places(text, words)
    flat = [end for span in spans or [] for end in span]
    assert flat == sorted(flat)
    assert all(0 <= end <= len(text) for end in flat)


@given(st.text(max_size=200), st.text(min_size=1, max_size=2))
def test_a_snippet_of_a_short_text_is_the_whole_text(text: str, word: str) -> None:
    spans = [span for span in places(text, [word]) or [] if span[0] <= 30]
    pieces = snippet(text, spans[:1], 500)
    assert "".join("".join(piece.text for piece in pieces).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("words", "query"),
    [
        (["why", "is"], '"why"* AND "is"'),
        (["c++"], '"c++"'),
        (["++"], ""),
        (['say"so'], '"say so"*'),
        (["天气"], '"天  气"'),
    ],
)
def test_words_become_a_query(words: list[str], query: str) -> None:
    assert index_query(words) == query


def test_characters_of_scripts_without_blanks_are_words() -> None:
    assert indexable("go 天气").split() == ["go", "天", "气"]
    assert indexable("plain") == "plain"


def test_a_pattern_takes_its_signs_literally() -> None:
    assert like_pattern("50%_\\ä") == "%50\\%\\_\\\\_%"
