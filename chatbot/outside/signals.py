"""Signals that end an answer, noted instead of raised: an exception in the middle of a frame would break the screen."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

_ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Interrupts:
    """While entered, notes the first of SIGINT, SIGTERM and SIGHUP in `number` and calls `wake`.

    A second one raises KeyboardInterrupt at once. A signal that was ignored before (nohup) stays ignored.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self.wake: Callable[[], None] = lambda: None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interrupts:
        for number in _ENDING:
            before = signal.getsignal(number)
            if before is not signal.SIG_IGN and before is not None:
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def stopped(self) -> bool:
        """Whether a signal has come."""
        return self.number is not None

    def _note(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self.number is not None:
            raise KeyboardInterrupt
        self.number = number
        self.wake()
