"""A line typed at the terminal itself, after a question was shown there: what was typed before is no answer to it."""

from __future__ import annotations

import os
import select
from collections.abc import Callable

try:
    import termios
except ImportError:  # Windows
    termios = None  # type: ignore[assignment]

_TERMINAL = "/dev/tty"
_LOOK_S = 0.1
_READ_BYTES = 4096


def is_somebody_there() -> bool:
    """Whether there is a terminal whose keys come to this process, and where its standard error is seen."""
    if termios is None or not os.isatty(2):
        return False
    try:
        descriptor = os.open(_TERMINAL, os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(descriptor)


def typed_answer(show: Callable[[], None], look: Callable[[], bool]) -> str | None:
    """The line that is typed once `show` has shown the question; None at the end of the input (Ctrl-D), and where the
    terminal is gone. Whatever standard input is, it is not read.

    `look` is called several times a second: it returns whether the question is to be shown again, because another
    program had the terminal meanwhile, and may raise, which ends the question. The modes of the terminal are as they
    were afterwards.
    """
    try:
        descriptor = os.open(_TERMINAL, os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return None
    try:
        before = termios.tcgetattr(descriptor)
        try:
            return _line(descriptor, show, look)
        finally:
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
    except (OSError, termios.error):
        return None
    finally:
        os.close(descriptor)


def _line(descriptor: int, show: Callable[[], None], look: Callable[[], bool]) -> str | None:
    _ask(descriptor, show)
    line = b""
    while not line.endswith(b"\n"):
        if look():
            line = b""
            _ask(descriptor, show)
        if select.select([descriptor], [], [], _LOOK_S)[0]:
            piece = os.read(descriptor, _READ_BYTES)
            if not piece:
                return None
            line += piece
    return line.decode("utf-8", "replace").strip()


def _ask(descriptor: int, show: Callable[[], None]) -> None:
    """Shows the question, drops what was typed so far, and lets the terminal edit a line. Its echo says that it does:
    what is typed before stays unseen.
    """
    modes = termios.tcgetattr(descriptor)
    modes[0] |= termios.ICRNL
    modes[3] |= termios.ICANON | termios.ECHOE | termios.ECHOK | termios.ISIG
    modes[3] &= ~termios.ECHO
    termios.tcsetattr(descriptor, termios.TCSANOW, modes)
    show()
    modes[3] |= termios.ECHO
    termios.tcsetattr(descriptor, termios.TCSAFLUSH, modes)
