"""A file that a person asked for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from chatbot.core.errors import OutputUnwritable, UsageError
from chatbot.outside.files.private import write_new


def write_output(path: Path, parts: Iterable[bytes]) -> None:
    """A new file that only the person can read: nothing is overwritten. Raises UsageError, or OutputUnwritable."""
    try:
        write_new(path, parts)
    except FileExistsError as error:
        raise UsageError(f"{path} is there already", advice="Choose another name: nothing is overwritten.") from error
    except OSError as error:
        raise OutputUnwritable(f"{path} cannot be written: {error.strerror}") from error
