"""The tables of the cache."""

from __future__ import annotations

from chatbot.core.cache.entries import CacheUnavailable
from chatbot.outside.sqlite.database import Kind

NAME = "answers-1.db"  # another shape of the tables has another name: what is in a cache is not carried over

# `entry` has its texts last, so that what is counted and listed is read without them. `count` has its sums, kept by
# triggers: to add them up would take longer than an answer from the cache may.
_TABLES = (
    """CREATE TABLE entry (
        key TEXT PRIMARY KEY,
        provider TEXT NOT NULL,
        model TEXT NOT NULL,
        created_s REAL NOT NULL,
        used_s REAL NOT NULL,
        hits INTEGER NOT NULL DEFAULT 0,
        bytes INTEGER NOT NULL,
        fields TEXT NOT NULL,
        answer TEXT NOT NULL
    )""",
    "CREATE INDEX entry_by_use ON entry (used_s)",
    "CREATE TABLE count (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    "INSERT INTO count VALUES ('hits', 0), ('misses', 0), ('saved_tokens', 0), ('entries', 0), ('bytes', 0)",
    """CREATE TRIGGER entry_added AFTER INSERT ON entry BEGIN
        UPDATE count SET value = value + 1 WHERE name = 'entries';
        UPDATE count SET value = value + NEW.bytes WHERE name = 'bytes';
    END""",
    """CREATE TRIGGER entry_removed AFTER DELETE ON entry BEGIN
        UPDATE count SET value = value - 1 WHERE name = 'entries';
        UPDATE count SET value = value - OLD.bytes WHERE name = 'bytes';
    END""",
)

CACHE = Kind(NAME, "the cache", CacheUnavailable, _TABLES)
