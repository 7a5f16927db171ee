from hypothesis import given
from hypothesis import strategies as st

from chatbot.terminal.markdown.look import PLAIN, STRONG
from chatbot.terminal.markdown.row import Row
from chatbot.terminal.markdown.wrap import Wrapper, fold
from tests.tables import each


def wrapped(text: str, width: int, first: int | None = None) -> list[str]:
    wrapper = Wrapper(width, first)
    return [row.text for row in wrapper.feed([(text, PLAIN)]) + wrapper.finish()]


def test_words_go_to_the_next_row_and_spaces_between_them_are_dropped() -> None:
    assert wrapped("one two  three", 7) == ["one two", "three"]


def test_spaces_inside_a_row_stay() -> None:
    assert wrapped("a   b", 7) == ["a   b"]


def test_the_first_row_can_be_shorter() -> None:
    assert wrapped("aa bb cc dd", 8, first=4) == ["aa", "bb cc dd"]


def test_a_row_is_out_when_the_word_that_does_not_fit_has_begun() -> None:
    wrapper = Wrapper(8)
    assert wrapper.feed([("one two", PLAIN)]) == []
    assert [row.text for row in wrapper.feed([(" th", PLAIN)])] == ["one two"]


def test_a_word_longer_than_a_row_begins_on_its_own_and_is_cut() -> None:
    assert wrapped("a xxxxxxxxxx b", 4) == ["a", "xxxx", "xxxx", "xx b"]


ADDRESS = "https://example.org/abc-def/" + "x" * 20


def test_an_address_longer_than_a_row_is_a_row_of_its_own_that_the_terminal_wraps() -> None:
    wrapper = Wrapper(20)
    rows = wrapper.feed([(f"See {ADDRESS}, and more", PLAIN)]) + wrapper.finish()
    assert [(row.text, row.raw) for row in rows] == [("See", False), (f"{ADDRESS},", True), ("and more", False)]


@each("begin", ["(http://", "<ftp://", "www.", "HTTPS://", "('git+ssh://"])
def test_what_else_is_an_address(begin: str) -> None:
    assert wrapped(f"a {begin}{'x' * 30} b", 20) == ["a", f"{begin}{'x' * 30}", "b"]


def test_an_address_that_fits_a_row_goes_on_in_it() -> None:
    assert wrapped("a http://x.y b", 12) == ["a http://x.y", "b"]


def test_an_address_is_cut_where_no_row_may_be_wider() -> None:
    wrapper = Wrapper(20, cut_addresses=True)
    rows = wrapper.feed([(ADDRESS, PLAIN)]) + wrapper.finish()
    assert [row.cells for row in rows] == [20, 20, len(ADDRESS) - 40]


def test_an_address_without_end_is_not_kept() -> None:
    wrapper = Wrapper(20)
    rows = wrapper.feed([("http://", PLAIN)])
    for _ in range(500):
        rows += wrapper.feed([("x" * 100, PLAIN)])
    assert sum(row.cells for row in rows) > 47_000


def test_a_word_of_several_styles_is_one_word() -> None:
    wrapper = Wrapper(6)
    rows = wrapper.feed([("aa b", PLAIN), ("bb", STRONG), ("b c", PLAIN)]) + wrapper.finish()
    assert rows == [Row((("aa", PLAIN),)), Row((("b", PLAIN), ("bb", STRONG), ("b c", PLAIN)))]


def test_wide_scripts_break_between_characters() -> None:
    assert wrapped("漢字漢字漢字", 5) == ["漢字", "漢字", "漢字"]


def test_a_closing_mark_stays_with_the_character_before_it() -> None:
    assert wrapped("漢字漢字。", 8) == ["漢字漢", "字。"]


def test_an_opening_mark_stays_with_the_character_after_it() -> None:
    assert wrapped("漢字漢「字」", 8) == ["漢字漢", "「字」"]


def test_joined_emoji_are_not_cut() -> None:
    family = "👩‍👩‍👧"
    assert wrapped(family * 5, 5) == [family * 2, family * 2, family]


def test_a_no_break_space_does_not_break() -> None:
    assert wrapped("aa b\xa0b", 4) == ["aa", "b\xa0b"]


_ANY = st.lists(st.sampled_from([*"ab 漢。「\n\u0301\u200d👩❤\ufe0fé", "http://", "www."]), max_size=60).map("".join)


@given(_ANY, st.integers(1, 12), st.lists(st.integers(0, 9)))
def test_the_cutting_makes_no_difference(text: str, width: int, cuts: list[int]) -> None:
    wrapper, rows, start = Wrapper(width), list[Row](), 0
    for cut in [*cuts, len(text)]:
        rows += wrapper.feed([(text[start : start + cut], PLAIN)])
        start += cut
    assert [row.text for row in rows + wrapper.finish()] == wrapped(text, width)


@given(st.text(st.sampled_from("ab 漢。「\n👩é"), max_size=60), st.integers(2, 12))
def test_no_row_is_wider_than_asked_for_and_no_character_is_lost(text: str, width: int) -> None:
    rows = wrapped(text, width)
    assert all(Row(((row, PLAIN),)).cells <= width for row in rows)
    assert "".join("".join(rows).split()) == "".join(text.split())


@each(("text", "pieces"), [("abcdefg", ["abc", "def", "g"]), ("漢字", ["漢", "字"]), ("", [""])])
def test_a_row_folds_as_a_terminal_would_wrap_it(text: str, pieces: list[str]) -> None:
    assert [row.text for row in fold(Row(((text, PLAIN),)), 3)] == pieces
