"""Folders and files for this person only, whatever the umask."""

from __future__ import annotations

import os
from pathlib import Path


def private_folder(folder: Path) -> Path:
    """`folder`; it and the missing ones above it are made with mode 0700. Raises OSError."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    for place in reversed(missing):
        place.mkdir(exist_ok=True)
        place.chmod(0o700)  # at once: a umask may leave a folder in which nothing can be made
    return folder


def append_line(file: Path, line: str) -> None:
    """Adds a line to a file of mode 0600. Raises OSError."""
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8", errors="replace") as opened:
        opened.write(line + "\n")
