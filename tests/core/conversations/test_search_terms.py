from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.conversations.search_terms import index_query, indexable, like_pattern, places, snippet
from tests.tables import each


def marked(text: str, words: list[str], max_length: int = 80) -> str:
    pieces = snippet(text, [span for word in words for span in places(text, word)], max_length)
    return "".join(f"[{piece.text}]" if piece.is_hit else piece.text for piece in pieces)


@each(
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
    assert places("why so blue", "green") == []
    assert places("anything", "\u0301") == []


@given(st.text(), st.text(min_size=1, max_size=3))
def test_places_are_in_order_and_inside(text: str, word: str) -> None:
    spans = places(text, word)
    assert spans == sorted(spans)
    assert all(0 <= start < end <= len(text) for start, end in spans)


@given(st.text("abß\u0301 ", max_size=30), st.lists(st.text("abs", min_size=1, max_size=2), max_size=3))
def test_a_snippet_of_a_short_text_is_the_whole_text(text: str, words: list[str]) -> None:
    pieces = snippet(text, [span for word in words for span in places(text, word)], 500)
    assert "".join("".join(piece.text for piece in pieces).split()) == "".join(text.split())


@each(
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
