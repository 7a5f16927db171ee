"""What goes beside an answer may fail, and never costs it: the view, the history, what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from chatbot.core.errors import ChatError, Hung, OutputUnwritable

LIMIT_S = 2.0

T = TypeVar("T")
Otherwise = TypeVar("Otherwise")


class TimeLimit(Protocol):
    def __call__(self, work: Callable[[], T], limit_s: float) -> T:
        """What `work` returns; raises Hung when it takes longer. See chatbot.outside.watchdog."""
        ...


class BestEffort:
    """Runs what may fail or hang. `tell` is told the first failure of each thing, in words; it may fail itself."""

    def __init__(self, limit: TimeLimit, tell: Callable[[str], None]) -> None:
        self._limit = limit
        self._tell = tell
        self._told: set[str] = set()

    def __call__(
        self, failed: str, work: Callable[[], T], otherwise: Otherwise, limit_s: float = LIMIT_S
    ) -> T | Otherwise:
        """What `work` returns; `otherwise` when it fails or takes more than `limit_s` seconds. `failed` says what that
        means for the person. That standard output is gone is no failure of what writes to it: it is raised.
        """
        try:
            return self._limit(work, limit_s)
        except (BrokenPipeError, OutputUnwritable):
            raise
        except (Exception, Hung) as error:
            self._say(failed, error)
            return otherwise

    def done(self, failed: str, work: Callable[[], object], limit_s: float = LIMIT_S) -> bool:
        """Whether `work` came to its end."""

        def to_its_end() -> bool:
            work()
            return True

        return self(failed, to_its_end, False, limit_s)

    def _say(self, failed: str, error: BaseException) -> None:
        if failed in self._told:
            return
        self._told.add(failed)
        kind = "" if isinstance(error, ChatError) else f"{type(error).__name__}: "
        reason = "it hangs" if isinstance(error, Hung) else f"{kind}{error}".removesuffix(": ")
        try:
            self._limit(lambda: self._tell(f"{failed} ({reason})"), LIMIT_S)
        except (Exception, Hung):
            pass  # then there is nobody to tell it to
