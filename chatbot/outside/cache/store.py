"""The answers by their keys. What does not work is told once, and is as if nothing were kept."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeVar

from chatbot.core.cache.answer import CachedAnswer, from_json, to_json
from chatbot.core.cache.entries import CacheStats, CacheUnavailable, Entry, Question
from chatbot.core.events import Usage
from chatbot.outside.cache.claims import Claims
from chatbot.outside.cache.database import CACHE
from chatbot.outside.sqlite.database import Database

LIMIT_BYTES = 200_000_000
_MOST_OF_ALL = 0.01  # an answer above that share is not kept
_ENTRY = "key, provider, model, created_s, used_s, hits, bytes, fields, answer"

Result = TypeVar("Result")


class AnswerCache:
    """In `folder`, which only the person may read. `now` gives Unix seconds, `warn` is told what does not work; beyond
    `limit_bytes` what was not used for longest is removed. See chatbot.core.cache.entries.AnswerStore.

    `find`, `hit`, `missed`, `claim` and `release` raise nothing; all others raise CacheUnavailable.
    """

    def __init__(
        self,
        folder: Path,
        *,
        now: Callable[[], float],
        warn: Callable[[str], None],
        limit_bytes: int = LIMIT_BYTES,
    ) -> None:
        self._now = now
        self._warn = warn
        self._limit_bytes = limit_bytes
        self._in_trouble = False
        self._database = Database(folder, now, warn, CACHE)
        self._claims = Claims(folder)
        self.claim, self.release = self._claims.claim, self._claims.release

    @property
    def path(self) -> Path:
        """The file, which need not exist."""
        return self._database.path

    def close(self) -> None:
        """Closes it; it is opened again when it is needed."""
        self._database.close()
        self._claims.close()

    def find(self, key: str) -> Entry | None:
        return self._tried(lambda: self._database.read(lambda db: _one(db, key)), None)

    def hit(self, key: str, usage: Usage | None) -> None:
        now_s = self._now()

        def note(connection: sqlite3.Connection) -> None:
            connection.execute("UPDATE entry SET used_s = ?, hits = hits + 1 WHERE key = ?", (now_s, key))
            _count(connection, "hits", 1)
            _count(connection, "saved_tokens", sum(filter(None, usage[:2])) if usage else 0)

        self._tried(lambda: self._database.change(note), None)

    def missed(self, question: Question, answer: CachedAnswer | None) -> bool:
        def note(connection: sqlite3.Connection) -> bool:
            _count(connection, "misses", 1)
            return answer is not None and self._keep(connection, question, answer)

        return self._tried(lambda: self._database.change(note), False)

    def entries(self, prefix: str = "", limit: int = -1) -> list[Entry]:
        """Those whose key begins so, the last used first; -1 for all."""
        where = "WHERE key >= ? AND key < ? ORDER BY used_s DESC, key LIMIT ?"
        return self._database.read(lambda db: list(_entries(db, where, (prefix, prefix + "g", limit))))

    def of_model(self, provider: str, model: str, limit: int) -> list[Entry]:
        """Those of a model, the last used first."""
        where = "WHERE provider = ? AND model = ? ORDER BY used_s DESC LIMIT ?"
        return self._database.read(lambda db: list(_entries(db, where, (provider, model, limit))))

    def stats(self) -> CacheStats:
        """The cache in numbers."""
        counts = dict(self._database.read(lambda db: db.execute("SELECT name, value FROM count").fetchall()))
        names = ("hits", "misses", "entries", "bytes", "saved_tokens")
        return CacheStats(*(counts[name] for name in names))

    def remove(self, prefix: str = "", model: str = "*", older_than_s: float = 0.0) -> int:
        """Removes for good what answers all three: the beginning of its key, its model (a pattern as in the shell, also
        for provider/model), and its age; how many there were.
        """
        before_s = self._now() - older_than_s

        def removed(connection: sqlite3.Connection) -> int:
            rows = connection.execute(
                "SELECT key, provider, model FROM entry WHERE key >= ? AND key < ? AND created_s <= ?",
                (prefix, prefix + "g", before_s if older_than_s else float("inf")),
            ).fetchall()
            keys = [key for key, *names in rows if fnmatchcase(names[1], model) or fnmatchcase("/".join(names), model)]
            return _remove(connection, keys)

        count = self._database.change(removed)
        with suppress(CacheUnavailable):  # another process reads just now; then the last one to close it does so
            self._database.shrink()
        return count

    def _keep(self, connection: sqlite3.Connection, question: Question, answer: CachedAnswer) -> bool:
        text, fields = to_json(answer), json.dumps(question.fields)
        size_bytes = len(text) + len(fields)  # both are ASCII
        if size_bytes > self._limit_bytes * _MOST_OF_ALL:
            return False
        now_s = self._now()
        _remove(connection, [question.key])
        row = (question.key, question.provider, question.model, now_s, now_s, 0, size_bytes, fields, text)
        connection.execute(f"INSERT INTO entry ({_ENTRY}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        self._evict(connection)
        return True

    def _evict(self, connection: sqlite3.Connection) -> None:
        (total_bytes,) = connection.execute("SELECT value FROM count WHERE name = 'bytes'").fetchone()
        leaving = []
        if total_bytes > self._limit_bytes:
            for key, size_bytes in connection.execute("SELECT key, bytes FROM entry ORDER BY used_s, rowid"):
                leaving.append(key)
                total_bytes -= size_bytes
                if total_bytes <= self._limit_bytes:
                    break
        _remove(connection, leaving)

    def _tried(self, work: Callable[[], Result], otherwise: Result) -> Result:
        try:
            result = work()
        except CacheUnavailable as error:
            if not self._in_trouble:
                self._in_trouble = True
                self._warn(str(error))
            return otherwise
        self._in_trouble = False
        return result


def _one(connection: sqlite3.Connection, key: str) -> Entry | None:
    return next(_entries(connection, "WHERE key = ?", (key,)), None)


def _entries(connection: sqlite3.Connection, where: str, values: Iterable[Any]) -> Iterator[Entry]:
    """Those that can be read."""
    for row in connection.execute(f"SELECT {_ENTRY} FROM entry {where}", tuple(values)).fetchall():
        key, provider, model, created_s, used_s, hits, size_bytes, fields, text = row
        answer, fingerprint = from_json(text), _fingerprint(fields)
        if answer is not None and fingerprint is not None:
            question = Question(key, provider, model, fingerprint)
            yield Entry(question, created_s, used_s, hits, size_bytes, answer)


def _fingerprint(text: str) -> dict[str, str] | None:
    try:
        document = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _count(connection: sqlite3.Connection, name: str, more: int) -> None:
    connection.execute("UPDATE count SET value = value + ? WHERE name = ?", (more, name))


def _remove(connection: sqlite3.Connection, keys: Sequence[str]) -> int:
    return connection.executemany("DELETE FROM entry WHERE key = ?", [(key,) for key in keys]).rowcount if keys else 0
