"""An end for work in the main thread that hangs: an alarm that raises Hung in the middle of it.

A thread could not do that: the regular expression engine, for one, holds the interpreter, but looks for signals.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

from chatbot.core.errors import Hung
from chatbot.outside.desktop.streams import write_all

TICK_S = 0.25
_TO_CLEAN_UP_S = 1.0

T = TypeVar("T")


class Watchdog:
    """While entered, `call` ends work that goes on for too long; otherwise, or where there is no setitimer(2), or in
    another thread than the main one, the work takes as long as it likes.

    Time is counted in ticks that reach this process, so a process that was stopped has lost none; nor does it count
    how long a write waits for its reader.
    """

    def __init__(self) -> None:
        self._left_s: float | None = None
        self._before: Any = None
        self._armed = False

    def __enter__(self) -> Watchdog:
        if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGALRM, self._tick)
            signal.setitimer(signal.ITIMER_REAL, TICK_S, TICK_S)
            self._armed = True
        return self

    def __exit__(self, *_: object) -> None:
        if self._armed:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._before)
            self._armed = False

    def call(self, work: Callable[[], T], limit_s: float) -> T:
        """What `work` returns. Raises Hung after `limit_s` seconds."""
        outer_s, self._left_s = self._left_s, limit_s
        try:
            return work()
        finally:
            self._left_s = outer_s

    def _tick(self, number: int, frame: FrameType | None) -> None:
        if self._left_s is None or (frame is not None and frame.f_code is write_all.__code__):
            return
        self._left_s -= TICK_S
        if self._left_s <= 0:
            self._left_s = _TO_CLEAN_UP_S
            raise Hung
