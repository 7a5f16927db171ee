"""An older database becomes a new one, whole or not at all, and a copy of the old one is kept."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest

from chatbot.outside.history.opening import Opener
from chatbot.outside.history.place import NAME
from chatbot.outside.history.schema import STEPS, Steps, migrate, version_of
from tests.histories import a_history, ask

NEXT: Steps = (*STEPS, ("ALTER TABLE conversation ADD COLUMN colour TEXT", "UPDATE conversation SET colour = 'red'"))
BROKEN: Steps = (*STEPS, ("ALTER TABLE conversation ADD COLUMN colour TEXT", "UPDATE no_such_table SET colour = 1"))
COPY = f"{NAME}.version-{len(STEPS)}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a database of today's version, with one turn in it."""
    history = a_history(tmp_path)
    ask(history)
    history.close()
    return tmp_path


def opener(folder: Path, steps: Steps) -> Opener:
    return Opener(folder, lambda: 0.0, steps=steps)


def never(version: int) -> None:
    raise AssertionError(f"a copy of version {version} was not due")


def test_a_step_changes_the_tables_and_the_version(folder: Path) -> None:
    connection = opener(folder, NEXT).for_writing().connection
    assert version_of(connection) == len(NEXT)
    assert connection.execute("SELECT colour FROM conversation").fetchall() == [("red",)]
    connection.close()


def test_a_private_copy_is_made_before_a_step(folder: Path) -> None:
    opener(folder, NEXT).for_writing().connection.close()
    assert stat.S_IMODE((folder / COPY).stat().st_mode) == 0o600
    copy = sqlite3.connect(folder / COPY)
    assert version_of(copy) == len(STEPS)
    assert copy.execute("SELECT question, answer FROM turn").fetchall() == [("why?", "because")]
    copy.close()
    assert sorted(path.name for path in folder.iterdir()) == [NAME, COPY]


def test_a_new_database_has_nothing_to_copy(tmp_path: Path) -> None:
    opener(tmp_path / "new", NEXT).for_writing().connection.close()
    assert [path.name for path in (tmp_path / "new").iterdir()] == [NAME]


def test_a_step_that_fails_leaves_everything_as_it_was(folder: Path) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no_such_table"):
        opener(folder, BROKEN).for_writing()
    opened = opener(folder, STEPS).for_writing()
    assert version_of(opened.connection) == len(STEPS)
    assert "colour" not in [row[1] for row in opened.connection.execute("PRAGMA table_info(conversation)")]
    opened.connection.close()


def test_without_a_copy_there_is_no_step(folder: Path) -> None:
    (folder / f"{COPY}.part").mkdir()  # in the way of the copy
    with pytest.raises(OSError, match="director"):
        opener(folder, NEXT).for_writing()
    opened = opener(folder, STEPS).for_writing()
    assert version_of(opened.connection) == len(STEPS)
    opened.connection.close()


def test_a_database_of_this_version_is_left_alone() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, STEPS, never)
    before = connection.total_changes
    migrate(connection, STEPS, never)
    assert connection.total_changes == before
    connection.close()


@pytest.mark.parametrize("version", [0, -3])
@pytest.mark.parametrize("steps", [STEPS, NEXT])
def test_a_database_that_has_lost_its_version_is_one_of_the_first(folder: Path, version: int, steps: Steps) -> None:
    connection = sqlite3.connect(folder / NAME)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.commit()
    connection.close()
    opened = opener(folder, steps).for_writing()
    assert version_of(opened.connection) == len(steps)
    assert opened.writable
    assert opened.connection.execute("SELECT count(*) FROM turn").fetchone() == (1,)
    opened.connection.close()


def test_a_history_of_before_several_models_can_compare_conversations(folder: Path) -> None:
    with sqlite3.connect(folder / NAME) as connection:
        connection.execute("DROP TABLE tool_call")
        connection.execute("DROP TABLE tool_step")
        connection.execute("DROP INDEX conversation_by_compared")
        connection.execute("ALTER TABLE conversation DROP COLUMN compared_to")
        connection.execute("PRAGMA user_version = 4")
    connection.close()
    history = a_history(folder)
    [before] = history.conversations(5)
    other = ask(history)
    history.compare([other], before.id)
    assert [each.id for each in history.compared(before.id)] == [other]
    history.close()
