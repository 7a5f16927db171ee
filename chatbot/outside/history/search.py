"""Words to hits: through the word index where FTS5 is compiled in, through LIKE where it is not.

What an index finds is only a candidate; `search_terms.places` decides. Hits come newest first and are read one by one,
so a search costs as much as it shows, however often a word was said.
"""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from chatbot.core.conversations.search_terms import index_query, indexable, like_pattern, places, snippet
from chatbot.core.conversations.stored import Hit, Turn
from chatbot.core.messages import Role
from chatbot.outside.history.rows import turns
from chatbot.outside.history.schema import WORD_INDEX, transaction

SNIPPET_CHARACTERS = 300
_CAUGHT_UP_AT_ONCE = 2_000
_WAIT_MS = 100  # it can be done another time
_MAX_LOOKED_THROUGH = 500  # turns read one by one because they are not indexed; for more of them LIKE is faster
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY})


class WordIndex:
    """The full-text index, which may be missing, damaged or behind: nothing depends on it but the speed of a search.

    So what changes it is never in the same transaction as a turn, and never raises because of it.
    """

    def __init__(self) -> None:
        self.available: bool | None = None  # None: not tried yet

    def catch_up(self, connection: sqlite3.Connection, at_most: int = _CAUGHT_UP_AT_ONCE) -> None:
        """Indexes the finished turns that are not indexed yet, up to a number. Not inside a transaction."""
        if self.available is False:
            return
        try:
            connection.execute(f"PRAGMA busy_timeout = {_WAIT_MS}")
            with transaction(connection):
                if self.available is None:
                    connection.execute(WORD_INDEX)
                rows = connection.execute(
                    "SELECT id, question, answer FROM turn WHERE is_indexed = 0 AND verdict IS NOT NULL LIMIT ?",
                    (at_most,),
                )
                for turn_id, question, answer in rows.fetchall():
                    words = _words(question, answer)
                    connection.execute("INSERT INTO turn_words (rowid, words) VALUES (?, ?)", (turn_id, words))
                    connection.execute("UPDATE turn SET is_indexed = 1 WHERE id = ?", (turn_id,))
            self.available = True
        except sqlite3.DatabaseError as error:
            self._failed(connection, error)

    def forget(self, connection: sqlite3.Connection, ids: Sequence[str]) -> None:
        """Takes the turns of conversations out. Not inside a transaction. Without FTS5 their words stay in the index,
        and lead to nothing.
        """
        if not self.can_search(connection):
            return
        try:
            with transaction(connection):
                for conversation_id in ids:
                    self._forget(connection, conversation_id)
                # Until its parts are merged, an index has what was taken out of it.
                connection.execute("INSERT INTO turn_words (turn_words) VALUES ('optimize')")
        except sqlite3.DatabaseError as error:
            self._failed(connection, error)

    def _forget(self, connection: sqlite3.Connection, conversation_id: str) -> None:
        rows = connection.execute(
            "SELECT id, question, answer FROM turn WHERE conversation_id = ? AND is_indexed", (conversation_id,)
        )
        for turn_id, question, answer in rows.fetchall():
            connection.execute(
                "INSERT INTO turn_words (turn_words, rowid, words) VALUES ('delete', ?, ?)",
                (turn_id, _words(question, answer)),
            )
            connection.execute("UPDATE turn SET is_indexed = 0 WHERE id = ?", (turn_id,))

    def can_search(self, connection: sqlite3.Connection) -> bool:
        """Whether there is an index, and this SQLite can read it."""
        if self.available is None:
            try:
                connection.execute("SELECT rowid FROM turn_words WHERE turn_words MATCH 'a' LIMIT 1").fetchone()
            except sqlite3.DatabaseError:
                return False
            self.available = True
        return self.available

    def _failed(self, connection: sqlite3.Connection, error: sqlite3.DatabaseError) -> None:
        """A busy or full database may be another time; a missing module or a damaged index is not tried again by this
        process. A damaged one is thrown away, so that it begins anew.
        """
        if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in _BUSY:
            return
        self.available = False
        try:
            with transaction(connection):
                connection.execute("DROP TABLE IF EXISTS turn_words")
                connection.execute("UPDATE turn SET is_indexed = 0 WHERE is_indexed")
        except sqlite3.DatabaseError:
            pass  # there is no FTS5


def search(connection: sqlite3.Connection, index: WordIndex, text: str, limit: int) -> tuple[Hit, ...]:
    """The newest turns that have every word of `text` in the question and the answer taken together."""
    words = text.split()
    if not words:
        return ()
    ids = _candidates(connection, index, words)
    found = (turn for turn_id in ids for turn in turns(connection, "WHERE turn.id = ?", (turn_id,)))
    return tuple(islice(filter(None, (_hit(turn, words) for turn in found)), limit))


def _candidates(connection: sqlite3.Connection, index: WordIndex, words: Sequence[str]) -> Iterator[int]:
    """The ids of turns that may have the words, newest first."""
    query = index_query(words)
    if query and index.can_search(connection) and _few_are_not_indexed(connection):
        indexed = connection.execute(
            "SELECT rowid FROM turn_words WHERE turn_words MATCH ? ORDER BY rowid DESC", (query,)
        )
        others = connection.execute("SELECT id FROM turn WHERE is_indexed = 0 ORDER BY id DESC")
        rows: Iterable[tuple[int]] = heapq.merge(indexed, others, reverse=True)
    else:
        each = " AND ".join(["(question LIKE ? ESCAPE '\\' OR answer LIKE ? ESCAPE '\\')"] * len(words))
        patterns = [like_pattern(word) for word in words for _ in range(2)]
        rows = connection.execute(f"SELECT id FROM turn WHERE verdict IS NULL OR ({each}) ORDER BY id DESC", patterns)
    return (turn_id for (turn_id,) in rows)


def _hit(turn: Turn, words: Sequence[str]) -> Hit | None:
    """The hit that a turn is: shown is the side with the most of the words, the question where they are even."""
    sides: tuple[tuple[Role, str], ...] = (("assistant", turn.answer), ("user", turn.question))
    found = {role: [places(text, word) for word in words] for role, text in sides}
    if not all(map(any, zip(*found.values(), strict=True))):
        return None
    role, text = max(reversed(sides), key=lambda side: sum(map(bool, found[side[0]])))
    shown = snippet(text, chain.from_iterable(found[role]), SNIPPET_CHARACTERS)
    return Hit(turn.conversation_id, turn.position, turn.created_s, turn.model, role, shown)


def _words(question: str, answer: str) -> str:
    return indexable(f"{question}\n{answer}")


def _few_are_not_indexed(connection: sqlite3.Connection) -> bool:
    query = "SELECT count(*) FROM (SELECT 1 FROM turn WHERE is_indexed = 0 LIMIT ?)"
    return int(connection.execute(query, (_MAX_LOOKED_THROUGH + 1,)).fetchone()[0]) <= _MAX_LOOKED_THROUGH
