"""One file, read once, whatever is found under its name."""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path
from urllib.parse import unquote_to_bytes

from chatbot.core.amounts import size_words
from chatbot.core.errors import FileUnreadable
from chatbot.core.text import DecodedText, clean, decode

MAX_TEXT_BYTES = 10_000_000
_SHOWN_CHARACTERS = 200

# A FIFO without a writer would block the open for ever; a terminal must not become ours.
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)

_OPEN_FAULTS = {
    errno.ENOENT: ("there is no such file", "Check its name; a relative name starts from the current directory."),
    errno.EACCES: ("you have no permission to read it", "Ask its owner, or change its mode with chmod."),
    errno.ENOTDIR: ("a part of its path is not a directory", "Check the path."),
    errno.ENAMETOOLONG: ("its name is too long", "To send text itself, give it as the question or pipe it in."),
    errno.ELOOP: ("its symbolic links lead in a circle", "Check them with ls -l."),
    errno.ENXIO: ("it is a socket or a device without a reader", "Give a regular file."),
}

_KINDS = (
    (stat.S_ISDIR, "it is a directory", "Name the files in it one by one."),
    (stat.S_ISFIFO, "it is a pipe, not a file", "Send it through standard input instead: command | chat ..."),
    (stat.S_ISCHR, "it is a device, not a file", "Give a regular file."),
    (stat.S_ISBLK, "it is a device, not a file", "Give a regular file."),
    (stat.S_ISSOCK, "it is a socket, not a file", "Give a regular file."),
)


def read_text_file(path: str | Path, max_bytes: int = MAX_TEXT_BYTES) -> DecodedText:
    """The text of a file, unaltered, and a warning when it was not all UTF-8.

    Raises FileUnreadable when it cannot be read, is no regular file, has more than `max_bytes`, or is binary.
    """
    return decode(read_file(path, max_bytes), display_name(path))


def read_file(path: str | Path, max_bytes: int, fault: type[FileUnreadable] = FileUnreadable) -> bytes:
    """The bytes of a regular file, read once; never waits on a pipe or a device. `~/` is the home folder.

    Raises `fault` with one sentence that names the file: missing, no permission, not a regular file, too large.
    """
    name = display_name(path)
    if not str(path).strip():  # Path("") would be the current folder
        raise fault("cannot read a file without a name", advice="A variable in the command may be empty.")
    try:
        descriptor = os.open(_expanded(path), _OPEN_FLAGS)
    except (OSError, ValueError, RuntimeError) as error:  # ValueError: NUL in the name; RuntimeError: no home folder
        raise _open_fault(name, error, fault) from error
    try:
        _require_regular(os.fstat(descriptor), name, max_bytes, fault)
        data = _read_up_to(descriptor, max_bytes + 1)
    except OSError as error:
        raise _open_fault(name, error, fault) from error
    finally:
        os.close(descriptor)
    if len(data) > max_bytes:  # files of /proc, and those that grow, are larger than fstat says
        raise _too_large(name, len(data), max_bytes, fault)
    return data


def is_file(path: str) -> bool:
    """Whether a regular file has that name or `file:` address; `~` is the person's home."""
    try:
        return _expanded(path).is_file()
    except (OSError, ValueError, RuntimeError, FileUnreadable):  # RuntimeError: there is no such ~user
        return False


def display_name(path: str | Path) -> str:
    """A path as a person reads it in a sentence: `~` is the home folder; on one line, encodable, and cut in its middle
    when it is very long. What a program reads, or a shell runs, has the path as it is.
    """
    home, text = os.path.expanduser("~"), str(path)  # noqa: PTH111  (does not raise)
    text = f"~{text.removeprefix(home)}" if text.startswith(f"{home}{os.sep}") else text
    name = " ".join(clean(text).split()) or "''"
    return name if len(name) <= _SHOWN_CHARACTERS else f"{name[:100]}…{name[-60:]}"


def is_file_address(path: str | Path) -> bool:
    """Whether it is an address of a file of this computer (RFC 8089), as file managers drop it."""
    return re.match(r"(?i)file:(//(localhost)?)?/(?!/)", str(path)) is not None


def _expanded(path: str | Path) -> Path:
    if is_file_address(path):
        path = os.fsdecode(unquote_to_bytes(re.sub(r"(?i)^file:(//(localhost)?)?", "", str(path))))
    path = Path(path)
    return path.expanduser() if path.parts[:1] == ("~",) else path


def _require_regular(status: os.stat_result, name: str, max_bytes: int, fault: type[FileUnreadable]) -> None:
    for is_kind, what, advice in _KINDS:
        if is_kind(status.st_mode):
            raise fault(f"cannot read {name}: {what}", advice=advice)
    if status.st_size > max_bytes:
        raise _too_large(name, status.st_size, max_bytes, fault)


def _read_up_to(descriptor: int, max_bytes: int) -> bytes:
    """What is there, at most `max_bytes`; one system call for an ordinary file."""
    pieces: list[bytes] = []
    while max_bytes > 0 and (piece := os.read(descriptor, max_bytes)):
        pieces.append(piece)
        max_bytes -= len(piece)
    return b"".join(pieces)


def _open_fault(name: str, error: Exception, fault: type[FileUnreadable]) -> FileUnreadable:
    number = error.errno if isinstance(error, OSError) else None
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    what, advice = _OPEN_FAULTS.get(number or 0, (reason, "Check the file, or give another one."))
    return fault(f"cannot read {name}: {what}", advice=advice)


def _too_large(name: str, size_bytes: int, max_bytes: int, fault: type[FileUnreadable]) -> FileUnreadable:
    return fault(
        f"{name} is too large: {size_words(size_bytes)}, and at most {size_words(max_bytes)} can be read",
        advice="Send only the part that matters.",
    )
