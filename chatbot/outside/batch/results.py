"""The file of results: each line is added in one write; those before it are whole, whatever ends the program."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from chatbot.core.batch.known_rows import Known
from chatbot.core.batch.result import is_of_batch, read_result
from chatbot.core.batch.row import key_of
from chatbot.core.errors import FileUnwritable, UsageError
from chatbot.outside.files.reading import display_name

_TAIL_BYTES = 64 * 1024


class ResultFile:
    """`path` is made where there is none. No other process may write there meanwhile. `repaired` is whether the last
    line was the beginning of one, of a writer that was ended in its middle, and is now gone.

    Raises UsageError where it cannot be what a batch is to write to, FileUnwritable where nothing can be written.
    """

    def __init__(self, path: Path, rows: IO[bytes] | None = None) -> None:
        self.name = display_name(path)
        self.repaired = False
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        except OSError as error:
            raise self._unwritable(error) from None
        status = os.fstat(self._descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise UsageError(
                f"{self.name} is not a file", advice="The results of a batch go to a file: --out OUT.jsonl"
            )
        if rows is not None and os.path.sameopenfile(self._descriptor, rows.fileno()):
            raise UsageError(f"{self.name} holds the rows, and cannot take the results", advice="Name another --out.")
        self._lock()
        self._repair(status.st_size)
        self._rescued: list[bytes] = []

    def known(self, batch_id: str = "") -> Iterator[tuple[int, Known]]:
        """The key of each row that has a result, with what became of it; the last one of a row counts. With `batch_id`
        those alone that came with this batch of the provider's.
        """
        with os.fdopen(os.dup(self._descriptor), "rb") as opened:
            opened.seek(0)
            for number, line in enumerate(opened, 1):
                try:
                    identity, known = read_result(line)
                except (ValueError, RecursionError):
                    raise UsageError(
                        f"line {number} of {self.name} is no result of a batch",
                        advice="Nothing is added to it: name another file with --out.",
                    ) from None
                if not batch_id or is_of_batch(line, batch_id):
                    yield key_of(identity), known

    def add(self, line: bytes) -> FileUnwritable | None:
        """Adds a line, and those that could not be added before; the error where that cannot be done now."""
        self._rescued.append(line)
        try:
            while self._rescued:
                self._write(self._rescued[0])
                del self._rescued[0]
        except OSError as error:
            return self._unwritable(error)
        return None

    @property
    def unwritten(self) -> list[bytes]:
        """The lines that could not be added."""
        return list(self._rescued)

    def close(self) -> None:
        """Lets others write to it."""
        os.close(self._descriptor)

    def _write(self, line: bytes) -> None:
        before = os.fstat(self._descriptor).st_size
        written = os.write(self._descriptor, line)
        if written < len(line):
            os.ftruncate(self._descriptor, before)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _lock(self) -> None:
        try:
            import fcntl

            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                f"another program writes to {self.name} just now",
                advice="Wait for its end, or name another file with --out.",
            ) from None
        except (ImportError, OSError):
            pass  # a system, or a file system, without locks

    def _repair(self, size: int) -> None:
        """A last line without its end is one that was cut off in its middle, or has lost only its end."""
        tail = b""
        at = size
        while at > 0 and b"\n" not in tail:
            before, at = at, max(0, at - _TAIL_BYTES)
            os.lseek(self._descriptor, at, os.SEEK_SET)
            tail = os.read(self._descriptor, before - at) + tail
        last = tail.rpartition(b"\n")[2]
        if not last:
            return
        try:
            read_result(last)
            os.write(self._descriptor, b"\n")
        except (ValueError, RecursionError):
            if at == 0 and b"\n" not in tail and not last.startswith(b"{"):
                raise UsageError(f"{self.name} is no file of results", advice="Name another --out.") from None
            os.ftruncate(self._descriptor, size - len(last))
            self.repaired = True

    def _unwritable(self, error: OSError) -> FileUnwritable:
        return FileUnwritable(
            f"cannot write to {self.name}: {(error.strerror or str(error)).lower()}",
            advice="Make room, or name another file with --out; the same command then goes on.",
        )
