"""The gate: what all answers of one command may cost together, whatever the number of threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest

from chatbot.cli.cost.booking import today
from chatbot.cli.cost.gate import Gate, Held, Limits
from chatbot.core.cost.budget import Budget
from chatbot.core.cost.estimate import Estimate, LongestAnswer
from chatbot.core.cost.ledger import entries
from chatbot.core.errors import BudgetTooSmall, BudgetUsedUp, TooDear
from chatbot.core.http.traffic import Traffic
from chatbot.outside.ledger.store import Ledger


def never() -> Ledger:
    raise AssertionError("no budget has to know")


def estimate(usd: str) -> Estimate:
    return Estimate(Decimal(usd), 100, LongestAnswer(1_000, ""))


def test_what_is_settled_makes_room_for_the_next() -> None:
    gate = Gate(Limits(Decimal(1)), "openai", never)
    first = gate.reserve(estimate("0.9"))
    with pytest.raises(TooDear, match=r"could cost \$0.2, after \$0.9 for those before it; --max-cost allows \$1.00"):
        gate.reserve(estimate("0.2"))
    gate.settle(first, Decimal("0.1"))
    assert gate.spent_usd == Decimal("0.1")
    assert gate.reserve(estimate("0.9")) == Held(Decimal("0.9"))


def test_many_threads_never_hold_more_than_the_limit() -> None:
    gate = Gate(Limits(Decimal(1)), "openai", never)

    def ask(_: int) -> int:
        try:
            held = gate.reserve(estimate("0.1"))
        except TooDear:
            return 0
        gate.settle(held, Decimal("0.1"))
        return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, range(100))) == 10
    assert gate.spent_usd == 1


def test_a_budget_is_written_with_what_was_sent(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, now=lambda: 0.0, warn=pytest.fail)
    gate = Gate(Limits(None, (Budget(Decimal(1), "day"),)), "openai", lambda: ledger)
    held = gate.reserve(estimate("0.9"))
    with pytest.raises(BudgetUsedUp, match=r"\$0.1 is left of .* \$0 is spent, \$0.9 is reserved") as refused:
        gate.reserve(estimate("0.5"))
    assert refused.value.exit_code == 75 and "1.0k out" in refused.value.advice
    gate.settle(held, Decimal("0.25"), entries(today(), "openai", "batch", (Traffic("api", 1, 2, 3),), Decimal("0.25")))
    [row] = ledger.entries()
    assert (row.kind, row.usd, row.traffic.received_bytes) == ("batch", Decimal("0.25"), 3)
    assert gate.reserve(estimate("0.75")).number is not None
    with pytest.raises(BudgetTooSmall, match="the whole budget is 1 USD/day"):
        gate.reserve(estimate("1.01"))
    gate.close()
