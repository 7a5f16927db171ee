"""A text file, or some lines of it; and what is in a folder."""

from __future__ import annotations

import os
import stat

from chatbot.core.amounts import size_words
from chatbot.core.calls.bounded import bounded
from chatbot.core.errors import FileUnreadable
from chatbot.core.text import decode
from chatbot.outside.tools.folder.opening import Folder

MAX_FILE_BYTES = 50_000_000
_MAX_ENTRIES = 1000
_READ_BYTES = 1024 * 1024


def read(folder: Folder, path: str, first_line: int = 1, last_line: int | None = None) -> str:
    """The text of a file; of some of its lines with a line above that says which they are. Raises FileUnreadable."""
    text = decode(contents(folder.opened_file(path), MAX_FILE_BYTES), path).text
    lines = text.splitlines(keepends=True)
    chosen = lines[max(first_line, 1) - 1 : last_line]
    if len(chosen) == len(lines):
        return bounded(text) or "(the file is empty)"
    if not chosen:
        raise FileUnreadable(f"{path} has {len(lines)} lines, and none of those that were asked for")
    first = max(first_line, 1)
    return bounded(f"[lines {first} to {first + len(chosen) - 1} of {len(lines)}]\n{''.join(chosen)}")


def contents(descriptor: int, max_bytes: int) -> bytes:
    """All bytes of an open file, which is closed. Raises FileUnreadable where it has more than that."""
    try:
        pieces, left = [], max_bytes + 1
        while left > 0 and (piece := os.read(descriptor, min(left, _READ_BYTES))):
            pieces.append(piece)
            left -= len(piece)
    except OSError as error:
        raise FileUnreadable(f"it cannot be read: {(error.strerror or '').lower()}") from error
    finally:
        os.close(descriptor)
    if not left:
        raise FileUnreadable(f"it is too large: at most {size_words(max_bytes)} are read; search finds lines in it")
    return b"".join(pieces)


def listed(folder: Folder, path: str = ".") -> str:
    """What is in a folder, a line each: folders end with `/`, links say where they lead. Raises FileUnreadable."""
    descriptor = folder.opened_folder(path)
    try:
        names = sorted(os.listdir(descriptor))  # noqa: PTH208
        rows = [_row(name, descriptor) for name in names[:_MAX_ENTRIES]]
    finally:
        os.close(descriptor)
    more = [f"[... {len(names) - _MAX_ENTRIES} more ...]"] if len(names) > _MAX_ENTRIES else []
    return "\n".join(rows + more) or "(the folder is empty)"


def _row(name: str, folder: int) -> str:
    try:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISLNK(status.st_mode):
            return f"{name} -> {os.readlink(name, dir_fd=folder)}"
    except OSError:
        return name
    if stat.S_ISDIR(status.st_mode):
        return f"{name}/"
    return f"{name}  {size_words(status.st_size)}" if stat.S_ISREG(status.st_mode) else f"{name}  (no file)"
