"""What services said is left of their limits."""

from __future__ import annotations

from typing import Any

from chatbot.core.http.exchange import Headers
from chatbot.records import NamedTuple


class Limit(NamedTuple):
    """One limit. `what` is counted (`requests`, `input tokens`), `window` is for how long (`minute`, `60 s`);
    `resets_at_s` is when it is full again, in Unix seconds. None, or an empty text, is what was not told. `sources` are
    the names of the headers, or the part of the body, that told it.
    """

    what: str
    limit: float | None = None
    remaining: float | None = None
    resets_at_s: float | None = None
    window: str = ""
    sources: tuple[str, ...] = ()

    @property
    def share_left(self) -> float | None:
        """How much is left, from 0 to 1; None where that was not told. Some services say more is left than all."""
        if self.remaining is None or not self.limit:
            return None
        return min(1.0, self.remaining / self.limit)


class Limits(NamedTuple):
    """Those that an answer told, in its order; `unread` are the headers about limits that are no numbers."""

    known: tuple[Limit, ...] = ()
    unread: Headers = ()


class SeenLimits(NamedTuple):
    """What a service told, when (in Unix seconds), and of which model."""

    service: str
    model: str
    seen_s: float
    limits: Limits


def as_json(seen: SeenLimits) -> dict[str, Any]:
    """What was seen as an object for JSON; `from_json` reads it."""
    known = [limit._asdict() for limit in seen.limits.known]
    return {**seen._asdict(), "limits": known, "unread": [list(pair) for pair in seen.limits.unread]}


def from_json(value: Any) -> SeenLimits | None:
    """What `as_json` wrote; None where it is something else."""
    try:
        known = tuple(_limit_from_json(entry) for entry in value["limits"])
        unread = tuple((str(name), str(said)) for name, said in value["unread"])
        return SeenLimits(str(value["service"]), str(value["model"]), float(value["seen_s"]), Limits(known, unread))
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        return None


def _limit_from_json(entry: dict[str, Any]) -> Limit:
    numbers = [entry[field] for field in ("limit", "remaining", "resets_at_s")]
    if not all(number is None or (isinstance(number, (int, float)) and 0 <= number < 1e300) for number in numbers):
        raise ValueError("it is not a number")
    limit, remaining, resets_at_s = numbers
    return Limit(
        str(entry["what"]), limit, remaining, resets_at_s, str(entry["window"]), tuple(map(str, entry["sources"]))
    )
