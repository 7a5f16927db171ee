"""Escape sequences at the prompt: new lines, known keys, and everything else as nothing."""

from __future__ import annotations

from prompt_toolkit.key_binding import KeyPress
from prompt_toolkit.keys import Keys

from chatbot.terminal.input.key_parser import KeyParser
from tests.tables import each

UNKNOWN = {
    "focus": "\x1b[I\x1b[O",
    "device attributes": "\x1b[?62;22c",
    "mode report": "\x1b[?2026;2$y",
    "keyboard flags": "\x1b[?1u",
    "key release": "\x1b[97;1:3u",
    "modified letter": "\x1b[27;7;97~",
    "colour": "\x1b]11;rgb:0000/0000/0000\x1b\\",
    "colour, BEL": "\x1b]10;rgb:ffff/ffff/ffff\x07",
    "version": "\x1bP>|XTerm(390)\x1b\\",
    "graphics": "\x1b_Gi=1;OK\x1b\\",
    "SS3": "\x1bOz\x1bO2z",
}


def keys(*pieces: str) -> list[Keys | str]:
    """The keys that these reads become, and one flush after them."""
    pressed: list[KeyPress] = []
    parser = KeyParser(pressed.append)
    for piece in pieces:
        parser.feed(piece)
    parser.flush()
    return [press.data if press.key is Keys.BracketedPaste else press.key for press in pressed]


@each("sequence", ["\x1b[13;2u", "\x1b[13;5u", "\x1b[13;130u", "\x1b[27;2;13~", "\x1b[27;5;13~"])
def test_enter_with_shift_or_control_is_a_new_line(sequence: str) -> None:
    assert keys(f"a{sequence}b") == ["a", Keys.ControlJ, "b"]


@each("sequence", UNKNOWN.values())
def test_what_is_no_key_is_nothing_also_in_pieces(sequence: str) -> None:
    assert keys(f"a{sequence}b") == ["a", "b"]
    assert keys(*f"a{sequence}b") == ["a", "b"]
    for cut in range(1, len(sequence)):
        assert keys(f"a{sequence[:cut]}", f"{sequence[cut:]}b") == ["a", "b"]


@each(
    ("sequence", "known"),
    [
        ("\x1b[A", [Keys.Up]),
        ("\x1bOP", [Keys.F1]),
        ("\x1b[[A", [Keys.F1]),
        ("\x1b[24;80R", [Keys.CPRResponse]),
        ("\x1b", [Keys.Escape]),
        ("\x1bf", [Keys.Escape, "f"]),
        ("\x1b[", [Keys.Escape, "["]),
        ("\x1b]ab", [Keys.Escape, "]", "a", "b"]),
        ("\x1bPab", [Keys.Escape, "P", "a", "b"]),
        ("\x1b[99;5u", [Keys.ControlC]),
        ("\x1b[127;2u", [Keys.ControlH]),
        ("\x1b[200~x\x1b[Iy\x1b[201~z", ["x\x1b[Iy", "z"]),
    ],
)
def test_known_keys_stay_what_they_are(sequence: str, known: list[Keys | str]) -> None:
    assert keys(sequence) == known
    assert keys(*sequence) == known


def test_a_sequence_that_breaks_off_holds_no_later_key() -> None:
    assert keys("\x1b]11;rgb", "\x03") == [Keys.ControlC]
    assert keys("\x1b[1", "\r") == [Keys.ControlM]
