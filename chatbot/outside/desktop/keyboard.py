"""The terminal while nobody reads from it: what is typed is not echoed, because each key would move the drawing, and
waits for whoever reads next.
"""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chatbot.outside.desktop.streams import is_terminal

try:
    import termios
except ImportError:  # Windows echoes nothing while nobody reads
    termios = None  # type: ignore[assignment]


class SilentKeyboard:
    """While entered, what is typed at the terminal `descriptor` stays unseen; it is kept for whoever reads next.
    Afterwards the modes of the terminal are as they were, also when others have changed them meanwhile.

    `as_typed` is for a prompt that reads keys: an Enter that became a line feed would be a new line there, and a Ctrl-D
    would be lost. It may be entered again inside; the outermost counts. Does nothing where `descriptor` is no terminal.
    """

    def __init__(self, descriptor: int = 0, *, as_typed: bool = False) -> None:
        self._descriptor = descriptor
        self._as_typed = as_typed
        self._before: list[Any] | None = None
        self._entered = 0

    def __enter__(self) -> SilentKeyboard:
        self._entered += 1
        if self._entered == 1:
            self.silence()
        return self

    def __exit__(self, *_: object) -> None:
        self._entered -= 1
        if not self._entered:
            self.restore()

    @contextmanager
    def lent(self) -> Iterator[None]:
        """While it is entered, the terminal is as it was before: for an editor, which reads by itself."""
        self.restore()
        try:
            yield
        finally:
            if self._entered:
                self.silence()

    def silence(self) -> None:
        """Switches the echo off; see termios(3). Ctrl-C and Ctrl-Z stay signals."""
        if termios is None:
            return
        try:
            self._before = termios.tcgetattr(self._descriptor)
            silent = termios.tcgetattr(self._descriptor)
            silent[3] &= ~termios.ECHO
            if self._as_typed:
                silent[0] &= ~termios.ICRNL
                silent[3] &= ~termios.ICANON
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


class KeptModes:
    """The modes of the terminal as they are now, to be put back after a program that may leave others."""

    def __init__(self, descriptor: int | None = None) -> None:
        found = next((number for number in (0, 1, 2) if is_terminal(number)), 0)
        self._descriptor = found if descriptor is None else descriptor
        self._modes: list[Any] | None = None
        if termios is not None:
            try:
                self._modes = termios.tcgetattr(self._descriptor)
            except termios.error:
                pass

    def restore(self) -> None:
        """Puts them back, where they are others now."""
        if self._modes is None:
            return
        try:
            if termios.tcgetattr(self._descriptor) != self._modes:
                termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._modes)
        except termios.error:
            pass  # the terminal is gone
