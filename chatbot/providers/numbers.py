"""Numbers as JSON has them, which may be anything."""

from __future__ import annotations

from typing import Any

MAX_TOKENS = 2**53  # what every JSON parser can count to (RFC 8259, section 6)


def integer(value: Any) -> int | None:
    """`value` if it can be a number of tokens; what a server says beyond that was not said."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if type(value) is int and 0 <= value <= MAX_TOKENS else None
