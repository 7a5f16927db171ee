"""A program on a pseudo-terminal, and the screen that a person looks at."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pexpect

from tests.terminal.emulator import Terminal


class _Answering(Terminal):
    """A terminal that tells the program where its cursor is."""

    answer: Callable[[str], object]

    def write_process_input(self, data: str) -> None:
        self.answer(data)


class Watched:
    """`seen` is all that the program has written, `screen` what stands there now."""

    def __init__(self, child: Any, columns: int, lines: int) -> None:
        self.watch(child, columns, lines)

    def watch(self, child: Any, columns: int = 80, lines: int = 24) -> None:
        """From now on it is this program."""
        self.child = child
        self.seen = b""
        self.screen = _Answering(columns, lines)
        self.screen.answer = child.send

    def look(self, for_s: float = 0.05) -> None:
        """Takes in what the program writes within that time."""
        try:
            self.take_in(self.child.read_nonblocking(65536, for_s))
        except (pexpect.TIMEOUT, pexpect.EOF):
            pass

    def take_in(self, data: bytes) -> None:
        """What was read of it elsewhere."""
        self.seen += data
        self.screen._stream.feed(data)

    def wait_for(self, seen: Callable[[], bool], for_s: float = 10.0) -> None:
        """Looks until it is so."""
        deadline = time.monotonic() + for_s
        while not seen():
            assert time.monotonic() < deadline, "\n".join(self.screen.rows)
            self.look()

    def leave(self) -> int:
        """Reads to the end of the program; its exit code. The terminal must be as it was."""
        self.wait_for(lambda: not self.child.isalive())
        self.look()
        self.child.close()
        self.screen.assert_in_normal_state()
        assert self.seen.rfind(b"\x1b[?2004h") <= self.seen.rfind(b"\x1b[?2004l"), "bracketed paste is on"
        status = self.child.exitstatus
        return 128 + int(self.child.signalstatus or 0) if status is None else int(status)
