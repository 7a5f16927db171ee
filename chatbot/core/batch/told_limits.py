"""The limits that a service tells in its headers, followed between two answers."""

from __future__ import annotations

import re
from collections.abc import Collection

from chatbot.core.http.limits import Limit
from chatbot.records import NamedTuple

_WINDOW_S = {"second": 1.0, "minute": 60.0, "hour": 3_600.0, "day": 86_400.0, "week": 604_800.0}
_SECONDS = re.compile(r"(\d+(?:\.\d+)?) s")


class Cost(NamedTuple):
    """What one row takes of the limits, in tokens; an estimate until the answer is there."""

    input_tokens: int = 0
    output_tokens: int = 0

    def of(self, what: str) -> float | None:
        """How much of the limit on `what`; None of one that rows do not count for."""
        return {
            "requests": 1.0,
            "tokens": float(self.input_tokens + self.output_tokens),
            "input tokens": float(self.input_tokens),
            "output tokens": float(self.output_tokens),
        }.get(what)


class Heard(NamedTuple):
    """The limits that the head of an answer told, and when it came, in Unix seconds."""

    limits: tuple[Limit, ...] = ()
    at_s: float = 0.0


class Taken(NamedTuple):
    """What is reserved for a row in flight, since when (in Unix seconds)."""

    begun_s: float
    cost: Cost


class _Told(NamedTuple):
    """A limit as it was at `at_s`; `per_s` is how fast it fills, None where nothing says it."""

    limit: Limit
    at_s: float
    per_s: float | None


class ToldLimits:
    """Times are Unix seconds. What an answer tells is as of the moment when its row was begun: services count a request
    when it comes, so that rows begun later are not in it.
    """

    def __init__(self) -> None:
        self._told: dict[tuple[str, str], _Told] = {}

    def see(self, heard: Heard, begun_s: float) -> None:
        """Takes what an answer told; a limit without what is left of it says nothing."""
        for limit in heard.limits:
            key = (limit.what, limit.window)
            before = self._told.get(key)
            if limit.remaining is None or Cost().of(limit.what) is None or (before and before.at_s > begun_s):
                continue
            self._told[key] = _Told(limit, begun_s, _per_s(limit, heard.at_s) or (before and before.per_s))

    def wait_s(self, cost: Cost, in_flight: Collection[Taken], now_s: float) -> float:
        """Seconds until all limits have room for one more row; 0 for now."""
        return max((_wait_s(told, cost, in_flight, now_s) for told in self._told.values()), default=0.0)


def _wait_s(told: _Told, cost: Cost, in_flight: Collection[Taken], now_s: float) -> float:
    limit = told.limit
    most = limit.limit or float("inf")
    needed = min(cost.of(limit.what) or 0.0, most)  # a larger row would wait for ever
    left, per_s = _left(told, most, in_flight, now_s), told.per_s or 0.0
    if left >= needed:
        return 0.0
    resets_in_s = (limit.resets_at_s or 0.0) - now_s
    fills_in_s = (needed - left) / per_s if per_s else float("inf")
    wait_s = min(fills_in_s, resets_in_s if resets_in_s > 0 else float("inf"))
    return wait_s if in_flight or wait_s < float("inf") else 0.0  # the next answer tells more


def _left(told: _Told, most: float, in_flight: Collection[Taken], now_s: float) -> float:
    """What is left by now: it filled up to `most` while rows were begun."""
    left, at_s, per_s, resets_at_s = told.limit.remaining or 0.0, told.at_s, told.per_s or 0.0, told.limit.resets_at_s
    if resets_at_s is not None and now_s >= resets_at_s:
        left = max(left, told.limit.limit or 0.0)
    for each in in_flight:
        if each.begun_s > told.at_s:
            left = min(most, left + per_s * (each.begun_s - at_s)) - (each.cost.of(told.limit.what) or 0.0)
            at_s = each.begun_s
    return min(most, left + per_s * (now_s - at_s))


def _per_s(limit: Limit, now_s: float) -> float | None:
    """How fast it fills: from its window, or from when it is full again. Of a limit that is nearly full, the latter
    says little.
    """
    if limit.limit is None:
        return None
    seconds = _SECONDS.fullmatch(limit.window)
    window_s = float(seconds[1]) if seconds else _WINDOW_S.get(limit.window)
    if window_s:
        return limit.limit / window_s
    missing = limit.limit - (limit.remaining or 0.0)
    if limit.resets_at_s is None or limit.resets_at_s <= now_s or missing < limit.limit / 2:
        return None
    return missing / (limit.resets_at_s - now_s)
