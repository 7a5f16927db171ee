"""A signal that does not wake the wait during which it comes."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable

PATIENCE_S = 5.0


def is_handled_during(wait: Callable[[], object], end: Callable[[], object]) -> bool:
    """Whether it is handled before `end`, which ends `wait`, is called. Another thread receives it, so that it wakes
    the wait as little as one that comes in the moment before it.
    """
    handled = threading.Event()
    in_time: list[bool] = []

    def receive() -> None:
        signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
        in_time.append(handled.wait(PATIENCE_S))
        end()

    before = signal.signal(signal.SIGUSR1, lambda number, frame: handled.set())
    receiver = threading.Timer(0.02, receive)
    receiver.start()
    try:
        wait()
        receiver.join()
    finally:
        signal.signal(signal.SIGUSR1, before)
    return in_time == [True]
