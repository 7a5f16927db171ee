"""How long something takes, on a machine that may be busy."""

from __future__ import annotations

from collections.abc import Callable

TRIES = 5


def quickest(took_s: Callable[[], float], enough_s: float) -> float:
    """The seconds of the quickest of five tries, the last one that takes less than enough: what is slow of itself is
    so each time, and what a busy machine holds up is not.
    """
    best_s = took_s()
    for _ in range(TRIES - 1):
        if best_s < enough_s:
            break
        best_s = min(best_s, took_s())
    return best_s
