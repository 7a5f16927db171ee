"""Whether a file of SQLite is whole."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from chatbot.outside.databases import damage


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a b#?.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (a, b)")
        connection.executemany("INSERT INTO t VALUES (?, ?)", [(n, "x" * 500) for n in range(3000)])
        connection.execute("CREATE INDEX i ON t (a)")
    connection.close()
    return path


def test_a_whole_file_has_no_damage(file: Path) -> None:
    before = file.read_bytes()
    assert damage(file, 5.0) == ""
    assert file.read_bytes() == before


def test_a_page_that_was_overwritten_is_damage(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.seek(4096 * 40)
        opened.write(b"\xff" * 4096 * 20)
    try:
        assert damage(file, 5.0)
    except sqlite3.DatabaseError:
        pass


def test_what_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("no database, " * 100)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        damage(tmp_path / "x", 5.0)


def test_a_check_that_takes_too_long_is_ended(file: Path) -> None:
    assert damage(file, -1.0) is None
