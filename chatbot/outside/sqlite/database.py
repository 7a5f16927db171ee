"""A small open database: private, made when it is needed, and begun anew when it is damaged."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TypeVar

from chatbot.core.conversations.stored import HistoryUnavailable
from chatbot.core.errors import ChatError
from chatbot.outside.files.private import private_folder, require_ours
from chatbot.outside.history import place
from chatbot.outside.history.database import reason_of
from chatbot.outside.history.opening import is_corrupt
from chatbot.outside.history.schema import transaction
from chatbot.records import NamedTuple


class Kind(NamedTuple):
    """What a database is for: the name of its file, what it is called in sentences, the fault it has when it does not
    work, its tables, its journal, and how long it waits for others that write.
    """

    name: str
    title: str
    fault: type[ChatError]
    tables: Sequence[str]
    journal: str = "WAL"
    busy_timeout_s: float = 1.0


Result = TypeVar("Result")
Work = Callable[[sqlite3.Connection], Result]


class Database:
    """In `folder`; `now` gives Unix seconds. `warn` is told that a damaged file was set aside."""

    def __init__(self, folder: Path, now: Callable[[], float], warn: Callable[[str], None], kind: Kind) -> None:
        self.path = folder / kind.name
        self._kind = kind
        self._now = now
        self._warn = warn
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None

    def close(self) -> None:
        """Closes it; it is opened again when it is needed."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def read(self, work: Work[Result]) -> Result:
        """What `work` finds. Raises the fault of its kind."""
        with self._lock, _told(self._kind, "read"):
            return self._done(work)

    def change(self, work: Work[Result]) -> Result:
        """What `work` returns, done in one transaction. Raises the fault of its kind."""

        def whole(connection: sqlite3.Connection) -> Result:
            with transaction(connection):
                return work(connection)

        with self._lock, _told(self._kind, "written"):
            return self._done(whole)

    def shrink(self) -> None:
        """Gives back the space of what was removed, also in the log. Raises the fault of its kind."""
        # A script is run to its end; a query would free one page.
        script = "PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)"
        self.read(lambda connection: connection.executescript(script))

    def _done(self, work: Work[Result]) -> Result:
        try:
            return work(self._opened())
        except sqlite3.DatabaseError as error:
            if not is_corrupt(error):
                raise
        self.close()
        self._begin_anew()
        return work(self._opened())

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            private_folder(self.path.parent)
            self._require_file()
            with place.locked(self.path.parent, shared=True):
                self._connection = self._connect()
        return self._connection

    def _require_file(self) -> None:
        """Raises the fault of its kind where others could put something into it."""
        fault, title = self._kind.fault, self._kind.title
        require_ours(self.path.parent, fault, f"{title} is not used")
        if self.path.exists() and not stat.S_ISREG(self.path.stat().st_mode):  # opening a pipe would block
            raise fault(f"{title} is not used: {self.path} is not a regular file")

    def _connect(self) -> sqlite3.Connection:
        place.make_private(self.path)
        timeout_s = self._kind.busy_timeout_s
        connection = sqlite3.connect(self.path, timeout=timeout_s, isolation_level=None, check_same_thread=False)
        try:
            if not connection.execute("PRAGMA user_version").fetchone()[0]:
                _make_tables(connection, self._kind)
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA secure_delete = ON")  # else removed texts stay in the file for a while
        except BaseException:
            connection.close()
            raise
        return connection

    def _begin_anew(self) -> None:
        """Sets the damaged file aside, unless another process has done so."""
        with place.locked(self.path.parent, shared=False):
            try:
                connection = self._connect()
                try:
                    if connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok":
                        return
                finally:
                    connection.close()
            except sqlite3.DatabaseError as error:
                if not is_corrupt(error):
                    raise
            kept = place.set_aside(self.path, self._now())
        self._warn(f"{self._kind.title} was damaged: it is set aside as {kept}, and a new one is begun")


def _make_tables(connection: sqlite3.Connection, kind: Kind) -> None:
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute(f"PRAGMA journal_mode = {kind.journal}")
    with transaction(connection):
        if not connection.execute("PRAGMA user_version").fetchone()[0]:  # another process may have made them
            for statement in kind.tables:
                connection.execute(statement)
            connection.execute("PRAGMA user_version = 1")


@contextmanager
def _told(kind: Kind, what: str) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise kind.fault(f"{kind.title} cannot be {what}: {reason_of(error)}") from error
    except HistoryUnavailable as error:
        raise kind.fault(f"{kind.title} cannot be {what}: another program keeps it locked") from error
