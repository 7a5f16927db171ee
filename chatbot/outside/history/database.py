"""The open database: opened at the first use, and what becomes of trouble with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from chatbot.core.conversations.stored import HistoryUnavailable
from chatbot.outside.history.opening import BUSY_TIMEOUT_S, Opened, Opener, is_corrupt
from chatbot.outside.history.place import identity
from chatbot.outside.history.schema import transaction
from chatbot.outside.history.search import WordIndex

# A person waits for the screen: while an answer grows nothing waits long for other processes, it is tried again.
_WAIT_WHILE_GROWING_S = 0.1

_REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "it is read-only",
    sqlite3.SQLITE_BUSY: "another program keeps it locked",
    sqlite3.SQLITE_LOCKED: "another program keeps it locked",
    sqlite3.SQLITE_CANTOPEN: "its file cannot be opened",
    sqlite3.SQLITE_IOERR: "the disk reports an error, or is full",
    sqlite3.SQLITE_CORRUPT: "its file is damaged",
    sqlite3.SQLITE_NOTADB: "its file is damaged",
    sqlite3.SQLITE_PERM: "there is no permission",
}

Result = TypeVar("Result")
Query = Callable[[sqlite3.Connection], Result]


class Database:
    """Reads and changes what `opener` opens. `warn` is told what a person should know, each thing once."""

    def __init__(self, opener: Opener, warn: Callable[[str], None]) -> None:
        self.index = WordIndex()
        self._opener = opener
        self._warn = warn
        self._told: set[str] = set()
        self._in_trouble = False
        self._writer: Opened | None = None
        self._reader: Opened | None = None

    @property
    def path(self) -> Path:
        return self._opener.path

    @property
    def is_open_for_writing(self) -> bool:
        return self._writer is not None and self._writer.writable

    def close(self) -> None:
        """Closes the database; it is opened again when it is needed."""
        for opened in (self._writer, self._reader):
            if opened:
                opened.connection.close()
        self._writer = self._reader = None
        self.index.available = None

    def attempt(self, change: Query[Result], *, is_last: bool) -> Result | None:
        """What `change` returns, done in one transaction; None if it is not done. Nothing is raised: the first trouble
        of a row of them is told, but that another process is writing only when there is no later attempt. A damaged
        file is replaced.
        """
        wait_s = BUSY_TIMEOUT_S if is_last else _WAIT_WHILE_GROWING_S
        try:
            try:
                result = self._write(change, wait_s)
            except sqlite3.DatabaseError as error:
                if not is_corrupt(error):
                    raise
                self.close()
                self._writer = self._noticed(self._opener.afresh())
                result = self._write(change, wait_s)
        except (OSError, sqlite3.Error, HistoryUnavailable) as error:
            if (is_last or not _is_busy(error)) and not self._in_trouble:
                self._in_trouble = True
                self._tell(_sentence(error, "written", "; answers are not kept"))
            return None
        self._in_trouble = False
        return result

    def change(self, change: Query[Result]) -> Result:
        """What `change` returns, done in one transaction. Raises HistoryUnavailable."""
        try:
            return self._write(change, BUSY_TIMEOUT_S)
        except (OSError, sqlite3.Error) as error:
            raise HistoryUnavailable(_sentence(error, "changed")) from error

    def read(self, query: Query[Result]) -> Result:
        """What `query` returns; of an empty database, if there is none. Raises HistoryUnavailable."""
        try:
            opened = self._writer or self._reader or self._opened_to_read()
            try:
                return query(opened.connection)
            finally:
                if opened not in (self._writer, self._reader):
                    opened.connection.close()
        except (OSError, sqlite3.Error) as error:
            raise HistoryUnavailable(_sentence(error, "read")) from error

    def empty_log(self) -> None:
        """Takes what was deleted out of the write-ahead log too, unless another process is reading just now."""
        if self._writer:
            try:
                self._writer.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            except sqlite3.OperationalError:
                pass  # then the last process to close it does so

    def _write(self, change: Query[Result], wait_s: float) -> Result:
        if self._writer and self._writer.writable and self._writer.identity != identity(self.path):
            self.close()  # somebody has deleted or moved the file: what is written into it now would be lost
        if self._writer is None:
            self._writer = self._noticed(self._opener.for_writing())
        opened = self._writer
        if not opened.writable:
            raise HistoryUnavailable(opened.remarks[0])
        opened.connection.execute(f"PRAGMA busy_timeout = {round(wait_s * 1000)}")
        with transaction(opened.connection):
            return change(opened.connection)

    def _opened_to_read(self) -> Opened:
        opened = self._noticed(self._opener.for_reading())
        if opened.writable:
            self._writer = opened
        elif self.path.exists():
            self._reader = opened
        return opened

    def _noticed(self, opened: Opened) -> Opened:
        for notice in opened.remarks:
            self._tell(notice)
        return opened

    def _tell(self, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            self._warn(text)


def _sentence(error: Exception, what: str, consequence: str = "") -> str:
    """Why the history cannot be read or written."""
    if isinstance(error, HistoryUnavailable):
        return str(error)
    return f"the history cannot be {what}: {reason_of(error)}{consequence}"


def reason_of(error: Exception) -> str:
    """What is wrong with a database, in the middle of a sentence."""
    code = getattr(error, "sqlite_errorcode", 0)
    reason = _REASONS.get(code & 0xFF) or (error.strerror if isinstance(error, OSError) else None) or str(error)
    return f"{reason[:1].lower()}{reason[1:]}"


def _is_busy(error: Exception) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
