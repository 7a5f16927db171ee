"""The words that say what is being waited for: the first token, or the next attempt."""

from __future__ import annotations

import math

from chatbot.core.amounts import duration_words
from chatbot.core.events import Retrying
from chatbot.terminal.sanitise import sanitise

APPEARS_AFTER_S = 0.25  # what comes sooner needs no excuse
FRAME_S = 0.1
_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_ASCII_FRAMES = "|/-\\"


class WaitRow:
    """What is waited for since `now_s`; empty once an answer has begun. Pure arithmetic on the times handed in."""

    def __init__(self, name: str, now_s: float, *, unicode: bool = True) -> None:
        self._label = f"waiting for {' '.join(sanitise(name).split())}"
        self._since_s: float | None = now_s
        self._until_s: float | None = None
        self._reason = ""
        self._spinner = _FRAMES if unicode else _ASCII_FRAMES

    def retrying(self, event: Retrying, now_s: float) -> None:
        """From now on it is a countdown to the next attempt, then the wait for its answer."""
        self._reason = sanitise(str(event.error))
        self._until_s = now_s + event.delay_s
        self._since_s = self._until_s

    def over(self) -> None:
        """Something has come: there is nothing to wait for any more."""
        self._since_s = self._until_s = None

    def row(self, now_s: float) -> str:
        """A spinner, the words, and the seconds it has taken; empty for the first APPEARS_AFTER_S seconds of a wait."""
        words = self._words(now_s)
        return f"{self._spinner[int(now_s / FRAME_S) % len(self._spinner)]} {words}" if words else ""

    def is_retry(self, now_s: float) -> bool:
        """Whether an attempt has failed and the next one is waited for."""
        return self._until_s is not None and now_s < self._until_s

    def wait_s(self, now_s: float) -> float | None:
        """Seconds until the row may look different; None when it will not."""
        if self._since_s is None:
            return None
        return FRAME_S if self.row(now_s) else max(FRAME_S, self._since_s + APPEARS_AFTER_S - now_s)

    def _words(self, now_s: float) -> str:
        if self._since_s is None:
            return ""
        if self._until_s is not None and self.is_retry(now_s):
            left_s = math.ceil(self._until_s - now_s)
            return f"{self._reason}; trying again in {duration_words(left_s)} (Ctrl-C stops)"
        waited_s = now_s - self._since_s
        if waited_s < APPEARS_AFTER_S:
            return ""
        return f"{self._label} {duration_words(int(waited_s))}" if waited_s >= 1 else self._label
