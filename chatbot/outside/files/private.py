"""Folders and files for this person only, whatever the umask."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from chatbot.core.errors import ChatError
from chatbot.outside.files.reading import display_name

# A link is not followed, and a pipe that nobody reads is not waited for.
_PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_AT_ONCE_BYTES = 1_000_000  # of a line; a longer one is made aside
_LOCK_TRIES, _LOCK_PAUSE_S = 100, 0.01


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


def unnamed_file(folder: Path | None = None) -> BinaryIO:
    """A file of mode 0600 without a name, unbuffered, which goes with the process; in the folder for temporary files
    where that is not possible in `folder`. Raises OSError.
    """
    import tempfile  # loads slowly

    if folder is not None:
        try:
            return tempfile.TemporaryFile(dir=folder, buffering=0)
        except OSError:
            pass
    return tempfile.TemporaryFile(buffering=0)


def append_line(file: Path, parts: Iterable[str]) -> None:
    """Adds a line, made of `parts`, to a file of mode 0600, which is no link and no pipe. Lines of two processes do not
    mix, whatever their length, and of a line that cannot be written nothing stays. Raises OSError.
    """
    line, aside = bytearray(), None
    with ExitStack() as open_files:
        for part in parts:
            line += part.encode("utf-8", "replace")
            if len(line) > _AT_ONCE_BYTES:
                aside = aside or open_files.enter_context(unnamed_file(file.parent))
                _write(aside, line)
                line.clear()
        line += b"\n"
        descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | _PLAIN, 0o600)
        opened = open_files.enter_context(os.fdopen(descriptor, "ab", buffering=0))
        _make_private(descriptor)
        is_alone = _locked(descriptor)
        before_bytes = os.fstat(descriptor).st_size
        try:
            if aside:
                aside.seek(0)
                while block := aside.read(_AT_ONCE_BYTES):
                    _write(opened, block)
            _write(opened, line)
        except OSError:
            if is_alone:
                opened.truncate(before_bytes)
            raise


def _write(file: BinaryIO, data: bytes | bytearray) -> None:
    if (file.write(data) or 0) < len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _locked(descriptor: int) -> bool:
    """Whether nobody else appends until this is closed; where there are no such locks nobody knows. Raises OSError
    where somebody does so for long.
    """
    try:
        import fcntl
    except ImportError:
        return False
    for _ in range(_LOCK_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(_LOCK_PAUSE_S)
        except OSError:
            return False
    raise OSError(errno.EAGAIN, "another process is writing to it")


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
