"""What an answer cost stays with its turn; a history of before gets the columns and keeps what it has."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest

from chatbot.core.cost.answer import NOTHING_SENT, Cost
from chatbot.core.cost.price import Price, Rate
from chatbot.core.errors import UsageError
from chatbot.core.events import Finished, Usage, Verdict
from chatbot.outside.history.opening import Opener
from chatbot.outside.history.place import NAME
from chatbot.outside.history.schema import STEPS, version_of
from chatbot.outside.history.store import History
from tests.histories import a_history, ask
from tests.tables import each

PRICE = Price(Rate(Decimal("2.5")), Rate(Decimal(10)), Rate(Decimal("1.25")), date="2026-11-27")
USAGE = Usage(1_000, 200, 150, 400, 100)


def keep(history: History, cost: Cost | None, *, attempts: int = 1, conversation_id: str | None = None) -> str:
    writing = history.begin(conversation_id, "why?", provider="openai", model="gpt-x")
    writing.add("because")
    writing.finish(Finished(Verdict.COMPLETE, usage=USAGE, attempts=attempts), cost=cost)
    assert writing.conversation_id
    return writing.conversation_id


@each(
    ("cost", "attempts"),
    [
        (Cost(Decimal("0.00425"), PRICE), 1),
        (Cost(Decimal("1E-12"), PRICE), 1),
        (Cost(None, PRICE), 1),
        (Cost(None), 1),
        (NOTHING_SENT._replace(price=None), 0),
        (None, 1),
    ],
)
def test_a_cost_comes_back_as_it_was_kept(tmp_path: Path, cost: Cost | None, attempts: int) -> None:
    history = a_history(tmp_path / "here")
    conversation_id = keep(history, cost, attempts=attempts)
    [turn] = history.conversation(conversation_id).turns
    assert (turn.cost, turn.usage) == (cost, USAGE)

    other = a_history(tmp_path / "there")
    assert other.import_(history.export()).added == (conversation_id,)
    assert other.import_(history.export()).known == 1
    [imported] = other.conversation(conversation_id).turns
    assert (imported.cost, imported.usage) == (cost, USAGE)
    history.close()
    other.close()


@each("cost", [{"usd": "much"}, {"usd": 5}, {"usd": "1", "price": {"input": "1"}}, {"price": 7}, 7])
def test_a_cost_that_is_none_is_not_imported(tmp_path: Path, cost: object) -> None:
    history = a_history(tmp_path)
    keep(history, None)
    [plain] = history.export()
    plain["turns"][0]["cost"] = cost
    with pytest.raises(UsageError, match="turn 0"):
        history.import_([plain])
    history.close()


def test_a_damaged_price_costs_no_turn(tmp_path: Path) -> None:
    history = a_history(tmp_path)
    conversation_id = keep(history, Cost(Decimal(1), PRICE))
    history.close()
    with sqlite3.connect(history.path) as connection:
        connection.execute("UPDATE turn SET price = '{broken'")
    connection.close()
    [turn] = history.conversation(conversation_id).turns
    assert (turn.answer, turn.cost) == ("because", None)
    history.close()


def test_each_question_counts_once_whatever_became_of_it(tmp_path: Path) -> None:
    history = a_history(tmp_path)
    conversation_id = keep(history, Cost(Decimal(1), PRICE))
    keep(history, Cost(Decimal(2), PRICE), conversation_id=conversation_id)
    history.withdraw_last(conversation_id, "answered")
    copy = history.fork(conversation_id)
    keep(history, Cost(Decimal(4), PRICE), conversation_id=copy)
    assert [turn.usd for turn in history.paid_turns()] == [1, 2, 4]
    assert history.paid_turns(2e9) == []
    history.close()


def test_a_history_of_version_3_gets_the_columns_and_a_copy_of_it_is_kept(tmp_path: Path) -> None:
    old = Opener(tmp_path, lambda: 0.0, steps=STEPS[:3]).for_writing().connection
    old.execute("INSERT INTO conversation (id, created_s, updated_s, turns, title) VALUES ('abc123', 5, 5, 1, 'why?')")
    old.execute(
        "INSERT INTO turn (conversation_id, position, created_s, verdict, provider, model, input_tokens, output_tokens,"
        " question, answer) VALUES ('abc123', 0, 5, 'complete', 'openai', 'gpt-4o', 7, 8, 'why?', 'because')"
    )
    old.close()

    history = a_history(tmp_path)
    ask(history, "and now?", "still", "abc123")
    first, second = history.conversation("abc123").turns
    assert (first.answer, first.usage, first.cost) == ("because", Usage(7, 8), None)
    assert second.answer == "still"
    [paid, _] = history.paid_turns()
    assert (paid.usd, paid.is_priced, paid.usage) == (None, False, Usage(7, 8))
    history.close()

    copy = sqlite3.connect(tmp_path / f"{NAME}.version-3")
    assert version_of(copy) == 3
    assert "price" not in {row[1] for row in copy.execute("PRAGMA table_info(turn)")}
    copy.close()


@each("version", [2, 3, 4])
def test_a_copy_that_lost_its_version_is_known_by_its_columns(tmp_path: Path, version: int) -> None:
    old = Opener(tmp_path, lambda: 0.0, steps=STEPS[:version]).for_writing().connection
    old.execute("PRAGMA user_version = 0")
    old.close()
    opened = Opener(tmp_path, lambda: 0.0).for_writing()
    assert version_of(opened.connection) == len(STEPS) == 6
    opened.connection.close()
