"""What a probe found, on terminals and in pipes."""

from __future__ import annotations

from chatbot.terminal.documents.probed import FoundRow, found_text
from chatbot.terminal.screen import Screen
from tests.tables import each

ROWS = [
    FoundRow("yes", "Chat, whole", "obeyed"),
    FoundRow("wrong", "stop", "ignored: the word is in the answer", '{"content": "one two three four"}'),
    FoundRow("unknown", "seed", "HTTP 503", "<html>"),
    FoundRow("unknown", "An image", "HTTP 503", "<html>"),
]


def test_in_a_pipe_a_row_is_a_line_and_the_same_bytes_are_shown_once() -> None:
    assert found_text(ROWS, Screen(rendered=False, styles=False)).splitlines() == [
        "yes      Chat, whole  obeyed",
        'wrong    stop         ignored: the word is in the answer  {"content": "one two three four"}',
        "unknown  seed         HTTP 503  <html>",
        "unknown  An image     HTTP 503",
    ]


def test_a_terminal_has_a_table_with_the_bytes_under_it() -> None:
    rows = found_text(ROWS, Screen(width=100, styles=False)).splitlines()
    assert rows[0] == "yes      Chat, whole  obeyed"
    assert rows[2].strip() == '{"content": "one two three four"}'


@each("width", [20, 40, 69])
def test_a_narrow_terminal_loses_nothing(width: int) -> None:
    text = found_text(ROWS, Screen(width=width, styles=False))
    assert all(len(line) <= width for line in text.splitlines())
    together = "".join(text.split())
    assert all("".join(part.split()) in together for part in ("Chat, whole", "ignored: the", "HTTP 503"))


def test_colours_are_there_only_where_they_may_be() -> None:
    assert "\x1b[1;31mwrong" in found_text(ROWS, Screen(styles=True))
    assert "\x1b" not in found_text(ROWS, Screen(styles=False))


def test_nothing_to_tell_is_nothing() -> None:
    assert found_text([], Screen()) == ""
    assert found_text([], Screen(rendered=False)) == ""


def test_what_a_server_says_is_harmless() -> None:
    evil = [FoundRow("yes", "x", "\x1b[2J", "\x1b]0;owned\x07")]
    for screen in (Screen(styles=False), Screen(rendered=False, styles=False)):
        assert "\x1b" not in found_text(evil, screen)
