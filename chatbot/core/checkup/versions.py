"""Whether what is installed is new enough for what the program asks for (PEP 440 and 508, as far as it uses them)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_HOLDS: Mapping[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
    ">=": lambda have, want: have >= want,
    "<": lambda have, want: have < want,
    "==": lambda have, want: have == want,
    "!=": lambda have, want: have != want,
}


def wanted(requirement: str) -> tuple[str, str, str]:
    """The name, the versions and the extra of `name<3,>=2.6; extra == "test"`."""
    what, _, marker = requirement.partition(";")
    name = re.match(r"[A-Za-z0-9._-]+", what.strip())
    extra = re.search(r"""extra == ['"]([^'"]+)""", marker)
    return (name[0] if name else ""), what.strip()[len(name[0]) if name else 0 :].strip(), extra[1] if extra else ""


def fits(version: str, bounds: str) -> bool:
    """Whether a version is within bounds such as `<3,>=2.6`."""
    have = _release(version)
    for bound in filter(None, bounds.replace(" ", "").split(",")):
        found = re.match(r"(>=|<|==|!=)(.*)", bound)
        if found and not _HOLDS[found[1]](have, _release(found[2])):
            return False
    return True


def _release(version: str) -> tuple[int, ...]:
    """The numbers, without zeros at the end: 2.6 is 2.6.0."""
    numbers = re.match(r"\d+(\.\d+)*", version)
    parts = [int(part) for part in numbers[0].split(".")] if numbers else []
    while parts and not parts[-1]:
        parts.pop()
    return tuple(parts)
