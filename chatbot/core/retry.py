"""When to try again, and after how long. Decides; never sleeps.

Bound by time, not by a count: in simulation three attempts lose most questions to a busy minute, a minute's patience
loses none. Jitter keeps many clients from coming back together.
"""

import math
import re
from collections.abc import Callable, Mapping

from chatbot.core.errors import ChatError
from chatbot.records import NamedTuple


class RetryPolicy(NamedTuple):
    """`deadline_s`: seconds, from the first request on, in which an attempt may start.
    `max_retries`: at most so many, or None for as many as the deadline allows. Each backoff is `factor` times the one
    before, and `random_share` of it is random.
    """

    deadline_s: float = 60.0
    max_retries: int | None = None
    base_s: float = 0.5
    cap_s: float = 8.0
    factor: float = 2.0
    random_share: float = 0.5

    def delay_s(self, error: ChatError, attempt: int, elapsed_s: float, random: Callable[[], float]) -> float | None:
        """Seconds to wait after attempt number `attempt` (the first is 1) failed; None to give up.

        The server's own wait is a floor with jitter on top; without one it is equal jitter: half of the backoff fixed,
        half random. `random` gives numbers in [0, 1).
        """
        limits = [limit for limit in (self.max_retries, error.retry_limit) if limit is not None]
        if not error.retryable or attempt > min(limits, default=attempt):
            return None
        left_s = self.deadline_s - elapsed_s
        backoff_s = self._backoff_s(attempt)
        if error.retry_after_s is not None and error.retry_after_s > 0:
            if error.retry_after_s > left_s:
                return None
            return min(left_s, error.retry_after_s + 2 * self.random_share * random() * max(1.0, backoff_s))
        delay_s = backoff_s * (1 - self.random_share + self.random_share * random())
        return delay_s if delay_s <= left_s else None

    def reason(self, error: ChatError, attempt: int) -> str:
        """What decides how long the wait after this attempt is, in words."""
        backoff_s = self._backoff_s(attempt)
        if error.retry_after_s:
            return f"the server asks for {error.retry_after_s:g} s, and up to {max(1.0, backoff_s):g} s at random more"
        return (
            f"backoff {self.base_s:g} s x {self.factor:g}^{attempt - 1}, at most {self.cap_s:g} s, half of it at random"
        )

    def _backoff_s(self, attempt: int) -> float:
        return min(self.cap_s, self.base_s * self.factor ** min(attempt - 1, 30))


def retry_after_s(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds the server asks us to wait, never negative; None when it does not say.

    `headers` have lower-case names, `now` is Unix seconds. `retry-after-ms` (OpenAI, Azure, Cerebras) is finer and
    wins, unless it is 0 (Azure sends `retry-after: 1` beside it). A malformed value counts as not said; nothing is
    raised.
    Source: RFC 9110, section 10.2.3 (a number of seconds, or an HTTP date).
    """
    waits_s = [
        _number(headers.get("retry-after-ms", "")) * 0.001,
        _number(headers.get("retry-after", "")),
        _seconds_until(headers.get("retry-after", ""), now),
    ]
    said_s = [wait_s for wait_s in waits_s if 0 <= wait_s < float("inf")]
    return next((wait_s for wait_s in said_s if wait_s), said_s[0] if said_s else None)


def should_retry(headers: Mapping[str, str]) -> bool | None:
    """The server's own word on a retry (`x-should-retry`: Anthropic, OpenAI); None when it does not say."""
    return {"true": True, "false": False}.get(headers.get("x-should-retry", "").strip().lower())


def duration_s(text: str) -> float | None:
    """Seconds of a duration as Go writes it, or a person: `1h16m0.6s`, `172ms`, `26 seconds`; None when it is none."""
    units_s = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
    parts = re.findall(r"([\d.]+)\s?(ms|us|µs|ns|h|m|s)", text.lower())
    try:
        total_s = sum(float(number) * units_s[unit] for number, unit in parts)
    except ValueError:
        return None
    return total_s if parts and math.isfinite(total_s) else None


def _number(text: str) -> float:
    """The number that `text` is; not a number (NaN) when it is none."""
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _seconds_until(date: str, now: float) -> float:
    """Seconds from `now` to an HTTP date, 0 when it has passed; NaN when it is none."""
    if ":" not in date:
        return float("nan")
    from calendar import timegm  # few servers send a date
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, timegm(parsedate_to_datetime(date).utctimetuple()) - now)  # without a zone it is GMT
    except (ValueError, TypeError, OverflowError, IndexError):
        return float("nan")
