import textwrap

from hypothesis import assume, given, settings

from chatbot.terminal.sanitise import sanitise
from tests.tables import each
from tests.terminal.generated import documents
from tests.terminal.markdown.reference import DISPUTED, Reference, ours, shown
from tests.terminal.texts import TEXTS


def dedent(text: str) -> str:
    return textwrap.dedent(text).strip("\n")


@settings(max_examples=150)
@given(documents)
def test_blocks_are_those_that_markdown_it_finds_in_the_whole_text(text: str) -> None:
    text = sanitise(text)
    assume(not DISPUTED.search(text))
    assert ours(text) == Reference().read(text)


@each("name", ["nested", "not_setext", "definitions", "html", "headings", "steps", "long_paragraph"])
def test_texts_are_read_as_markdown_it_reads_them(name: str) -> None:
    assert ours(TEXTS[name]) == Reference().read(TEXTS[name])


def test_a_number_is_as_wide_as_itself_and_lazy_numbers_count_on() -> None:
    assert shown("9. a\n9. b\n1. c\n") == [" 9. a", "10. b", "11. c"]


def test_a_list_goes_on_with_its_number_after_code() -> None:
    assert shown("1. a\n\n```\nx\n```\n\n2. b") == [" 1. a", "", "```", "x", "```", "", " 2. b"]


def test_blank_rows_are_where_the_source_has_blank_lines_one_at_most() -> None:
    assert shown("\n\na\n\n\n\n- b\n- c\n\n- d\ne\n\n") == ["a", "", "• b", "• c", "", "• d", "  e"]


def test_a_list_begins_behind_a_table_that_hangs_out_of_its_item() -> None:
    hanging, inside = (shown(f"- a\n{indent}x | y\n  |---|---|\n    * s") for indent in ("", "  "))
    assert hanging == inside and "  • s" in hanging


def test_code_in_an_item_has_a_blank_row_after_it() -> None:
    assert shown("- a\n  ```\n  x\n  ```\n- b") == ["• a", "```", "x", "```", "", "• b"]
    assert shown("- a\n  ```\n  x\n  ```\n  b\n\nc") == ["• a", "```", "x", "```", "", "  b", "", "c"]
    assert shown("- a\n  ```\n  x\nc") == ["• a", "```", "x", "```", "", "c"]


def test_a_heading_has_a_blank_row_before_it() -> None:
    assert shown("a\n# b\nc\n- # d") == ["a", "", "b", "c", "• d"]


def test_a_quote_keeps_its_bar_in_blank_rows() -> None:
    assert shown("> a\n>\n> b\n\nc") == ["▌ a", "▌", "▌ b", "", "c"]


def test_a_line_of_dashes_under_a_text_is_a_rule() -> None:
    assert shown("text\n---\nmore\n===") == ["text", "─" * 40, "more", "==="]


def test_link_definitions_are_text() -> None:
    assert shown("[x]\n\n[x]: http://e.com") == ["[x]", "", "[x]: http://e.com"]


def test_an_item_that_looks_like_a_heading_until_its_line_ends() -> None:
    assert shown("- a\n#foo") == ["• a", "  #foo"]


def test_what_is_taken_for_a_table_stays_in_its_list() -> None:
    assert shown("- x | y\n|---|---|") == ["• x | y", "  |---|---|"]
    assert shown("> x | y\n|---|---|") == ["▌ x | y", "▌ |---|---|"]


def test_a_deeply_indented_mark_after_a_quote_is_text() -> None:
    assert shown("> a\n    > q") == ["▌ a", "▌ > q"]


def test_an_item_without_text_keeps_its_marker() -> None:
    assert shown("-\n- b\n\n-\n\n  not in it") == ["•", "• b", "", "•", "", "not in it"]


def test_deep_nesting_leaves_room_for_the_text() -> None:
    rows = shown(TEXTS["twelve_levels"], width=30)
    assert all(any(f"level {level} of" in row for row in rows) for level in range(12))
    words = " ".join(shown(TEXTS["deep_quote"], width=20)).split()
    assert "deep" in words and "marks" in words and words.count("•") == 30


def test_a_hundred_levels_are_enough() -> None:
    assert "".join(shown(">" * 300 + " x", width=40)).count(">") == 200


def test_a_tab_belongs_to_an_item_by_a_part() -> None:
    assert shown("-\ta\n\n\t\tcode") == ["• a", "", "    code"[:4] + "code"]


def test_a_quote_without_text_has_no_row() -> None:
    assert shown("> >\n> a") == ["▌ a"]
    assert shown("- >\n- b") == ["• ▌", "• b"]


def test_a_backslash_at_the_end_of_a_line_is_a_line_end() -> None:
    assert shown("a\\\nb  \nc") == ["a", "b", "c"]
