"""How long something may last, as a person says it."""

from __future__ import annotations

import math
import re

_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0, "": 1.0}
_PART = re.compile(r"(\d+(?:\.\d+)?) ?(ms|min|[smhdw]|\Z)")


class Duration(float):
    """Seconds, read from `90`, `90s`, `5m`, `1h30m`, `7d`. Raises ValueError for what is none."""

    def __new__(cls, text: str | float) -> Duration:
        return super().__new__(cls, _seconds(text) if isinstance(text, str) else text)


def _seconds(text: str) -> float:
    text = text.strip().lower()
    parts = _PART.findall(text)
    if not parts or "".join(_PART.sub("", text).split()):
        raise ValueError(text)
    seconds = math.fsum(float(number) * _UNITS_S[unit] for number, unit in parts)
    if not math.isfinite(seconds):
        raise ValueError(text)
    return seconds
