"""The retries of one row in a batch."""

from __future__ import annotations

from collections.abc import Callable

from chatbot.core.errors import ChatError, RateLimited
from chatbot.core.retry import RetryPolicy


class PacedRetries(RetryPolicy):
    """The usual ones, but for a refusal for the rate, which is a matter of all rows: the pace of the batch."""

    def delay_s(self, error: ChatError, attempt: int, elapsed_s: float, random: Callable[[], float]) -> float | None:
        """See RetryPolicy."""
        return None if isinstance(error, RateLimited) else super().delay_s(error, attempt, elapsed_s, random)
