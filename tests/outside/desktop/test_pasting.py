"""What is in the clipboard, from the desktop's tool or the terminal."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from pathlib import Path

import pytest

from chatbot.core.errors import FileUnreadable
from chatbot.outside.desktop.pasting import pasted
from chatbot.outside.desktop.terminal_clipboard import MAX_REPLY_BYTES, text_in
from tests.conftest import FakeTime
from tests.outside.desktop.test_clipboard import with_tool
from tests.tables import each

ATTRIBUTES = b"\x1b[?62;22c"


def offering(folder: Path, *types: str) -> dict[str, str]:
    """A Wayland desktop with these types in its clipboard, each with its own name as its bytes."""
    listed = "\\n".join(types)
    return with_tool(
        folder,
        "wl-paste",
        f'case "$1" in --list-types) printf "{listed}\\n" ;; *) env > {folder}/env; printf "%s" "$3" ;; esac',
    )


def test_text_comes_before_an_image_and_no_keys_go_to_the_tool(tmp_path: Path) -> None:
    environ = offering(tmp_path, "text/html", "image/png", "text/plain")
    assert pasted(environ | {"OPENAI_API_KEY": "x"}) == b"text/plain"
    assert "KEY" not in (tmp_path / "env").read_text()


def test_an_image_is_taken_in_the_form_that_loses_nothing(tmp_path: Path) -> None:
    assert pasted(offering(tmp_path, "image/jpeg", "image/png", "text/html")) == b"image/png"


def test_an_empty_clipboard_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="nothing in the clipboard"):
        pasted(offering(tmp_path, "application/x-special"))
    with pytest.raises(FileUnreadable, match="nothing in the clipboard"):
        pasted(with_tool(tmp_path, "wl-paste", "exit 1"))


def test_without_a_tool_the_terminal_is_asked(tmp_path: Path) -> None:
    assert pasted({"PATH": str(tmp_path)}, lambda: b"copied") == b"copied"
    with pytest.raises(FileUnreadable, match="cannot be read here"):
        pasted({"PATH": str(tmp_path)})


def replied(*pieces: bytes) -> bytes | None:
    """What is understood of an answer of the terminal that comes in these pieces, and then no more."""
    waiting = iter(pieces)
    return text_in(lambda left_s: next(waiting, b""), FakeTime().clock)


def in_pieces(reply: bytes, size: int) -> Iterable[bytes]:
    return (reply[at : at + size] for at in range(0, len(reply), size))


@each("end", [b"\x07", b"\x1b\\"])
@each("size", [1, 7, 1000])
def test_the_terminal_tells_its_clipboard_in_whatever_pieces(end: bytes, size: int) -> None:
    reply = b"\x1b]52;c;" + base64.b64encode("naïve".encode()) + end + ATTRIBUTES
    assert replied(*in_pieces(reply, size)) == "naïve".encode()


def test_a_terminal_that_does_not_tell_is_not_waited_for() -> None:
    assert replied(ATTRIBUTES, b"never read") is None
    assert replied() is None
    assert replied(b"\x1b]52;c;\x07") is None
    assert replied(b"\x03") is None


def test_a_reply_without_end_is_given_up() -> None:
    endless = text_in(lambda left_s: b"A" * 65_536, FakeTime().clock)
    assert endless is None and MAX_REPLY_BYTES < 2_000_000
