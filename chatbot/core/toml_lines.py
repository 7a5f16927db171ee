"""Where something stands in a TOML file, for a sentence about it: Python's parser tells no lines of values."""

from __future__ import annotations

import re


def line_of(text: str, table: str, key: str = "") -> int | None:
    """The line, from 1, of a key in a table, or else of the table's head; None where neither is written as usual."""
    head, entry = rf"\s*\[\s*{_quoted(table)}\s*[].]", rf"\s*{_quoted(key)}\s*[=.]"
    place = None
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(head, line):
            place = number
        elif place and line.lstrip().startswith("["):
            break
        elif place and key and re.match(entry, line):
            return number
    return place


def tables_in(text: str) -> list[str]:
    """The names of the tables at the top, also of a text that is not TOML."""
    found = re.findall(r"^\s*\[\s*(['\"]?)([^][.'\"]+)\1\s*[].]", text, flags=re.MULTILINE)
    return list(dict.fromkeys(name.strip() for _, name in found))


def _quoted(name: str) -> str:
    return rf"(?:{re.escape(name)}|'{re.escape(name)}'|\"{re.escape(name)}\")"
