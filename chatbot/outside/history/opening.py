"""A folder to an open database: of this program's version, and not broken."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from chatbot.outside.files.private import private_folder, write_new
from chatbot.outside.history import place
from chatbot.outside.history.schema import STEPS, Steps, migrate, version_of
from chatbot.records import NamedTuple

BUSY_TIMEOUT_S = 5.0

# `sqlite3.connect`, or something that behaves like it.
Connect = Callable[..., sqlite3.Connection]


class Opened(NamedTuple):
    """An open database, whether it may be written, what a person should be told, and which file it is."""

    connection: sqlite3.Connection
    writable: bool
    remarks: tuple[str, ...] = ()
    identity: tuple[int, int] | None = None


class Opener(NamedTuple):
    """Opens the history in `folder`; `now` gives Unix seconds. `steps` are the schema."""

    folder: Path
    now: Callable[[], float]
    connect: Connect = sqlite3.connect
    steps: Steps = STEPS

    @property
    def path(self) -> Path:
        return self.folder / place.NAME

    def for_writing(self) -> Opened:
        """The database, made if there is none. Raises HistoryUnavailable, OSError and sqlite3.Error."""
        private_folder(self.folder)
        place.check(self.folder)
        if place.is_read_only(self.path):
            return self._immutable()._replace(remarks=("the history is read-only: answers are not kept",))
        with place.locked(self.folder, shared=True):
            place.make_private(self.path)
            opened = self._unless_corrupt(self._as_it_is)
        return opened or self._made(self._prepared)

    def for_reading(self) -> Opened:
        """The database as far as it can be read; an empty one in memory if there is none, and nothing is made.

        Raises HistoryUnavailable, OSError and sqlite3.Error.
        """
        if not os.path.lexists(self.path):
            return Opened(self._in_memory(), writable=False)
        try:
            if place.is_read_only(self.path):
                place.check(self.folder)
                return self._immutable()
            return self.for_writing()
        except (OSError, sqlite3.OperationalError):
            place.check(self.folder)
            return self._immutable()

    def afresh(self) -> Opened:
        """The database once more, after it was found to be corrupt: a new one, unless another process has made that."""
        return self._made(self._sound)

    def _made(self, attempt: Callable[[], Opened | None]) -> Opened:
        """What `attempt` opens while no other process does; a new database if that is corrupt, which is kept."""
        with place.locked(self.folder, shared=False):
            place.make_private(self.path)
            opened = self._unless_corrupt(attempt)
            if opened:
                return opened
            kept = place.set_aside(self.path, self.now())
            place.make_private(self.path)
            opened = self._prepared()
        notice = f"the history was damaged: it is kept as {kept}, and a new one is begun"
        return opened._replace(remarks=(notice, *opened.remarks))

    def _unless_corrupt(self, attempt: Callable[[], Opened | None]) -> Opened | None:
        try:
            return attempt()
        except sqlite3.DatabaseError as error:
            if not is_corrupt(error):
                raise
            return None

    def _sound(self) -> Opened | None:
        """The database, if all of its pages are as they should be."""
        opened = self._prepared()
        with _closed_on_error(opened.connection):
            if opened.connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok":
                return opened
        opened.connection.close()
        return None

    def _as_it_is(self) -> Opened | None:
        """The database; None if it has yet to get the tables of this version."""
        with _closed_on_error(self._connection(self.path)) as connection:
            version = version_of(connection)
            if version >= len(self.steps):
                return self._set_up(connection, version)
        connection.close()
        return None

    def _prepared(self) -> Opened:
        """The database, with the tables of this version."""
        with _closed_on_error(self._connection(self.path)) as connection:
            if version_of(connection) < len(self.steps):
                connection.execute("PRAGMA journal_mode = WAL")
                migrate(connection, self.steps, self._back_up)
            return self._set_up(connection, version_of(connection))

    def _set_up(self, connection: sqlite3.Connection, version: int) -> Opened:
        """What holds for each connection, and is not kept in the file."""
        if version > len(self.steps):
            connection.execute("PRAGMA query_only = ON")
            notice = f"the history was written by a newer chat (its version is {version}): it is only read"
            return Opened(connection, writable=False, remarks=(notice,))
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")  # else deleted texts stay in the file for a while
        return Opened(connection, writable=True, identity=place.identity(self.path))

    def _back_up(self, version: int) -> None:
        """A copy of the whole database, private from its beginning, whole or not there at all."""
        path = self.path.with_name(f"{place.NAME}.version-{version}")
        growing = path.with_name(path.name + ".part")
        growing.unlink(missing_ok=True)
        write_new(growing, ())
        try:
            with closing(self.connect(self.path)) as source, closing(self.connect(growing)) as copy:
                source.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")  # one file is easier to put back
            growing.replace(path)
        except BaseException:
            growing.unlink(missing_ok=True)
            raise

    def _in_memory(self) -> sqlite3.Connection:
        connection = self._connection(":memory:")
        migrate(connection, self.steps, lambda version: None)
        return connection

    def _immutable(self) -> Opened:
        """The file as it lies there. A database with a write-ahead log cannot be read otherwise where nothing may be
        written (www.sqlite.org/wal.html, "Read-Only Databases").
        """
        address = f"{self.path.absolute().as_uri()}?mode=ro&immutable=1"
        with _closed_on_error(self._connection(address)) as connection:
            version_of(connection)
        log = place.companions(self.path)[0]
        remarks = ("the history is read-only here; what was said last may be missing",)
        return Opened(connection, writable=False, remarks=remarks if log.exists() and log.stat().st_size else ())

    def _connection(self, address: Path | str) -> sqlite3.Connection:
        is_uri = isinstance(address, str)  # ":memory:" is none, and stays what it is
        return self.connect(address, uri=is_uri, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)


@contextmanager
def _closed_on_error(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    try:
        yield connection
    except BaseException:
        connection.close()
        raise


def is_corrupt(error: sqlite3.Error) -> bool:
    """Whether the file itself is broken, or no database. A broken word index is not: it can be done without."""
    code = getattr(error, "sqlite_errorcode", 0)  # not set on errors of the Python module itself
    return code & 0xFF in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT) and code != sqlite3.SQLITE_CORRUPT_VTAB
