"""The tables, and the steps from an older database to them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

# Texts come last in a row, so that what is counted and listed is read without them. `turns` counts those that were not
# taken back (in conversations of before, all). `verdict` is NULL while a turn is written; until then its answer is in
# `piece`, so that a flush costs the same at the end of a long answer.
# AUTOINCREMENT: an id must not be used again while the word index may still have entries of its former turn.
_FIRST = (
    """CREATE TABLE conversation (
        id TEXT PRIMARY KEY,
        created_s REAL NOT NULL,
        updated_s REAL NOT NULL,
        turns INTEGER NOT NULL DEFAULT 0,
        provider TEXT NOT NULL DEFAULT '',
        model TEXT NOT NULL DEFAULT '',
        forked_from TEXT,
        title TEXT NOT NULL
    ) WITHOUT ROWID""",
    "CREATE INDEX conversation_by_time ON conversation (updated_s, id)",
    "CREATE TABLE system_prompt (sha256 BLOB PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE turn (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        conversation_id TEXT NOT NULL REFERENCES conversation ON DELETE CASCADE,
        position INTEGER NOT NULL,
        created_s REAL NOT NULL,
        verdict TEXT,
        is_indexed INTEGER NOT NULL DEFAULT 0,
        withdrawn INTEGER NOT NULL DEFAULT 0,
        provider TEXT NOT NULL DEFAULT '',
        model TEXT NOT NULL DEFAULT '',
        input_tokens INTEGER,
        output_tokens INTEGER,
        reasoning_tokens INTEGER,
        cached_tokens INTEGER,
        first_text_s REAL,
        total_s REAL,
        attempts INTEGER NOT NULL DEFAULT 1,
        finish_reason TEXT,
        request_id TEXT,
        system_sha256 BLOB REFERENCES system_prompt,
        error TEXT,
        failures TEXT NOT NULL DEFAULT '[]',
        question TEXT NOT NULL,
        answer TEXT NOT NULL DEFAULT '',
        reasoning TEXT NOT NULL DEFAULT '',
        UNIQUE (conversation_id, position)
    )""",
    "CREATE INDEX turn_not_indexed ON turn (id) WHERE is_indexed = 0",
    "CREATE INDEX turn_by_system ON turn (system_sha256) WHERE system_sha256 IS NOT NULL",
    """CREATE TABLE piece (
        turn_id INTEGER NOT NULL REFERENCES turn ON DELETE CASCADE,
        number INTEGER NOT NULL,
        answer TEXT NOT NULL,
        reasoning TEXT NOT NULL,
        PRIMARY KEY (turn_id, number)
    )""",
    """CREATE TABLE image (
        sha256 BLOB PRIMARY KEY,
        media_type TEXT NOT NULL,
        width INTEGER NOT NULL,
        height INTEGER NOT NULL,
        data BLOB NOT NULL
    )""",
    """CREATE TABLE turn_image (
        turn_id INTEGER NOT NULL REFERENCES turn ON DELETE CASCADE,
        number INTEGER NOT NULL,
        sha256 BLOB NOT NULL REFERENCES image,
        name TEXT NOT NULL,
        PRIMARY KEY (turn_id, number)
    ) WITHOUT ROWID""",
    "CREATE INDEX turn_image_by_image ON turn_image (sha256)",
)

# An exchange goes with its turn. Its lines are those of chatbot.core.http.cassette.
_EXCHANGES = (
    """CREATE TABLE exchange (
        number INTEGER PRIMARY KEY,
        turn_id INTEGER NOT NULL REFERENCES turn ON DELETE CASCADE,
        id TEXT NOT NULL,
        started_s REAL NOT NULL,
        attempt INTEGER NOT NULL,
        provider TEXT NOT NULL,
        model TEXT NOT NULL,
        method TEXT NOT NULL,
        url TEXT NOT NULL,
        status INTEGER,
        outcome TEXT NOT NULL,
        took_ms REAL,
        lines TEXT NOT NULL
    )""",
    "CREATE INDEX exchange_by_turn ON exchange (turn_id)",
)

# What goes back to the provider with the answer: a chatbot.core.messages.ProviderItems, as JSON.
_ITEMS = ("ALTER TABLE turn ADD COLUMN items TEXT",)

# `cost_usd` is an amount; `price` the rates of that day, as chatbot.core.cost.price has them, in JSON; empty where none
# were known. Both are NULL where nobody looked.
_COSTS = (
    "ALTER TABLE turn ADD COLUMN cache_write_tokens INTEGER",
    "ALTER TABLE turn ADD COLUMN cost_usd TEXT",
    "ALTER TABLE turn ADD COLUMN price TEXT",
)

# The conversation whose questions this one asks of another model.
_COMPARED = (
    "ALTER TABLE conversation ADD COLUMN compared_to TEXT",
    "CREATE INDEX conversation_by_compared ON conversation (compared_to) WHERE compared_to IS NOT NULL",
)

# An answer in which the model called tools: what it said and called in each step before the answer. `result` is NULL
# until a call has ended; `made_arguments` are those of a person, where they changed them.
_TOOLS = (
    """CREATE TABLE tool_step (
        turn_id INTEGER NOT NULL REFERENCES turn ON DELETE CASCADE,
        number INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        usage TEXT,
        items TEXT,
        text TEXT NOT NULL,
        reasoning TEXT NOT NULL,
        PRIMARY KEY (turn_id, number)
    )""",
    """CREATE TABLE tool_call (
        turn_id INTEGER NOT NULL,
        step INTEGER NOT NULL,
        number INTEGER NOT NULL,
        id TEXT NOT NULL,
        name TEXT NOT NULL,
        is_started INTEGER NOT NULL,
        is_error INTEGER NOT NULL,
        took_s REAL,
        arguments TEXT NOT NULL,
        made_arguments TEXT,
        result TEXT,
        PRIMARY KEY (turn_id, step, number),
        FOREIGN KEY (turn_id, step) REFERENCES tool_step ON DELETE CASCADE
    )""",
)

Steps = Sequence[Sequence[str]]

# Step number n (from 0) makes a database of version n into one of version n + 1. A step that is out never changes.
STEPS: Steps = (_FIRST, _EXCHANGES, _ITEMS, _COSTS, _COMPARED, _TOOLS)

# Contentless: the texts are in `turn`. Not part of a step, because FTS5 is not compiled in everywhere.
WORD_INDEX = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS turn_words USING fts5"
    " (words, content = '', tokenize = 'unicode61 remove_diacritics 2')"
)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing. IMMEDIATE: a transaction that reads first and writes later fails at once, whatever the timeout,
    when another process has written in between.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite has already rolled back after a full disk
            connection.execute("ROLLBACK")
        raise


def version_of(connection: sqlite3.Connection) -> int:
    """The version of the schema; 0 for an empty database."""
    return max(0, int(connection.execute("PRAGMA user_version").fetchone()[0]))


def _version_by_tables(connection: sqlite3.Connection) -> int:
    """The version of a database that has lost it, as copies made by hand do; 0 for an empty one."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not {"conversation", "turn", "piece", "image"} <= tables:
        return 0
    if "exchange" not in tables:
        return 1
    if "tool_step" in tables:
        return STEPS.index(_TOOLS) + 1
    if "compared_to" in _columns(connection, "conversation"):
        return STEPS.index(_COMPARED) + 1
    columns = _columns(connection, "turn")
    return 4 if "price" in columns else 3 if "items" in columns else 2


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}


def migrate(connection: sqlite3.Connection, steps: Steps, back_up: Callable[[int], None]) -> None:
    """Brings the database to version `len(steps)`, or leaves it as it is. `back_up` is called with the version before,
    if that is not 0, while nobody else can write.
    """
    with transaction(connection):
        version = version_of(connection)
        version = version or _version_by_tables(connection)
        if 0 < version < len(steps):
            back_up(version)
        for step in steps[version:]:
            for statement in step:
                connection.execute(statement)
        if version_of(connection) < len(steps):
            connection.execute(f"PRAGMA user_version = {len(steps)}")
