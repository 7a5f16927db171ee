"""`--out DIR`: names that any system takes, and nothing that is lost or overwritten."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.cli.several.files import AnswerFiles, safe_names
from chatbot.core.errors import OutputUnwritable, UsageError


@given(st.lists(st.text(max_size=150), max_size=16))
def test_names_are_safe_and_all_different(names: list[str]) -> None:
    found = safe_names(names)
    assert len({name.lower() for name in found}) == len(names)
    for name in found:
        assert name.endswith(".md") and not name.startswith((".", "-")) and len(name.encode()) < 128
        assert not set(name) & set('/\\:*?"<>| \n\x00')


def test_names_say_whose_they_are() -> None:
    names = ["openai/gpt-5", "openai/GPT-5", "ollama/gemma3:4b", "../../etc/passwd", "日本"]
    assert safe_names(names) == [
        "openai-gpt-5.md",
        "openai-GPT-5-2.md",
        "ollama-gemma3-4b.md",
        "etc-passwd.md",
        "answer.md",
    ]


def test_a_file_is_private_and_one_without_an_answer_does_not_stay(tmp_path: Path) -> None:
    files = AnswerFiles(tmp_path / "new" / "folder", ["a", "b"])
    files.write(0, "text\n")
    files.close()
    [path] = (tmp_path / "new" / "folder").iterdir()
    assert path.read_text() == "text\n" and stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_there_is_left_as_it_is_and_nothing_is_begun(tmp_path: Path) -> None:
    (tmp_path / "b.md").write_text("mine")
    with pytest.raises(UsageError, match=r"b\.md is there already"):
        AnswerFiles(tmp_path, ["a", "b"])
    assert [path.name for path in tmp_path.iterdir()] == ["b.md"] and (tmp_path / "b.md").read_text() == "mine"


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputUnwritable, match="cannot be made"):
        AnswerFiles(tmp_path / "file" / "folder", ["a"])
