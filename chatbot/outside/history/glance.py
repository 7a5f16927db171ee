"""The history looked at in passing, for the Tab key: nothing is made, changed, mended or waited for."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from chatbot.outside.history import place

_BUSY_TIMEOUT_S = 0.02


def newest_conversations(folder: Path, limit: int) -> Iterator[tuple[str, str]]:
    """Ids and titles, the newest first. Raises OSError and sqlite3.Error."""
    return _rows(folder, "SELECT id, title FROM conversation ORDER BY updated_s DESC, id DESC LIMIT ?", limit)


def newest_exchanges(folder: Path, limit: int) -> Iterator[tuple[str, str]]:
    """Ids, and how each ended, the newest first. Raises OSError and sqlite3.Error."""
    return _rows(folder, "SELECT id, model || ', ' || outcome FROM exchange ORDER BY number DESC LIMIT ?", limit)


def _rows(folder: Path, query: str, limit: int) -> Iterator[tuple[str, str]]:
    path = folder / place.NAME
    # Without a write-ahead log nobody has it open, and SQLite need not make one to read it. Else the log counts too.
    is_open = path.with_name(path.name + "-wal").exists()
    address = f"{path.absolute().as_uri()}?mode=ro{'' if is_open else '&immutable=1'}"
    with closing(sqlite3.connect(address, uri=True, timeout=_BUSY_TIMEOUT_S)) as connection:
        yield from connection.execute(query, (limit,))
