from __future__ import annotations

import base64
from pathlib import Path

import pytest

from chatbot.core.errors import UsageError
from chatbot.outside.desktop.clipboard import copy


def with_tool(folder: Path, name: str, script: str) -> dict[str, str]:
    """An environment in which a tool of that name is found first."""
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin", "WAYLAND_DISPLAY": "w"}


def test_the_tool_of_the_desktop_gets_the_text_and_no_keys(tmp_path: Path) -> None:
    environ = with_tool(tmp_path, "wl-copy", f"cat > {tmp_path}/copied; env > {tmp_path}/env")
    copy("naïve", environ | {"OPENAI_API_KEY": "x"}, None)
    assert (tmp_path / "copied").read_text() == "naïve"
    assert "KEY" not in (tmp_path / "env").read_text()


def test_a_tool_that_fails_leaves_it_to_the_terminal(tmp_path: Path) -> None:
    environ = with_tool(tmp_path, "wl-copy", "exit 1")
    written: list[bytes] = []
    copy("text", environ, written.append)
    assert written == [b"\x1b]52;c;" + base64.b64encode(b"text") + b"\x07"]


def test_no_clipboard_at_all_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no clipboard"):
        copy("text", {"PATH": str(tmp_path)}, None)


def test_what_a_terminal_cannot_take_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="too long"):
        copy("x" * 100_000, {"PATH": str(tmp_path)}, lambda data: None)
