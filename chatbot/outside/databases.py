"""Whether a file of SQLite is whole."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

_STEPS = 1_000  # of SQLite's machine, between two looks at the clock


def damage(path: Path, limit_s: float) -> str | None:
    """What SQLite says is damaged, empty where nothing is; None where the check was not done within `limit_s`.

    Nothing is written. Raises sqlite3.Error where the file is no database, or cannot be opened.
    """
    until_s = time.monotonic() + limit_s
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        connection.set_progress_handler(lambda: time.monotonic() > until_s, _STEPS)
        try:
            said = [str(row[0]) for row in connection.execute("PRAGMA quick_check(1)")]
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
                return None
            raise
    return "" if said == ["ok"] else " ".join(said)
