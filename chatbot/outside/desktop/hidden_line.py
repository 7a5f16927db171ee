"""A line that nobody shall see: typed at the terminal without an echo, or piped in."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from chatbot.outside.desktop.streams import is_terminal

MAX_BYTES = 64 * 1024


def read_hidden(prompt: str) -> str:
    """What is typed after `prompt`; all of standard input where that is no terminal. Empty at its end.

    The echo is on again afterwards, also after Ctrl-C, a hang-up and a kill, which end the program as ever.
    """
    if not is_terminal(0):
        with open(0, "rb", closefd=False) as piped:
            return piped.read(MAX_BYTES).decode("utf-8", "replace")
    from getpass import getpass  # takes the terminal itself, wherever the streams lead

    with _ending_in_order():
        try:
            return getpass(prompt)
        except EOFError:
            return ""


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """While it is entered, the signals that end a process end it by SystemExit."""

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    numbers = [signal.SIGTERM] if os.name != "posix" else [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT]
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
