"""The folder and the files of the history: private, and moved only by one process while no other opens them."""

from __future__ import annotations

import os
import stat
import time
from contextlib import AbstractContextManager
from pathlib import Path

from chatbot.core.conversations.stored import HistoryUnavailable
from chatbot.outside.files import locked as files_locked
from chatbot.outside.files.private import require_ours, write_new

NAME = "history.db"
_COMPANIONS = ("-wal", "-shm")


def check(folder: Path) -> None:
    """Raises HistoryUnavailable where others may write: they could put words into a conversation."""
    require_ours(folder, HistoryUnavailable, "the history is not used")
    path = folder / NAME
    try:
        is_file = stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return
    if not is_file:  # opening a pipe would block
        raise HistoryUnavailable(f"the history is not used: {path} is not a regular file")


def make_private(path: Path) -> None:
    """Makes an empty file that only its owner may read. What is there already becomes private."""
    try:
        write_new(path, ())
    except FileExistsError:
        for file in (path, *companions(path)):  # SQLite gives its companions the mode of the database
            try:
                mode = file.stat().st_mode
                if mode & 0o077:
                    file.chmod(mode & 0o700)  # what its owner may not do stays so
            except OSError:
                pass  # not there, or where nothing may be written


def is_read_only(path: Path) -> bool:
    """Whether its owner made the file so; the superuser could write it all the same."""
    try:
        return not path.stat().st_mode & stat.S_IWUSR
    except OSError:
        return False


def companions(path: Path) -> list[Path]:
    """The files that SQLite keeps beside a database."""
    return [path.with_name(path.name + suffix) for suffix in _COMPANIONS]


def set_aside(path: Path, now_s: float) -> Path:
    """Gives a database and its companions another name, with the time in it; that name."""
    name = f"{path.name}.corrupt-{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now_s))}"
    kept, number = path.with_name(name), 1
    while os.path.lexists(kept):
        number += 1
        kept = path.with_name(f"{name}-{number}")
    for companion, other in zip(companions(path), companions(kept), strict=True):
        if os.path.lexists(companion):
            companion.rename(other)
    path.rename(kept)
    return kept


def identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from another one that has got its name; None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def locked(folder: Path, *, shared: bool) -> AbstractContextManager[None]:
    """`shared`: no process moves the database meanwhile. Else: no other process opens it meanwhile.

    A database that is renamed while SQLite opens it would be joined with the write-ahead log of the one that follows
    (www.sqlite.org/howtocorrupt.html, "Unlinking or renaming a database file while in use"). Raises HistoryUnavailable
    when another process keeps it.
    """
    fault = HistoryUnavailable("the history is not used: another program keeps it locked")
    return files_locked.locked(folder, fault, shared=shared)
