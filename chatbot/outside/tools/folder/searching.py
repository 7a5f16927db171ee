"""The lines of the files below a folder in which something is found."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from fnmatch import fnmatch

from chatbot.core.errors import FileUnreadable
from chatbot.core.text import decode
from chatbot.outside.tools.folder.opening import Folder
from chatbot.outside.tools.folder.reading import contents

MAX_LINES = 500
_MAX_FILE_BYTES = 5_000_000
_MAX_LINE_CHARACTERS = 300
_PASSED_OVER = frozenset(".git .hg .svn node_modules __pycache__ .venv venv .tox .mypy_cache .ruff_cache".split())
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)


def search(folder: Folder, pattern: str, path: str = ".", files: str = "*", ignore_case: bool = True) -> str:
    """`file:line: text` for each line in which the expression is found. One that is none is looked for as it stands.

    Links are not followed; files that are no text, or large, and folders of what others made are passed over. Raises
    FileUnreadable.
    """
    expression = _compiled(pattern, re.IGNORECASE if ignore_case else 0)
    found: list[str] = []
    for name, descriptor in _files(folder, path, files):
        try:
            text = decode(contents(descriptor, _MAX_FILE_BYTES), name).text
        except FileUnreadable:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if expression.search(line):
                found.append(f"{name}:{number}: {line.strip()[:_MAX_LINE_CHARACTERS]}")
                if len(found) == MAX_LINES:
                    return "\n".join([*found, f"[... only the first {MAX_LINES} lines: search for something rarer]"])
    return "\n".join(found) or "(nothing was found)"


def _compiled(pattern: str, flags: int) -> re.Pattern[str]:
    try:
        return re.compile(pattern, flags)
    except (re.error, RecursionError, OverflowError):
        return re.compile(re.escape(pattern), flags)


def _files(folder: Folder, path: str, pattern: str) -> Iterator[tuple[str, int]]:
    """Names as they are to be read, each with a descriptor of its file."""
    try:
        top = folder.opened_folder(path)
    except FileUnreadable:
        yield path, folder.opened_file(path)
        return
    try:
        for above, folders, names, at in os.fwalk(".", dir_fd=top):  # follows no links
            folders[:] = sorted(name for name in folders if _is_looked_into(folder, name, at))
            for name in sorted(names):
                shown = os.path.normpath(os.path.join(path, above, name))  # noqa: PTH118
                if fnmatch(name, pattern) or fnmatch(shown, pattern):
                    descriptor = _opened(folder, name, at)
                    if descriptor is not None:
                        yield shown, descriptor
    finally:
        os.close(top)


def _is_looked_into(folder: Folder, name: str, at: int) -> bool:
    try:
        status = os.stat(name, dir_fd=at, follow_symlinks=False)
    except OSError:
        return False
    return name not in _PASSED_OVER and not folder.is_closed(name, status)


def _opened(folder: Folder, name: str, at: int) -> int | None:
    """A descriptor; None for what is no file, may not be read, or is closed."""
    try:
        descriptor = os.open(name, _FLAGS, dir_fd=at)
    except OSError:
        return None
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode) and not folder.is_closed(name, status):
        return descriptor
    os.close(descriptor)
    return None
