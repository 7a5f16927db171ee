"""A name opened below a folder, step by step, so that nothing that changes meanwhile leads out of it.

Each step is opened relative to the folder before (openat(2)) and without following a link; a link is read, and the walk
begins anew with what it says, if that is below. So no check stands apart from the opening that it is for.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from chatbot.core.errors import FileUnreadable
from chatbot.core.text import clean
from chatbot.outside.tools.folder.closed import Closed, is_closed_name

_MAX_LINKS = 40  # as Linux has it
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_FOLDER_FLAGS = _FLAGS | getattr(os, "O_DIRECTORY", 0)
_MAY_BE_LINK = (errno.ELOOP, errno.ENOTDIR, errno.EMLINK)


class Folder:
    """The folder `path`, below which names are opened; what is `closed` is not."""

    def __init__(self, path: str, closed: Closed) -> None:
        self._path = os.path.abspath(path)  # noqa: PTH100
        self._real = os.path.realpath(path)
        self._closed = closed

    def opened_file(self, name: str) -> int:
        """A descriptor of a regular file. Raises FileUnreadable."""
        descriptor = self._opened(name)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
            os.close(descriptor)
            raise FileUnreadable(f"{_shown(name)} is {'a folder' if is_folder else 'no file'}")
        return descriptor

    def opened_folder(self, name: str) -> int:
        """A descriptor of a folder. Raises FileUnreadable."""
        descriptor = self._opened(name)
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise FileUnreadable(f"{_shown(name)} is no folder")
        return descriptor

    def is_closed(self, name: str, status: os.stat_result) -> bool:
        """Whether what has this name and status is not looked into."""
        return is_closed_name(name) or self._closed.holds(status)

    def _opened(self, name: str) -> int:
        parts = self._below(name, name)
        for above in Path(self._real).parents:  # the folder itself may be in one that is closed
            if is_closed_name(above.name) or self._closed.is_own(above.stat()):
                raise _closed(name)
        for _ in range(_MAX_LINKS):
            try:
                found = self._descended(parts, name)
            except (OSError, ValueError) as error:  # ValueError: a surrogate, which no name has
                what = getattr(error, "strerror", None) or "there is no such name"
                raise FileUnreadable(f"{_shown(name)} cannot be opened: {what.lower()}") from error
            if isinstance(found, int):
                return found
            parts = self._below(found, name)
        raise FileUnreadable(f"{_shown(name)} cannot be opened: its links lead in a circle")

    def _descended(self, parts: tuple[str, ...], name: str) -> int | str:
        """The descriptor, or where a link on the way leads."""
        at = os.open(self._real, _FOLDER_FLAGS)
        try:
            self._require_open(self._real, os.fstat(at), name)
            for number, part in enumerate(parts, 1):
                try:
                    below = os.open(part, _FLAGS if number == len(parts) else _FOLDER_FLAGS, dir_fd=at)
                except OSError as error:
                    target = _link(part, at) if error.errno in _MAY_BE_LINK else None
                    if target is None:
                        raise
                    return os.path.join(*parts[: number - 1], target, *parts[number:])  # noqa: PTH118
                os.close(at)
                at = below
                self._require_open(part, os.fstat(at), name)
            found, at = at, -1
            return found
        finally:
            if at >= 0:
                os.close(at)

    def _below(self, path: str, name: str) -> tuple[str, ...]:
        """The steps from the folder. What is before `..` was no link when it was walked."""
        for root in (self._real, self._path):
            if path == root or path.startswith(root.rstrip("/") + "/"):
                path = path[len(root) :].lstrip("/")
                break
        steps = os.path.normpath(path or ".")
        if os.path.isabs(steps) or steps.split("/")[0] == ".." or "\0" in path:  # noqa: PTH117
            raise FileUnreadable(f"{_shown(name)} is not below the current folder, and nothing else is looked at")
        return () if steps == "." else tuple(steps.split("/"))

    def _require_open(self, part: str, status: os.stat_result, name: str) -> None:
        if self.is_closed(part.rpartition("/")[2], status):
            raise _closed(name)


def _closed(name: str) -> FileUnreadable:
    return FileUnreadable(f"{_shown(name)} is not looked into: such files hold keys, or are no files")


def _link(part: str, folder: int) -> str | None:
    """What a link says; None where it is none."""
    try:
        return os.readlink(part, dir_fd=folder)
    except OSError:
        return None


def _shown(name: str) -> str:
    return " ".join(clean(name).split())[:200] or "''"
