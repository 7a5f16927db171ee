"""A help page as text."""

from __future__ import annotations

from chatbot.terminal.help_page import help_page
from tests.tables import each

LISTS = {"What to ask": [("-f, --file PATH", "A text file."), ("--json", "One JSON object.")]}


def page(columns: int = 80, *, bold: bool = False) -> str:
    return help_page("Usage: chat [OPTIONS] [QUESTION...]", ["Asks."], LISTS, ["A note."], columns=columns, bold=bold)


def test_options_stand_under_calm_headings() -> None:
    assert page() == (
        "Usage: chat [OPTIONS] [QUESTION...]\n\n"
        "Asks.\n\n"
        "What to ask\n"
        "  -f, --file PATH  A text file.\n"
        "  --json           One JSON object.\n\n"
        "A note."
    )


def test_on_a_narrow_screen_the_help_stands_under_its_option() -> None:
    assert "  -f, --file PATH\n      A text file.\n  --json\n      One JSON object.\n" in page(40)


def test_headings_are_bold_and_nothing_else_is() -> None:
    assert page(bold=True) == page().replace("What to ask", "\x1b[1mWhat to ask\x1b[0m")


@each("columns", [0, 40, 80, 120, 1000])
def test_lines_break_between_words_and_lose_none(columns: int) -> None:
    rows = [("--a-very-long-option, --with-another-long-name NAME", "Many words " * 30), ("-x", "")]
    text = help_page("Usage: chat", ["word " * 99], {"Options": rows}, [], columns=columns, bold=False)
    words = ["Usage:", "chat", *["word"] * 99, "Options", *rows[0][0].split(), *["Many", "words"] * 30, "-x"]
    assert text.split() == words
    assert not columns or max(map(len, text.splitlines())) < max(columns, 60)
    assert not any(line != line.rstrip() for line in text.splitlines())
