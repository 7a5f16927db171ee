"""The terminal while nobody reads from it: what is typed is not echoed, because each key would move the drawing; and an
Enter stays an Enter, because as a line feed it would be a new line of the next question instead of its end.
"""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

try:
    import termios
except ImportError:  # Windows echoes nothing while nobody reads
    termios = None  # type: ignore[assignment]


class SilentKeyboard:
    """While entered, what is typed at the terminal `descriptor` stays unseen; it is kept for whoever reads next.
    Afterwards the modes of the terminal are as they were, also when others have changed them meanwhile.

    It may be entered again inside; the outermost counts. Does nothing where `descriptor` is no terminal.
    """

    def __init__(self, descriptor: int = 0) -> None:
        self._descriptor = descriptor
        self._before: list[Any] | None = None
        self._entered = 0

    def __enter__(self) -> SilentKeyboard:
        self._entered += 1
        if self._entered == 1:
            self.silence()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
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
        """Switches the echo off, and the change of Enter to a line feed (termios(3), ECHO and ICRNL)."""
        if termios is None:
            return
        try:
            self._before = termios.tcgetattr(self._descriptor)
            silent = termios.tcgetattr(self._descriptor)
            silent[0] &= ~termios.ICRNL
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
