"""The ledger: rows that grow, and budgets that hold for all who spend at the same time."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
from decimal import Decimal
from pathlib import Path
from threading import Thread

import pytest

from chatbot.core.cost.budget import Budget
from chatbot.core.cost.ledger import Entry, LedgerUnavailable, Room, entries
from chatbot.core.http.traffic import Traffic
from chatbot.outside.ledger.store import HELD_FOR_S, Ledger
from tests.conftest import FakeTime
from tests.forked import start_code

TODAY = "2026-11-28"
DAY = Budget(Decimal(1), "day")


def a_ledger(folder: Path, time_: FakeTime | None = None) -> Ledger:
    return Ledger(folder, now=(time_ or FakeTime()).clock, warn=pytest.fail)


def cost(usd: str, provider: str = "openai", day: str = TODAY) -> list[Entry]:
    return entries(day, provider, "chat", (Traffic("api", 1, 10, 20),), Decimal(usd))


def test_a_day_and_a_host_have_one_row_that_grows(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path)
    assert ledger.entries() == [] and not ledger.path.exists()
    ledger.add(cost("0.000000001"))
    ledger.add(cost("0.5"))
    ledger.add(entries(TODAY, "openai", "chat", (Traffic("api", 1, 1, 1),), None))
    ledger.add(entries(TODAY, "openai", "key test", (Traffic("api", 1, 1, 1),)))
    ledger.add(cost("1", day="2026-11-27"))
    assert ledger.entries(TODAY) == [
        Entry(TODAY, "openai", "chat", Traffic("api", 3, 21, 41), Decimal("0.500000001"), 1),
        Entry(TODAY, "openai", "key test", Traffic("api", 1, 1, 1)),
    ]
    assert len(ledger.entries()) == 3
    assert stat.S_IMODE(ledger.path.stat().st_mode) == 0o600
    ledger.close()


def test_what_is_held_counts_until_it_is_settled(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path)
    first = ledger.hold(Decimal("0.6"), "openai", [DAY], TODAY)
    assert isinstance(first, int)
    refused = ledger.hold(Decimal("0.6"), "openai", [DAY], TODAY)
    assert refused == Room(DAY, Decimal(0), Decimal("0.6"))
    assert refused.left_usd == Decimal("0.4")
    ledger.add(cost("0.1"), first)
    assert ledger.room(DAY, TODAY) == Room(DAY, Decimal("0.1"), Decimal(0))
    assert isinstance(ledger.hold(Decimal("0.9"), "openai", [DAY], TODAY), int)
    ledger.close()


def test_a_provider_has_its_own_budget_beside_the_one_of_everything(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path)
    own = Budget(Decimal("0.5"), "day", "openai")
    ledger.add(cost("0.4", "anthropic"))
    assert isinstance(ledger.hold(Decimal("0.4"), "openai", [DAY, own], TODAY), int)
    assert ledger.hold(Decimal("0.15"), "openai", [DAY, own], TODAY) == Room(own, Decimal(0), Decimal("0.4"))
    assert isinstance(ledger.hold(Decimal("0.2"), "anthropic", [DAY], TODAY), int)
    assert isinstance(ledger.hold(Decimal("0.01"), "gemini", [DAY], TODAY), Room)
    ledger.close()


def test_a_budget_of_a_month_counts_its_days_and_one_of_a_day_is_new_each_day(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path)
    ledger.add([*cost("0.3", day="2026-11-02"), *cost("0.4"), *cost("9", day="2026-10-31")])
    assert ledger.room(Budget(Decimal(1), "month"), TODAY).spent_usd == Decimal("0.7")
    assert ledger.room(DAY, TODAY).spent_usd == Decimal("0.4")
    assert ledger.room(DAY, "2026-11-29").spent_usd == 0
    ledger.close()


def test_what_a_dead_process_held_is_given_back_after_an_hour(tmp_path: Path, time_: FakeTime) -> None:
    ledger = a_ledger(tmp_path, time_)
    assert isinstance(ledger.hold(Decimal(1), "openai", [DAY], TODAY), int)
    time_.sleep(HELD_FOR_S - 1)
    assert isinstance(ledger.hold(Decimal(1), "openai", [DAY], TODAY), Room)
    time_.sleep(2)
    assert isinstance(ledger.hold(Decimal(1), "openai", [DAY], TODAY), int)
    ledger.close()


SPENDER = """
import sys
from decimal import Decimal
from pathlib import Path
from chatbot.core.cost.budget import Budget
from chatbot.core.cost.ledger import entries
from chatbot.core.http.traffic import Traffic
from chatbot.outside.ledger.store import Ledger
ledger = Ledger(Path(sys.argv[1]), now=lambda: 0.0, warn=print)
got = 0
for _ in range(20):
    held = ledger.hold(Decimal("0.1"), "openai", [Budget(Decimal(1), "day")], "2026-11-28")
    if isinstance(held, int):
        got += 1
        ledger.add(entries("2026-11-28", "openai", "chat", (Traffic("api", 1, 1, 1),), Decimal("0.1")), held)
sys.stdout.write(str(got))
"""


def test_processes_that_spend_at_the_same_time_stay_within_the_budget(tmp_path: Path) -> None:
    running = [start_code(SPENDER, str(tmp_path), stdout=subprocess.PIPE, text=True) for _ in range(4)]
    got = [int(process.communicate(timeout=60)[0]) for process in running]
    assert sum(got) == 10
    ledger = a_ledger(tmp_path)
    assert ledger.room(DAY, TODAY) == Room(DAY, Decimal(1), Decimal(0))
    ledger.close()


def test_threads_may_share_it(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path)

    def spend() -> None:
        for _ in range(5):
            ledger.add(cost("0.01"))

    threads = [Thread(target=spend) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledger.room(DAY, TODAY).spent_usd == Decimal("0.2")
    ledger.close()


def test_one_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerUnavailable, match="the ledger cannot be written"):
        a_ledger(tmp_path / "file" / "folder").add(cost("1"))


def test_a_damaged_one_is_set_aside_and_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"no database at all, but long enough to be one" * 100)
    told: list[str] = []
    ledger = Ledger(tmp_path, now=lambda: 0.0, warn=told.append)
    ledger.add(cost("1"))
    assert [text.split(":")[0] for text in told] == ["the ledger was damaged"]
    assert ledger.room(DAY, TODAY).spent_usd == 1
    ledger.close()
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    connection.close()
