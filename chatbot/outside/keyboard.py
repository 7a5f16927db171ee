"""The terminal's echo of what is typed, off while an answer is drawn: each key would move the drawing."""

from __future__ import annotations

import atexit
from types import TracebackType
from typing import Any

try:
    import termios
except ImportError:  # Windows echoes nothing while nobody reads
    termios = None  # type: ignore[assignment]


class SilentKeyboard:
    """While entered, what is typed at the terminal `descriptor` stays unseen; it is kept for whoever reads next.

    Does nothing where `descriptor` is no terminal.
    """

    def __init__(self, descriptor: int = 0) -> None:
        self._descriptor = descriptor
        self._before: list[Any] | None = None

    def __enter__(self) -> SilentKeyboard:
        self.silence()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.restore()

    def silence(self) -> None:
        """Switches the echo off."""
        if termios is None:
            return
        try:
            self._before = termios.tcgetattr(self._descriptor)
            silent = termios.tcgetattr(self._descriptor)
            silent[3] &= ~termios.ECHO
            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, silent)
        except termios.error:
            self._before = None
        else:
            atexit.register(self.restore)

    def restore(self) -> None:
        """Puts the terminal back as it was."""
        if termios is not None and self._before is not None:
            try:
                termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._before)
            except termios.error:
                pass  # the terminal is gone
            self._before = None
            atexit.unregister(self.restore)


class KeptTerminal:
    """While entered, others may change the modes of the terminal `descriptor`; afterwards they are as they were.

    A signal may end a prompt at a point where it can no longer clean up after itself.
    """

    def __init__(self, descriptor: int = 0) -> None:
        self._descriptor = descriptor
        self._before: list[Any] | None = None

    def __enter__(self) -> KeptTerminal:
        if termios is not None:
            try:
                self._before = termios.tcgetattr(self._descriptor)
            except termios.error:
                self._before = None  # no terminal
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if termios is not None and self._before is not None:
            try:
                termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._before)
            except termios.error:
                pass  # the terminal is gone
