"""The exchanges in the history: the newest ones, as long as their conversation."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatbot.core.events import Finished, Verdict
from chatbot.core.http.kept import KeptExchange, kept
from chatbot.outside.history.exchanges import KEPT
from chatbot.outside.history.store import History
from tests.histories import a_history
from tests.terminal.http.records import ANSWERED, shown


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    history = a_history(tmp_path / "chat")
    yield history
    history.close()


def rows(*ids: str) -> list[KeptExchange]:
    return [kept(shown(ANSWERED, id=each)) for each in ids]


def asked(history: History, *exchanges: KeptExchange) -> str:
    writing = history.begin(None, "why?")
    writing.finish(Finished(Verdict.COMPLETE))
    writing.keep_exchanges(exchanges)
    assert writing.conversation_id
    return writing.conversation_id


def test_they_come_back_the_newest_first_and_by_the_beginning_of_their_id(history: History) -> None:
    asked(history, *rows("aa1", "ab2"))
    asked(history, *rows("aa3"))
    assert [row.id for row in history.exchanges()] == ["aa3", "ab2", "aa1"]
    assert [row.id for row in history.exchanges("aa")] == ["aa3", "aa1"]
    assert history.exchanges("%") == []
    assert history.exchanges("ab2")[0].record == shown(ANSWERED, id="ab2")


def test_only_the_newest_are_kept(history: History) -> None:
    for number in range(KEPT + 5):
        asked(history, *rows(f"{number:03}"))
    assert [row.id for row in history.exchanges()][-1] == "005"
    assert len(history.exchanges()) == KEPT


def test_they_go_with_their_conversation(history: History) -> None:
    first, second = asked(history, *rows("one")), asked(history, *rows("two"))
    history.delete([first])
    assert [row.id for row in history.exchanges()] == ["two"]
    assert history.conversation(second).turns
    assert history.clear_exchanges() == 1 and history.exchanges() == []


def test_a_history_of_before_gets_its_table_and_keeps_what_it_has(history: History) -> None:
    conversation_id = asked(history)
    database = history.path
    history.close()
    with sqlite3.connect(database) as connection:
        for table in ("exchange", "tool_call", "tool_step"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("ALTER TABLE turn DROP COLUMN items")
        for column in ("cache_write_tokens", "cost_usd", "price"):
            connection.execute(f"ALTER TABLE turn DROP COLUMN {column}")
        connection.execute("DROP INDEX conversation_by_compared")
        connection.execute("ALTER TABLE conversation DROP COLUMN compared_to")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    asked(history, *rows("new"))
    assert [row.id for row in history.exchanges()] == ["new"]
    assert history.conversation(conversation_id).turns[0].question == "why?"
