"""Signals during an answer, noted instead of raised: an exception in the middle of a frame would break the screen."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

from chatbot.core.errors import Hung

_ENDING = ("SIGINT", "SIGTERM", "SIGHUP")
_WAKING = ("SIGWINCH", "SIGCONT")

_WAKE_WITHIN_S = 1.0
TimeLimit = Callable[[Callable[[], None], float], None]


class Interrupts:
    """While entered, notes the first of SIGINT, SIGTERM and SIGHUP in `number` and calls `wake`.

    A second one raises KeyboardInterrupt at once. A signal that was ignored before (nohup) stays ignored.
    `limit` ends a `wake` that hangs. `on_screen` adds what a program that draws wants to know: a new size (only
    `wake`), and Ctrl-Z (`pause_wanted`), which then waits for `stop_process`.
    """

    def __init__(self, limit: TimeLimit = lambda work, limit_s: work(), *, on_screen: bool = False) -> None:
        self.number: int | None = None
        self._limit = limit
        self._end_wait: Callable[[], None] = lambda: None
        self.pause_wanted = False
        self._handlers: dict[str, Callable[[int, FrameType | None], None]] = dict.fromkeys(_ENDING, self._note)
        if on_screen:
            self._handlers |= dict.fromkeys(_WAKING, self._wake) | {"SIGTSTP": self._want_pause}
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interrupts:
        for name, handler in self._handlers.items():
            number = getattr(signal, name, None)
            if number is None:
                continue
            before = signal.getsignal(number)
            if before is not signal.SIG_IGN and before is not None:
                self._before[number] = signal.signal(number, handler)
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    @property
    def wake(self) -> Callable[[], None]:
        """What ends the wait for an answer. Called at once when a signal came before it was set."""
        return self._end_wait

    @wake.setter
    def wake(self, wake: Callable[[], None]) -> None:
        self._end_wait = wake
        if self.number is not None:
            wake()

    def stopped(self) -> bool:
        """Whether a signal that ends the answer has come."""
        return self.number is not None

    def stop_process(self) -> None:
        """Does what Ctrl-Z asked for; returns when the shell lets the process go on."""
        self.pause_wanted = False
        handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.number is not None:
            raise KeyboardInterrupt
        self.number = number
        if not self._woken():  # a wait that cannot be ended in order ends at once
            raise KeyboardInterrupt

    def _wake(self, number: int, frame: FrameType | None) -> None:
        self._woken()

    def _want_pause(self, number: int, frame: FrameType | None) -> None:
        self.pause_wanted = True
        self._woken()

    def _woken(self) -> bool:
        try:
            self._limit(self.wake, _WAKE_WITHIN_S)
        except (Exception, Hung):
            return False
        return True
