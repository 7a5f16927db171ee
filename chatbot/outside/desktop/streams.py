"""The three standard streams, as the shell left them."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO


def reserve_standard_descriptors() -> None:
    """Opens what is closed of descriptors 0 to 2 on the null device, so that no socket or file lands there."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one


def write_all(descriptor: int, data: bytes, taken: Callable[[memoryview], object] | None = None) -> None:
    """Writes all of `data`, also where the descriptor does not block. `taken` hears what was taken of it. Raises
    OSError (BrokenPipeError and others).
    """
    view = memoryview(data)
    while view:
        try:
            count = os.write(descriptor, view)
            if taken:
                taken(view[:count])
            view = view[count:]
        except BlockingIOError:
            select.select([], [descriptor], [])


def is_terminal(descriptor: int) -> bool:
    """Whether a descriptor is a terminal; false when it is closed."""
    try:
        return os.isatty(descriptor)
    except OSError:
        return False


def terminal_to_read() -> int:
    """A descriptor of the terminal: standard input where it is one, else a new one of the terminal of the process, or
    of the null device where there is none.
    """
    if is_terminal(0):
        return 0
    try:
        return os.open("/dev/tty", os.O_RDWR)
    except OSError:
        return os.open(os.devnull, os.O_RDONLY)


def terminal_to_write() -> TextIO:
    """The first of standard output and standard error that is a terminal, else the terminal of the process; standard
    output where there is none.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and stream.isatty():
            return stream
    try:
        return Path("/dev/tty").open("w", encoding="utf-8")
    except OSError:
        return sys.stdout
