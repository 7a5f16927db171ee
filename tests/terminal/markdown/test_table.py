from chatbot.terminal.markdown.look import STRONG
from chatbot.terminal.markdown.stream import MarkdownStream, one_piece
from tests.terminal.markdown.reference import picture, shown


def test_columns_are_as_wide_as_their_widest_cell_and_aligned() -> None:
    assert shown("|a|b|c|\n|:-|:-:|-:|\n|one|two|three|\n|x|y|z|") == picture("""
        a     b       c
        ───  ───  ─────
        one  two  three
        x     y       z
    """)


def test_the_head_is_bold() -> None:
    assert one_piece("|a|\n|-|", 80)[0].runs == (("a", STRONG),)


def test_a_row_that_is_too_short_or_too_long_loses_nothing() -> None:
    assert shown("|a|b|\n|-|-|\n|1|\n|1|2|3|")[2:] == ["1", "1  2 | 3"]


def test_an_escaped_pipe_is_text() -> None:
    assert shown("|a|\n|-|\n|x \\| y|")[2] == "x | y"


def test_a_break_in_a_cell_is_a_new_row() -> None:
    assert shown("|a|b|\n|-|-|\n|1<br>2|`<br>`|")[2:] == ["1  <br>", "2"]


def test_a_break_beside_code_in_a_cell_is_a_new_row_too() -> None:
    assert shown("|a|b|\n|-|-|\n|1|`c`<BR />d `x<br>`|")[2:] == ["1  c", "   d x<br>"]


def test_an_escaped_break_is_text() -> None:
    assert shown("|a|\n|-|\n|x\\<br>y|")[2:] == ["x<br>y"]


def test_a_table_right_under_the_text_of_an_item_does_not_repeat_the_marker() -> None:
    assert shown("- text\n  |a|b|\n  |-|-|\n  |1|2|") == ["• text", "  a  b", "  ─  ─", "  1  2"]
    assert shown("- |a|b|\n  |-|-|\n  |1|2|") == ["• a  b", "  ─  ─", "  1  2"]


def test_cells_wrap_when_the_screen_is_narrow() -> None:
    assert shown("|name|description|\n|-|-|\n|x|some words that are long|", 24) == picture("""
        name  description
        ────  ──────────────────
        x     some words that
              are long
    """)


def test_columns_are_not_narrower_than_their_words() -> None:
    assert shown("|name|description|\n|-|-|\n|some_identifier|some words that are long|", 30) == picture("""
        name             description
        ───────────────  ─────────────
        some_identifier  some words
                         that are long
    """)


def test_words_that_do_not_fit_beside_each_other_make_records() -> None:
    rows = shown("|a|b|\n|-|-|\n|some_identifier|another_identifier|", 30)
    assert rows == ["a: some_identifier", "b: another_identifier", "────────"]


def test_an_address_in_a_record_is_whole() -> None:
    address = "https://example.org/" + "x" * 20
    assert address in shown(f"|a|b|c|\n|-|-|-|\n|one|two|{address}|", 20)
    assert all(len(row) <= 40 for row in shown(f"|a|b|\n|-|-|\n|one|{address}|", 40))


def test_too_many_columns_become_records() -> None:
    rows = shown("|a|b|c|\n|-|-|-|\n|one thing|two things|three things|", 20)
    assert rows == ["a: one thing", "b: two things", "c: three things", "────────"]


def test_widths_stay_after_twenty_rows_and_rows_come_at_once_from_then_on() -> None:
    stream = MarkdownStream(80)
    stream.feed("|a|b|\n|-|-|\n" + "|1|2|\n" * 19)
    assert stream.pump()[0] == []
    stream.feed("|1|2|\n")
    assert len(stream.pump()[0]) == 22
    stream.feed("|longer|2|\n")
    assert [row.text for row in stream.pump()[0]] == ["l  2", "o", "n", "g", "e", "r"]


def test_a_table_can_end_a_paragraph() -> None:
    assert shown("text\n|a|b|\n|-|-|\n|1|2|") == ["text", "a  b", "─  ─", "1  2"]


def test_a_line_of_dashes_needs_as_many_columns_as_the_head() -> None:
    assert shown("|a|b|\n|-|\n") == ["|a|b|", "|-|"]


def test_a_line_whose_first_pipe_is_far_away_is_no_head() -> None:
    rows = shown("x" * 250 + "|b\n-|-", 300)
    assert rows == ["x" * 250 + "|b", "-|-"]
