"""The ledger in a small database of SQLite: a row for a day, a host and a kind of content."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from chatbot.core.cost.budget import Budget
from chatbot.core.cost.ledger import NANO, Entry, LedgerUnavailable, Room
from chatbot.core.http.traffic import Traffic
from chatbot.outside.sqlite.database import Database, Kind

HELD_FOR_S = 3600.0  # by a process that died; one that lives settles what it holds

_MOST_NANO = 10**15  # of one answer: tokens are claims of a server, and sums must stay within 64 bits

_TABLES = (
    """CREATE TABLE entry (
        day TEXT NOT NULL,
        host TEXT NOT NULL,
        provider TEXT NOT NULL,
        kind TEXT NOT NULL,
        requests INTEGER NOT NULL,
        sent_bytes INTEGER NOT NULL,
        received_bytes INTEGER NOT NULL,
        nano_usd INTEGER NOT NULL,
        unpriced INTEGER NOT NULL,
        PRIMARY KEY (day, host, provider, kind)
    ) WITHOUT ROWID""",
    # What answers that are on the way may cost, so that all processes together stay within a budget.
    """CREATE TABLE held (
        id INTEGER PRIMARY KEY,
        since_s REAL NOT NULL,
        provider TEXT NOT NULL,
        nano_usd INTEGER NOT NULL
    )""",
)
# No write-ahead log: it cannot be shared by machines that share the folder, as those of a cluster do.
LEDGER = Kind("ledger.db", "the ledger", LedgerUnavailable, _TABLES, journal="DELETE", busy_timeout_s=10.0)

_ADD = (
    "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET requests = requests"
    " + excluded.requests, sent_bytes = sent_bytes + excluded.sent_bytes, received_bytes = received_bytes"
    " + excluded.received_bytes, nano_usd = nano_usd + excluded.nano_usd, unpriced = unpriced + excluded.unpriced"
)


class Ledger:
    """In `folder`; `now` gives Unix seconds, `warn` is told that a damaged file was set aside. Threads and processes
    may use one file. Everything raises LedgerUnavailable.
    """

    def __init__(self, folder: Path, *, now: Callable[[], float], warn: Callable[[str], None]) -> None:
        self._now = now
        self._database = Database(folder, now, warn, LEDGER)

    @property
    def path(self) -> Path:
        """The file, which need not exist."""
        return self._database.path

    def close(self) -> None:
        """Closes it; it is opened again when it is needed."""
        self._database.close()

    def add(self, entries: Iterable[Entry], held: int | None = None) -> None:
        """Adds to the rows of their days; what was held for it is given back in the same moment."""
        values = [
            (one.day, one.traffic.host, one.provider, one.kind, *one.traffic[1:], _nano(one.usd), one.unpriced)
            for one in entries
        ]

        def add(connection: sqlite3.Connection) -> None:
            connection.executemany(_ADD, values)
            connection.execute("DELETE FROM held WHERE id = ?", (held,))

        self._database.change(add)

    def hold(self, usd: Decimal, provider: str, budgets: Sequence[Budget], today: str) -> int | Room:
        """Reserves an amount in all these budgets at once; its number. Where it does not fit, nothing is reserved, and
        what is left of the first budget that is too small is returned.
        """
        now_s = self._now()

        def hold(connection: sqlite3.Connection) -> int | Room:
            connection.execute("DELETE FROM held WHERE since_s < ?", (now_s - HELD_FOR_S,))
            for budget in budgets:
                room = _room(connection, budget, today)
                if usd > room.left_usd:
                    return room
            values = (now_s, provider, _nano(usd))
            made = connection.execute("INSERT INTO held (since_s, provider, nano_usd) VALUES (?, ?, ?)", values)
            return made.lastrowid or 0

        return self._database.change(hold)

    def room(self, budget: Budget, today: str) -> Room:
        """What is left of a budget."""
        return self._database.read(lambda connection: _room(connection, budget, today))

    def entries(self, since: str = "") -> list[Entry]:
        """All rows from a day on, by day, host and kind; none where nothing was ever kept, and no file is made."""
        if not self.path.exists():
            return []
        rest = "FROM entry WHERE day >= ? ORDER BY day, host, provider, kind"
        query = f"SELECT day, provider, kind, host, requests, sent_bytes, received_bytes, nano_usd, unpriced {rest}"
        rows: list[Any] = self._database.read(lambda connection: connection.execute(query, (since,)).fetchall())
        return [
            Entry(day, provider, kind, Traffic(*traffic), nano * NANO, unpriced)
            for day, provider, kind, *traffic, nano, unpriced in rows
        ]


def _room(connection: sqlite3.Connection, budget: Budget, today: str) -> Room:
    whose = {"provider": budget.provider, "since": budget.first_day(today)}
    of_it = "WHERE :provider IN ('', provider)"
    [spent_nano] = connection.execute(
        f"SELECT ifnull(sum(nano_usd), 0) FROM entry {of_it} AND day >= :since", whose
    ).fetchone()
    [held_nano] = connection.execute(f"SELECT ifnull(sum(nano_usd), 0) FROM held {of_it}", whose).fetchone()
    return Room(budget, spent_nano * NANO, held_nano * NANO)


def _nano(usd: Decimal) -> int:
    return min(int((usd / NANO).to_integral_value()), _MOST_NANO)
