"""TOML with the places of its mistakes and of its keys. Source: toml.io/en/v1.0.0.

`tomllib` takes 8 ms to load, more than the settings may cost a question. So a document of plain lines alone is read
without it: what JSON and TOML write in the same way, one value on a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

Keys = tuple[str, ...]

_POSITION = r" \(at (?:line (\d+), column (\d+)|end of document)\)$"
_BARE = "[A-Za-z0-9_-]+"
_HEADER = rf'\[ *({_BARE})(?: *\. *(?:({_BARE})|"([^"\\]*)"))? *\] *(?:#.*)?'


class TomlFault(ValueError):
    """Why a text is not TOML, in a sentence's end; `line` and `column` count from 1, `column` is 0 if it is unknown."""

    def __init__(self, what: str, line: int, column: int = 0) -> None:
        super().__init__(what)
        self.line, self.column = line, column


def parsed(text: str) -> dict[str, Any]:
    """The document. Raises TomlFault."""
    plain = _plain(text)
    return _parsed(text) if plain is None else plain


def lines_of(text: str) -> dict[Keys, int]:
    """The line, from 1, in which each key and each table of a whole document begins."""
    lines: dict[Keys, int] = {}
    table: Keys = ()
    for number, statement, values in _statements(text):
        if statement.lstrip().startswith("["):
            paths = list(_paths(values, ()))
            table = max(paths, key=len)
        else:
            paths = [(*table, *path) for path in _paths(values, ())]
        for path in paths:
            lines.setdefault(path, number)
    return lines


def with_line(text: str, table: Keys, line: str, header: str) -> str:
    """A whole document with one more line at the end of a table, which `header` begins where nothing does yet.

    What stands before the next table, blank lines and its comment, goes on standing there.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n") if text else []
    ends: dict[Keys, int] = {}
    here: Keys | None = ()
    for number, statement, values in _statements(text):
        if statement.lstrip().startswith("["):
            here = None if statement.lstrip().startswith("[[") else max(_paths(values, ()), key=len)
            if () not in ends:
                ends[()] = _above(lines, number - 1)
        if here is not None:
            ends[here] = number + statement.count("\n")
    at = ends.get(table, len(lines))
    if table not in ends and table:
        lines += ["", header] if lines else [header]
        at = len(lines)
    elif not at and lines and ends:
        lines.insert(0, "")
    lines.insert(at, line)
    return newline.join([*lines, ""])


def _above(lines: list[str], at: int) -> int:
    """Where something can stand above a table, its comment, and the blank lines above that."""
    while at and lines[at - 1].startswith("#"):
        at -= 1
    while at and not lines[at - 1].strip():
        at -= 1
    return at


def _parsed(text: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except RecursionError:
        raise TomlFault("it is nested too deeply", _line_alone(text)) from None
    except ValueError as error:  # also for an integer of thousands of digits, which has no place
        what = str(error)
        place = re.search(_POSITION, what)
        if place is None:
            raise TomlFault(what, _line_alone(text)) from None
        line, column = place[1] or text.rstrip("\n").count("\n") + 1, place[2] or 0
        raise TomlFault(what[: place.start()], int(line), int(column)) from None


def _line_alone(text: str) -> int:
    """The first line that goes wrong in a way that has no place; 1 if it is not one line alone."""
    import tomllib

    for number, line in enumerate(text.split("\n"), 1):
        try:
            tomllib.loads(line)
        except tomllib.TOMLDecodeError:
            pass
        except (ValueError, RecursionError):
            return number
    return 1


def _statements(text: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Each statement of a whole document with its line and what it says by itself."""
    import tomllib

    begun, statement = 0, ""
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        begun, statement = (begun, f"{statement}\n{line}") if statement else (number, line)
        try:
            values = tomllib.loads(statement)
        except ValueError:  # it goes on in the next line
            continue
        if values:
            yield begun, statement, values
        statement = ""


def _paths(value: object, path: Keys) -> Iterator[Keys]:
    """The path of each key in it, and of each table."""
    if path:
        yield path
    if isinstance(value, list) and value and isinstance(value[0], dict):
        value = value[0]
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _paths(inner, (*path, key))


def _plain(text: str) -> dict[str, Any] | None:
    """The document, if JSON has all its values; None where the whole grammar is needed, if only for a fault."""
    import json  # the request will need it, tomllib nobody else

    decoder = json.JSONDecoder(parse_constant=_no_constant)
    document: dict[str, Any] = {}
    table = document
    for line in map(_trimmed, text.split("\n")):
        if not line or line.startswith("#"):
            if not line.isprintable():
                return None
            continue
        try:
            if line.startswith("["):
                table = _opened(document, line)
                continue
            key, equals, rest = line.partition("=")
            value, end = decoder.raw_decode(rest := _trimmed(rest))
        except (ValueError, RecursionError):
            return None
        key, tail = _trimmed(key), _trimmed(rest[end:])
        is_whole = equals and (not tail or tail.startswith("#")) and line.isprintable() and "\\" not in line
        if not is_whole or key in table or not re.fullmatch(_BARE, key) or not _is_plain(value):
            return None
        table[key] = value
    return document


def _opened(document: dict[str, Any], line: str) -> dict[str, Any]:
    """The table that a header begins. Raises ValueError for one that is not plain, or was there before."""
    found = re.fullmatch(_HEADER, line)
    if not found or not line.isprintable():
        raise ValueError(line)
    *above, name = [part for part in found.groups() if part is not None]
    table = document
    for part in above:
        table = table.setdefault(part, {})
    if not isinstance(table, dict) or name in table:
        raise ValueError(line)
    table[name] = {}
    return table[name]  # type: ignore[no-any-return]


def _trimmed(text: str) -> str:
    return text.strip(" ")


def _is_plain(value: object) -> bool:
    return all(map(_is_plain, value)) if isinstance(value, list) else isinstance(value, (str, int, float))


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
