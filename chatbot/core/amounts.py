"""Numbers as people read them: short, and with their units."""

from __future__ import annotations

_MS_BELOW_S = 0.5
_TENTHS_BELOW_S = 9.95  # what is rounded to 10


def duration_words(seconds: float) -> str:
    """How long something takes: `204 ms`, `0.9 s`, `34 s`, `2 min 5 s`, `3 h 20 min`."""
    if 0 < seconds < _MS_BELOW_S:
        return f"{max(1, round(seconds * 1000))} ms"
    if seconds < _TENTHS_BELOW_S:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min" + (f" {whole % 60} s" if whole % 60 else "")
    minutes = round(seconds / 60)
    return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")


def step_words(duration_ms: float) -> str:
    """How long a step of an exchange took, which may be very short: `0.3 ms`, `12 ms`, `1.2 s`."""
    return f"{max(duration_ms, 0):.1f} ms" if duration_ms < _TENTHS_BELOW_S else duration_words(duration_ms / 1000)


def token_words(count: int) -> str:
    """A number of tokens: `1 token`, `950 tokens`, `1.2k tokens`."""
    return "1 token" if count == 1 else f"{short(count)} tokens"


def short(count: int) -> str:
    """A number in four characters or so: `950`, `1.2k`, `34k`, `5.6M`."""
    for size, letter, below in ((1_000_000, "M", 999_500), (1_000, "k", 1_000)):
        if count >= below:
            return f"{count / size:.1f}{letter}" if count < 9.95 * size else f"{round(count / size)}{letter}"
    return str(count)


def size_words(size_bytes: int) -> str:
    """A number of bytes, in decimal units: `50 kB`, `3.8 MB`, `1.2 GB`."""
    for unit, unit_bytes in (("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)):
        if size_bytes >= unit_bytes:
            return f"{size_bytes / unit_bytes:.1f}".removesuffix(".0") + f" {unit}"
    return "1 byte" if size_bytes == 1 else f"{size_bytes} bytes"
