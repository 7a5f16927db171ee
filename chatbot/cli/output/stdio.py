"""The standard streams as this program uses them: the answer on one, everything else on the other."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from chatbot.core.errors import OutputUnwritable, TerminalClosed
from chatbot.outside.desktop.streams import write_all
from chatbot.records import NamedTuple


class _Hearing(NamedTuple):
    written: Callable[[bytes], object]
    taken: Callable[[memoryview], object]


_hearing: list[_Hearing] = []  # standard output is the process's, and so is who measures it


def write_answer(data: bytes) -> None:
    """Writes to standard output; a full disk is an error of ours, a closed pipe stays BrokenPipeError."""
    hears = _hearing[-1] if _hearing else None
    if hears:
        hears.written(data)
    try:
        write_all(1, data, hears and hears.taken)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise unwritable(error) from error


@contextmanager
def measured(written: Callable[[bytes], object], taken: Callable[[memoryview], object]) -> Iterator[None]:
    """Meanwhile these hear of all that is to be written to standard output, and what of it was taken."""
    _hearing.append(_Hearing(written, taken))
    try:
        yield
    finally:
        _hearing.pop()


def unwritable(error: OSError) -> OutputUnwritable:
    """The error for standard output that takes no more. Of a terminal it means that its window is gone."""
    if error.errno == errno.EIO:
        return TerminalClosed("the terminal was closed")
    return OutputUnwritable(f"the answer cannot be written: {error.strerror}")


def write_aside(data: bytes) -> None:
    """Writes to standard error. It may be closed or full; nothing better can be done then."""
    try:
        write_all(2, data)
    except OSError:
        pass


def encoding(stream: TextIO | None) -> str:
    """The encoding of a stream that may be closed."""
    return getattr(stream, "encoding", None) or "utf-8"


def size(descriptor: int = 1) -> tuple[int, int]:
    """Columns and rows of a terminal; zeros when it does not say, or is none."""
    try:
        return os.get_terminal_size(descriptor)
    except OSError:
        return 0, 0


def dated(then_s: float) -> str:
    """A Unix time as date and time of day, here."""
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(then_s))
    except (OverflowError, OSError, ValueError):  # an imported conversation may say anything
        return "????-??-?? ??:??"


def time_words(then_s: float) -> str:
    """How long ago a Unix time was, or its date."""
    from chatbot.terminal.documents.conversations import ago

    return ago(then_s, time.time(), dated)


def iso(seconds: float) -> str:
    """Unix seconds as RFC 3339 has them, in UTC, to the millisecond."""
    whole, ms = divmod(round(seconds * 1000), 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + f".{ms:03}Z"
