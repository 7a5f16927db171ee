from __future__ import annotations

import sys
from pathlib import Path

import pytest

from chatbot.core.errors import FileUnreadable, UsageError
from chatbot.outside.desktop.editor import edit, write_new
from tests.tables import each


def editor(folder: Path, program: str) -> str:
    """An editor that runs Python on the file it is given."""
    script = folder / "editor.py"
    script.write_text("import os, sys, pathlib\nfile = pathlib.Path(sys.argv[1])\n" + program)
    return f"{sys.executable} {script}"


def test_the_text_comes_back_as_it_was_left(tmp_path: Path) -> None:
    changes = editor(tmp_path, "file.write_text(file.read_text() + ' and more')")
    assert edit("some", tmp_path / "data", {"EDITOR": changes}) == "some and more"
    assert list((tmp_path / "data").iterdir()) == []


def test_a_text_left_as_it_was_is_none(tmp_path: Path) -> None:
    assert edit("some", tmp_path, {"EDITOR": "true"}) is None


def test_the_editor_sees_no_keys_and_a_private_file(tmp_path: Path) -> None:
    looks = editor(tmp_path, "file.write_text(repr(sorted(os.environ)) + oct(file.stat().st_mode))")
    environ = {"VISUAL": looks, "OPENAI_API_KEY": "x", "HF_TOKEN": "x", "MY_SECRET": "x", "HOME": "/home"}
    seen = edit("", tmp_path, environ) or ""
    assert "HOME" in seen and seen.endswith("0o100600")
    assert "KEY" not in seen and "TOKEN" not in seen and "SECRET" not in seen


@each("command", ["no-such-editor", "false", "'unbalanced"])
def test_an_editor_that_does_not_work_is_one_sentence(tmp_path: Path, command: str) -> None:
    with pytest.raises(UsageError, match="editor"):
        edit("some", tmp_path, {"EDITOR": command})
    assert list(tmp_path.glob("*question*")) == []


def test_a_new_file_is_written_and_an_old_one_left_alone(tmp_path: Path) -> None:
    write_new(str(tmp_path / "new.md"), "text")
    assert (tmp_path / "new.md").read_text() == "text"
    with pytest.raises(FileUnreadable, match="exists already"):
        write_new(str(tmp_path / "new.md"), "other")
    assert (tmp_path / "new.md").read_text() == "text"


def test_a_file_in_no_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="cannot be written"):
        write_new(str(tmp_path / "missing" / "new.md"), "text")
