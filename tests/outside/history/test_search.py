"""Words are found again, with FTS5 and without."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chatbot.outside.history.store import History
from tests.conftest import FakeTime
from tests.histories import COMPLETE, a_history, ask
from tests.tables import cases, each


class WithoutFts5(sqlite3.Connection):
    """An SQLite in which FTS5 is not compiled in."""

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        if "turn_words" in sql:
            raise sqlite3.OperationalError("no such module: fts5")
        return super().execute(sql, *args)


def without_fts5(folder: Path) -> History:
    return History(
        folder,
        now=lambda: 0.0,
        clock=lambda: 0.0,
        warn=pytest.fail,
        connect=lambda *args, **options: sqlite3.connect(*args, factory=WithoutFts5, **options),
    )


@pytest.fixture(params=["FTS5", "LIKE"])
def history(request: pytest.FixtureRequest, tmp_path: Path, time_: FakeTime) -> Iterator[History]:
    history = a_history(tmp_path, time_.clock) if request.param == "FTS5" else without_fts5(tmp_path)
    yield history
    history.close()


@pytest.fixture(scope="module", params=["FTS5", "LIKE"])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    folder = tmp_path_factory.mktemp("history")
    history = a_history(folder) if request.param == "FTS5" else without_fts5(folder)
    ask(history, "why is the sky blue?", "Because of Rayleigh scattering")
    ask(history, "is it 100% or 100_000?", "neither")
    ask(history, "C++ or C?", "yes")
    ask(history, "Was für ein Ärger", "ja")
    ask(history, "今天天气很好", "是的")
    ask(history, "hooray 🎉", "indeed")
    yield history
    history.close()


def found(history: History, words: str) -> list[str]:
    """What was found, hits in brackets."""
    return [
        "".join(f"[{piece.text}]" if piece.is_hit else piece.text for piece in hit.snippet)
        for hit in history.search(words, 10)
    ]


def test_a_hit_says_where_it_is_and_marks_the_word(history: History) -> None:
    conversation_id = ask(history, "hello", "good morning")
    ask(history, "why is the sky blue?", "Because of Rayleigh scattering", conversation_id)
    [hit] = history.search("rayleigh", 10)
    assert (hit.conversation_id, hit.position, hit.side, hit.model) == (conversation_id, 1, "assistant", "guide")
    assert found(history, "rayleigh") == ["Because of [Rayleigh] scattering"]


@each(
    ("words", "hit"),
    [
        *cases("""
            sky | why is the [sky] blue?
            SKY why | [why] is the [sky] blue?
            scatt scattering | Because of Rayleigh [scattering]
            sky rayleigh | why is the [sky] blue?
            scatt | Because of Rayleigh [scatt]ering
            sky green | nothing
            blue? | why is the sky [blue?]
            blue! | nothing
            "sky" | nothing
            AND | nothing
            sky OR | nothing
            sky* | nothing
            100% | is it [100%] or 100_000?
            100_000 | is it 100% or [100_000]?
            1__ | nothing
            c++ | [C++] or C?
            ++ | C[++] or C?
            ÄRGER | Was für ein [Ärger]
            天气 | 今天[天气]很好
            今天好 | nothing
            🎉 | hooray [🎉]
        """),
        ("", "nothing"),
        ("   ", "nothing"),
    ],
)
def test_what_is_found_is_what_was_looked_for(filled: History, words: str, hit: str) -> None:
    assert found(filled, words) == ([] if hit == "nothing" else [hit])


def test_the_newest_come_first_and_no_more_than_asked_for(history: History) -> None:
    for number in range(5):
        ask(history, f"word {number}")
    assert [hit.snippet[-1].text for hit in history.search("word", 3)] == [" 4", " 3", " 2"]


def test_an_answer_that_was_never_finished_is_found_too(history: History) -> None:
    writing = history.begin(None, "why?")
    writing.add("Because of Ray")
    writing.flush()
    writing.add("leigh scattering")
    writing.flush()
    assert found(history, "rayleigh") == ["Because of [Rayleigh] scattering"]
    writing.finish(COMPLETE)
    assert found(history, "rayleigh") == ["Because of [Rayleigh] scattering"]


def test_what_was_deleted_is_not_found(history: History) -> None:
    kept = ask(history, "word to keep")
    history.delete([ask(history, "word to delete")])
    assert [hit.conversation_id for hit in history.search("word", 10)] == [kept]


def test_accents_make_no_difference(tmp_path: Path) -> None:
    history = a_history(tmp_path)
    ask(history, "Où est le café ?")
    assert found(history, "cafe ou") == ["[Où] est le [café] ?"]
    assert found(history, "CAFÉ") == ["Où est le [café] ?"]
    history.close()


def test_what_was_kept_without_fts5_is_found_with_it(tmp_path: Path) -> None:
    before = without_fts5(tmp_path)
    ask(before, "the first word")
    before.close()
    history = a_history(tmp_path)
    ask(history, "the second word")
    assert len(found(history, "word")) == 2
    history.close()
    connection = sqlite3.connect(tmp_path / "history.db")
    assert connection.execute("SELECT count(*) FROM turn_words WHERE turn_words MATCH 'word'").fetchone() == (2,)
    connection.close()


def test_a_damaged_word_index_costs_neither_answers_nor_hits(tmp_path: Path) -> None:
    history = a_history(tmp_path)
    ask(history, "the first word")
    history.close()
    connection = sqlite3.connect(tmp_path / "history.db")
    connection.execute("UPDATE turn_words_data SET block = x'ff'")
    connection.commit()
    connection.close()
    history = a_history(tmp_path)
    conversation_id = ask(history, "the second word", "kept")
    assert history.conversation(conversation_id).turns[0].answer == "kept"
    assert len(found(history, "word")) == 2
    history.close()
