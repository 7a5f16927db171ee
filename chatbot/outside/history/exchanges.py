"""The exchanges that the history keeps: the newest ones, each with the turn that it belongs to."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from chatbot.core.http.kept import KeptExchange
from chatbot.outside.history.rows import storable

KEPT = 50
_COLUMNS = ", ".join(KeptExchange._fields)


def insert_exchanges(connection: sqlite3.Connection, turn_id: int, exchanges: Sequence[KeptExchange]) -> None:
    """Adds those of one turn, and lets the oldest go."""
    marks = ", ".join("?" * (len(KeptExchange._fields) + 1))
    for exchange in exchanges:
        values = (storable(value) if isinstance(value, str) else value for value in exchange)
        connection.execute(f"INSERT INTO exchange (turn_id, {_COLUMNS}) VALUES ({marks})", (turn_id, *values))
    if exchanges:
        oldest = "SELECT number FROM exchange ORDER BY number DESC LIMIT 1 OFFSET ?"
        connection.execute(f"DELETE FROM exchange WHERE number <= ({oldest})", (KEPT,))


def exchanges(connection: sqlite3.Connection, prefix: str = "") -> list[KeptExchange]:
    """Those whose id begins with `prefix`, the newest first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM exchange WHERE substr(id, 1, ?) = ? ORDER BY number DESC", (len(prefix), prefix)
    )
    return [KeptExchange._make(row) for row in rows]


def exchanges_beside(connection: sqlite3.Connection, exchange_id: str) -> list[KeptExchange]:
    """All exchanges of the question that one belongs to, in their order."""
    turn = "(SELECT turn_id FROM exchange WHERE id = ? ORDER BY number DESC LIMIT 1)"
    rows = connection.execute(f"SELECT {_COLUMNS} FROM exchange WHERE turn_id = {turn} ORDER BY number", (exchange_id,))
    return [KeptExchange._make(row) for row in rows]


def clear(connection: sqlite3.Connection) -> int:
    """Removes all of them; how many there were."""
    return connection.execute("DELETE FROM exchange").rowcount
