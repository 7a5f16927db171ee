"""Folders and files for this person only, whatever the umask."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from chatbot.core.errors import ChatError
from chatbot.outside.files.reading import display_name

# A link is not followed, and a pipe that nobody reads is not waited for.
_PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def private_folder(folder: Path) -> Path:
    """`folder`; it and the missing ones above it are made with mode 0700. Raises OSError."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    for place in reversed(missing):
        place.mkdir(exist_ok=True)
        place.chmod(0o700)  # at once: a umask may leave a folder in which nothing can be made
    return folder


def require_ours(folder: Path, fault: type[ChatError], consequence: str) -> None:
    """Raises `fault`, which begins with the consequence, where other users may write: they could put a file, a link or
    words in the place of ours. Raises OSError.
    """
    status, name = folder.stat(), display_name(folder)
    if hasattr(os, "geteuid") and status.st_uid not in (os.geteuid(), 0):
        raise fault(f"{consequence}: {name} belongs to another user")
    if os.name == "posix" and status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        advice = f"Make it private: chmod go-w {name}"
        raise fault(f"{consequence}: other users may write in {name}", advice=advice)


def append_line(file: Path, line: str) -> None:
    """Adds a line to a file of mode 0600, which is no link and no pipe, in one write: lines of two processes do not
    mix. Raises OSError.
    """
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | _PLAIN, 0o600)
    with os.fdopen(descriptor, "ab", buffering=0) as opened:
        _make_private(descriptor)
        data = (line + "\n").encode("utf-8", "replace")
        if (opened.write(data) or 0) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def read_end(file: Path, max_bytes: int) -> bytes:
    """The last bytes of a file, which is no link and no pipe. Raises OSError."""
    descriptor = os.open(file, os.O_RDONLY | _PLAIN)
    with os.fdopen(descriptor, "rb") as opened:
        _require_file(descriptor)
        opened.seek(max(0, os.fstat(descriptor).st_size - max_bytes))
        return opened.read(max_bytes)


def write_new(file: Path, parts: Iterable[bytes]) -> None:
    """Makes a file of mode 0600 with these parts, or none at all. Raises FileExistsError, other OSErrors, and whatever
    `parts` raises.
    """
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _PLAIN, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            _make_private(descriptor)
            opened.writelines(parts)
    except BaseException:
        file.unlink(missing_ok=True)
        raise


def replace(file: Path, data: bytes) -> None:
    """Puts `data` in the place of what a file holds, or begins it, with mode 0600; a link stays one, and what it leads
    to is replaced. The old bytes are there until the new ones are all written. Raises OSError.
    """
    file = Path(os.path.realpath(file))
    growing = file.with_name(f".{file.name}.{os.getpid()}.part")
    growing.unlink(missing_ok=True)  # of a process with this number that died
    write_new(growing, [data])
    try:
        growing.replace(file)
    finally:
        growing.unlink(missing_ok=True)


def _make_private(descriptor: int) -> None:
    _require_file(descriptor)
    if os.name == "posix":
        os.fchmod(descriptor, 0o600)


def _require_file(descriptor: int) -> None:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")
