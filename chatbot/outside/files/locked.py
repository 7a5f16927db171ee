"""A folder that only one process changes at a time, and a file in it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from chatbot.core.errors import ConfigurationError
from chatbot.outside.files import private
from chatbot.outside.files.reading import display_name

_TRIES, _PAUSE_S = 500, 0.01


@contextmanager
def locked(folder: Path, fault: Exception, *, shared: bool = False) -> Iterator[None]:
    """No other process has the lock of this folder meanwhile; `shared`: those that share it may.

    The lock ends with the process; where the system has no such locks, there is none. Raises `fault` when another
    process keeps it for seconds, and OSError where there is no such folder.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        for _ in range(_TRIES):
            try:
                fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(_PAUSE_S)
            except OSError:  # a file system without locks
                break
        else:
            raise fault
        yield
    finally:
        os.close(descriptor)


def change(path: Path, edited: Callable[[], bytes], consequence: str) -> None:
    """Puts what `edited` returns, which reads the file itself, in the place of a private file; of several processes,
    one after the other. The old bytes are there until the new ones are all written.

    What `edited` raises leaves the file as it is. Raises ConfigurationError; it begins with `consequence` where other
    users may write into the folder.
    """
    name = display_name(path)
    try:
        private.require_ours(private.private_folder(path.parent), ConfigurationError, consequence)
        with locked(path.parent, ConfigurationError(f"{name} is not changed: another program keeps it locked")):
            private.replace(path, edited())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigurationError(f"{name} cannot be written: {reason}") from error
