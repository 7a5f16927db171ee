"""Plain values as TOML. Source: toml.io/en/v1.0.0."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from chatbot.core.errors import UsageError


def document(fields: Mapping[str, Any]) -> str:
    """A TOML document: the values, then a table for each mapping; what is deeper stands on one line.

    Raises UsageError, which names the place, for what TOML or JSON does not have: null, NaN, infinity.
    """
    lines = [_line(key, key, value) for key, value in fields.items() if not isinstance(value, Mapping)]
    for table, values in fields.items():
        if isinstance(values, Mapping):
            lines += ["", f"[{_key(table)}]"] if lines else [f"[{_key(table)}]"]
            lines += [_line(f"{table}.{key}", key, value) for key, value in values.items()]
    return "".join(line + "\n" for line in lines)


def _line(path: str, key: str, value: Any) -> str:
    return f"{_key(key)} = {_written(path, value)}"


def _written(path: str, value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return _lines(value) if "\n" in value else f'"{_escaped(value, _IN_STRINGS)}"'
        case int():
            return str(value)
        case float() if math.isfinite(value):
            return repr(value)
        case list() | tuple():
            return f"[{', '.join(_written(path, item) for item in value)}]"
        case dict():
            pairs = (f"{_key(name)} = {_written(f'{path}.{name}', item)}" for name, item in value.items())
            return f"{{{', '.join(pairs)}}}"
        case _:
            raise UsageError(
                f"{path} cannot be saved: a template has no {'null' if value is None else value}",
                advice="Leave it out, or give it on the command line each time.",
            )


# Ordinary characters but these: controls (C1 too, for a terminal), the quote and the backslash.
_IN_STRINGS = re.compile(r'[\x00-\x1f\x7f-\x9f"\\\ud800-\udfff]')
_IN_LINES = re.compile(r'[\x00-\x08\x0b-\x1f\x7f-\x9f\\\ud800-\udfff]|(?<="")"|"\Z')
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _lines(text: str) -> str:
    """Text of several lines, as it is read and edited; the first line break after the quotes does not count."""
    return f'"""\n{_escaped(text, _IN_LINES)}"""'


def _escaped(text: str, special: re.Pattern[str]) -> str:
    return special.sub(lambda found: _escape(found[0]), text)


def _escape(character: str) -> str:
    if "\ud800" <= character <= "\udfff":
        return "\ufffd"  # a half of a UTF-16 pair is no character
    return _SHORT.get(character) or f"\\u{ord(character):04x}"


def _key(name: str) -> str:
    return name if re.fullmatch("[A-Za-z0-9_-]+", name) else f'"{_escaped(name, _IN_STRINGS)}"'
