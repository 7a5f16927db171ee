"""A folder that only one process changes at a time."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
