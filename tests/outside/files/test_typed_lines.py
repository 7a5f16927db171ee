from __future__ import annotations

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from chatbot.outside.files.typed_lines import append, load


def test_the_newest_comes_first_and_none_twice_in_a_row(tmp_path: Path) -> None:
    file = tmp_path / "chat" / "typed.jsonl"
    for text in ("one", "two\nlines", "two\nlines", "three"):
        append(file, text)
    assert list(load(file)) == ["three", "two\nlines", "one"]


def test_file_and_folder_are_private_under_any_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        append(tmp_path / "chat" / "typed.jsonl", "one")
    finally:
        os.umask(before)
    assert (tmp_path / "chat").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "chat" / "typed.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_missing_or_damaged_file_gives_what_it_can(tmp_path: Path) -> None:
    file = tmp_path / "typed.jsonl"
    assert list(load(file)) == []
    file.write_bytes(b'"one"\n\xff\xfe{\n[1]\n"two"\n"brok')
    assert list(load(file)) == ["two", "one"]


def test_a_place_that_cannot_be_written_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    append(tmp_path / "file" / "typed.jsonl", "one")


@given(st.lists(st.text()))
def test_any_text_comes_back(texts: list[str]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "typed.jsonl"
        for text in texts:
            append(file, text)
        kept = list(load(file))
    assert kept == [
        text for text, after in zip(reversed(texts), [None, *reversed(texts)], strict=False) if text != after
    ]
