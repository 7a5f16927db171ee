"""Keys taken out of anything that is shown or stored."""

from __future__ import annotations

import re
from collections.abc import Iterable

MASK = "[key]"
# Compiled at the first use: most answers have nothing to redact.
_SHAPES = (
    r"(?<![A-Za-z0-9])(?:sk|gsk|xai|pplx|hf|csk|r8)[-_][A-Za-z0-9_\-]{12,}"
    r"|AIza[A-Za-z0-9_\-]{20,}"
    r"|(?<=[Bb]earer )[A-Za-z0-9._~+/\-]{8,}=*"
    r"|(?:(?<=[?&]key=)|(?<=api[-_]key=))[^&\s\"']+"
)
_MIN_PART = 8


def is_secret_name(name: str) -> bool:
    """Whether a variable of the environment is called as one that holds a key."""
    return name.upper().endswith(("_KEY", "_TOKEN", "_SECRET"))


class Redactor:
    """Replaces known keys, their beginnings and ends of eight characters or more, and whatever has a key's shape.

    Providers echo keys in part ("Incorrect API key provided: sk-proj-ab...wxyz"), so parts count too.
    """

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._keys = tuple(key for key in keys if len(key) >= _MIN_PART)

    def __call__(self, text: str) -> str:
        for key in self._keys:
            text = text.replace(key, MASK)
            text = _without_part(text, key[:_MIN_PART], key, forward=True)
            text = _without_part(text, key[-_MIN_PART:], key, forward=False)
        return re.sub(_SHAPES, MASK, text)


def _without_part(text: str, part: str, key: str, *, forward: bool) -> str:
    """`text` without the longest runs that agree with the beginning (or end) of `key` and hold `part`."""
    at = text.find(part)
    while at >= 0:
        start, end = at, at + len(part)
        size = len(part)
        if forward:
            while end < len(text) and size < len(key) and text[end] == key[size]:
                end, size = end + 1, size + 1
        else:
            while start > 0 and size < len(key) and text[start - 1] == key[-size - 1]:
                start, size = start - 1, size + 1
        text = text[:start] + MASK + text[end:]
        at = text.find(part, start + len(MASK))
    return text
