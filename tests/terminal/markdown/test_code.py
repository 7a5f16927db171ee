from chatbot.terminal.markdown.stream import MarkdownStream, one_piece
from tests.tables import each
from tests.terminal.markdown.reference import picture, shown
from tests.terminal.texts import TEXTS


def test_code_is_not_wrapped_nor_padded() -> None:
    rows = one_piece("```\n" + "x" * 200 + "\n```\n", 20)
    assert [row.text for row in rows] == ["```", "x" * 200, "```"]
    assert all(row.raw for row in rows)


def test_code_in_a_list_stands_at_the_left_margin() -> None:
    assert shown("- a\n\n  ```py\n  if x:\n      y\n  ```\n  b") == picture("""
        • a

        ```py
        if x:
            y
        ```

          b
    """)


def test_an_item_that_is_only_code_has_its_marker() -> None:
    assert shown("1. ```\n   x\n   ```") == [" 1. ```", "x", "```"]


def test_code_in_a_quote_keeps_the_bar() -> None:
    assert shown("> ```\n> x\n> ```") == ["▌ ```", "▌ x", "▌ ```"]


def test_blank_lines_at_the_end_are_dropped_and_those_between_stay() -> None:
    assert shown("```\na\n\n\nb\n\n\n```") == ["```", "a", "", "", "b", "```"]


def test_a_fence_that_is_not_closed_is_closed_at_the_end() -> None:
    assert shown("~~~ x y\ncode") == ["~~~x y", "code", "~~~"]


def test_a_fence_is_closed_by_the_same_mark_at_least_as_long() -> None:
    assert shown("````\n```\n~~~~\n`````\ntext") == ["````", "```", "~~~~", "````", "text"]


def test_a_tab_is_four_columns_counted_from_the_start_of_the_code() -> None:
    assert shown("1. ```\n   \tx\ty\n   ```") == [" 1. ```", "    x   y", "```"]


def test_indented_code_keeps_its_indent() -> None:
    assert shown("    a\n\n      b\n\ntext") == ["    a", "", "      b", "", "text"]


def test_each_complete_line_of_code_is_out_at_once() -> None:
    stream = MarkdownStream(80)
    stream.feed("```py\nx = 1\n")
    assert [row.text for row in stream.pump()[0]] == ["```py", "x = 1"]
    stream.feed("y")
    assert [row.text for row in stream.pump()[1]] == ["y"]


def test_the_language_of_a_fence_that_is_still_arriving_is_not_used() -> None:
    stream = MarkdownStream(80)
    rows = []
    for piece in ("```py", "thon-nonsense\n", "def f(): pass\n", "```\n"):
        stream.feed(piece)
        rows += stream.pump()[0]
    assert rows == one_piece("```python-nonsense\ndef f(): pass\n```\n", 80)
    assert len(rows[1].runs) == 1


@each("name", ["steps", "colours", "long_code", "numbers_after_code"])
@each("width", [80, 31])
def test_every_line_of_code_can_be_copied_as_it_is(name: str, width: int) -> None:
    rows = shown(TEXTS[name], width)
    inside = False
    for line in TEXTS[name].split("\n"):
        text = line.strip()
        if text.startswith("```"):
            inside = not inside
        elif inside and text and not line.startswith("   "):
            assert line in rows
        elif inside and text:
            assert line.removeprefix("   ") in rows or line in rows


def test_code_that_begins_an_item_copies_as_it_is_too() -> None:
    assert [row.raw for row in one_piece("- ```\n  " + "x" * 100 + "\n  ```", 40)] == [True, True, True]
