"""The invariant that carries the view: a row that came out is a row of the whole text, however the text is cut."""

import random
import re
from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.terminal.markdown import phrases
from chatbot.terminal.markdown.look import ASCII
from chatbot.terminal.markdown.row import Row
from chatbot.terminal.markdown.stream import MarkdownStream, one_piece
from chatbot.terminal.sanitise import Sanitiser, sanitise
from tests.tables import each
from tests.terminal.generated import documents
from tests.terminal.texts import TEXTS

WIDTHS = (80, 37, 12)


def cuts(text: str, seed: int, longest: int) -> Iterator[str]:
    chance = random.Random(seed)
    start = 0
    while start < len(text):
        end = start + chance.randint(1, longest)
        yield text[start:end]
        start = end


whole_rows = cache(one_piece)


def assert_each_row_comes_once(text: str, width: int, seed: int, longest: int) -> None:
    whole = whole_rows(text, width)
    chance = random.Random(seed)
    stream, out = MarkdownStream(width), list[Row]()
    for piece in cuts(text, seed, longest):
        stream.feed(piece)
        if longest == 1 or chance.random() < 0.7:
            rows = stream.pump()[0]
            assert rows == whole[len(out) : len(out) + len(rows)]
            out += rows
    assert out + stream.pump(final=True)[0] == whole


@each("name", TEXTS)
def test_the_rows_of_every_prefix_are_rows_of_the_whole(name: str) -> None:
    """Of every prefix at one width, in turns; at the others, of those that end after a few characters."""
    text, turn = sanitise(TEXTS[name]), list(TEXTS).index(name)
    for number, width in enumerate(WIDTHS):
        longest = 1 if number == turn % len(WIDTHS) else 7
        assert_each_row_comes_once(text, width, seed=1, longest=longest if len(text) < 1_500 else 60)


@each("longest", [5, 200])
@pytest.mark.parametrize("name", TEXTS)
def test_the_cutting_and_the_frames_make_no_difference(name: str, longest: int) -> None:
    assert_each_row_comes_once(sanitise(TEXTS[name]), 80, seed=longest, longest=longest)


@settings(max_examples=75)
@given(documents, st.sampled_from(WIDTHS), st.integers(0, 2**32))
def test_the_rows_of_every_prefix_of_any_document_are_rows_of_the_whole(text: str, width: int, seed: int) -> None:
    assert_each_row_comes_once(sanitise(text), width, seed, longest=1 if seed % 2 else 30)


@settings(max_examples=60)
@given(documents, st.sampled_from(WIDTHS), st.integers(0, 2**32))
def test_also_where_phrases_are_cut_by_force(text: str, width: int, seed: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(phrases, "_LONGEST_PHRASE", 20)
        assert_each_row_comes_once(sanitise(text), width, seed, longest=9)


@each("width", WIDTHS)
@each("name", TEXTS)
def test_a_row_fits_and_holds_no_control_characters(name: str, width: int) -> None:
    for row in one_piece(sanitise(TEXTS[name]), width):
        assert row.raw or row.cells <= width
        assert all(char.isprintable() or char in "\xa0\u200b\u200c\u200d\u200e\u200f\u3000" for char in row.text)


@each("name", TEXTS)
def test_no_row_ends_in_spaces(name: str) -> None:
    assert not [row.text for row in one_piece(sanitise(TEXTS[name]), 40) if row.text.endswith(" ")]


@each("name", ["nested", "quotes", "loose", "numbers_after_code", "twelve_levels", "not_setext"])
def test_committed_and_live_rows_are_the_text_so_far(name: str) -> None:
    stream, out, fed = MarkdownStream(80), list[Row](), ""
    for piece in cuts(TEXTS[name], 7, 24):
        stream.feed(piece)
        fed += piece
        rows, live = stream.pump()
        out += rows
        shown = "".join(row.text for row in out + live)
        assert [word for word in re.findall(r"[a-z]{2,}", fed) if word not in shown] == []


def test_a_paragraph_higher_than_the_screen_flows() -> None:
    stream, out = MarkdownStream(80), list[Row]()
    for _ in range(100):
        stream.feed("words that go on and on in one line ")
        rows, live = stream.pump()
        out += rows
        assert len(live) <= 4
    assert len(out) > 40


def test_source_that_has_become_rows_is_not_kept() -> None:
    stream = MarkdownStream(80)
    for _ in range(2_000):
        stream.feed("Some **words** of a paragraph. ")
        stream.pump()
    assert len(repr_of_state(stream)) < 4_000


def repr_of_state(part: object) -> str:
    """All text that an object keeps, to any depth."""
    if isinstance(part, str):
        return part
    if isinstance(part, list | tuple):
        return "".join(map(repr_of_state, part))
    names = [*getattr(part, "__dict__", ()), *getattr(type(part), "__slots__", ())]
    return "".join(repr_of_state(getattr(part, name)) for name in names if name != "__weakref__")


def test_a_new_width_counts_for_the_blocks_that_begin_after_it() -> None:
    stream = MarkdownStream(40)
    stream.feed("word " * 20 + "\n")
    stream.resized(20)
    stream.feed("word " * 20 + "\n\n" + "word " * 20)
    rows = stream.pump(final=True)[0]
    gap = rows.index(Row())
    assert max(row.cells for row in rows[:gap]) == 39
    assert max(row.cells for row in rows[gap:]) == 19


def test_marks_that_are_still_open_do_not_flash() -> None:
    stream = MarkdownStream(80)
    seen: set[str] = set()
    for char in "Some **bold** and `code` and [text](http://e.com) and *it*.":
        stream.feed(char)
        seen.update(row.text for row in stream.pump()[1])
    assert not [text for text in seen if "*" in text or "`" in text or "[" in text]


def test_a_line_of_marks_is_not_shown_before_it_is_clear_what_it_is() -> None:
    stream = MarkdownStream(80)
    stream.feed("text\n\n--")
    assert [row.text for row in stream.pump()[1]] == []
    stream.feed("-\n")
    assert [row.text for row in stream.pump()[0]] == ["", "─" * 40]


def test_only_ascii_signs_where_nothing_else_can_be_shown() -> None:
    text = "- item\n\n> quote\n\n---\n\n|a|b|\n|-|-|\n|1|2|\n"
    assert all(row.text.isascii() for row in one_piece(text, 80, ASCII))


def test_a_carriage_return_and_a_surrogate_may_be_cut_in_two() -> None:
    sanitiser, stream = Sanitiser(), MarkdownStream(80)
    for char in "a\r\n\r\n\ud83d\ude00\r":
        stream.feed(sanitiser.feed(char))
    assert [row.text for row in stream.pump(final=True)[0]] == ["a", "", "😀"]


def test_marks_in_the_middle_of_a_long_line_begin_no_block() -> None:
    text = "word " * 60 + "- x # y 1. z > q ``` " * 20
    assert_each_row_comes_once(text, 12, seed=3, longest=1)
    assert not [row.text for row in one_piece(text, 12) if "•" in row.text or "▌" in row.text]


def test_a_long_line_with_pipes_is_out_before_it_ends() -> None:
    text = "| a " * 2_000
    assert_each_row_comes_once(text, 80, seed=1, longest=200)
    stream = MarkdownStream(80)
    stream.feed(text)
    rows, live = stream.pump()
    assert len(rows) + len(live) == 100


def test_only_a_newline_ends_a_line() -> None:
    text = "a\x0bb\x0cc\x1cd\x85e"  # str.splitlines would make five lines of it
    assert len(one_piece(sanitise(text), 80)) == 1


def test_an_exclamation_mark_and_its_bracket_may_be_cut_apart() -> None:
    assert_each_row_comes_once("see this! [link](u) and ![image](u) there! [x]", 80, seed=1, longest=1)
