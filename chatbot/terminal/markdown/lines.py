"""What the beginning of a line says about its block (CommonMark 0.31, sections 2.2, 4 and 5; GFM 4.10 for tables)."""

import re

from chatbot.records import NamedTuple

_RULE = re.compile(r"(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$")
_HEADING = re.compile(r"(#{1,6})(?:[ \t]+|$)(.*)$")
_FENCE = re.compile(r"(`{3,}|~{3,})(.*)$")
_BULLET = re.compile(r"[-+*](?=[ \t]|$)")
_NUMBER = re.compile(r"(\d{1,9})([.)])(?=[ \t]|$)")
_DELIMITER_ROW = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_UNESCAPED_PIPE = re.compile(r"(?<!\\)\|")
TAB = 4


class Fence(NamedTuple):
    mark: str
    info: str
    indent: int

    def closed_by(self, line: str, indent: int) -> bool:
        stripped = line.strip(" \t")
        return indent < TAB and len(stripped) >= len(self.mark) and not stripped.strip(self.mark[0])


class Marker(NamedTuple):
    """Of a list item: `kind` tells lists apart, `number` is None for a bullet, `width` its characters."""

    kind: str
    number: int | None
    width: int


class Cursor:
    """A line being read from the left. Columns matter, as a tab may belong to two blocks by parts."""

    __slots__ = ("column", "rest")

    def __init__(self, line: str) -> None:
        self.rest = line
        self.column = 0

    def blank(self) -> bool:
        return not self.rest or self.rest.isspace()

    def indent(self) -> int:
        """Columns of white space in front of the text."""
        column = self.column
        for char in self.rest:
            if char == " ":
                column += 1
            elif char == "\t":
                column += TAB - column % TAB
            else:
                break
        return column - self.column

    def skip_columns(self, columns: int) -> None:
        """Go over at most so many columns of white space; of a tab that reaches further, spaces are left."""
        end, at = self.column + columns, 0
        while self.column < end and at < len(self.rest) and self.rest[at] in " \t":
            width = TAB - self.column % TAB if self.rest[at] == "\t" else 1
            at += 1
            if self.column + width > end:
                self.rest = " " * (self.column + width - end) + self.rest[at:]
                self.column, at = end, 0
                break
            self.column += width
        self.rest = self.rest[at:]

    def skip_text(self, characters: int) -> None:
        self.rest = self.rest[characters:]
        self.column += characters


def is_rule(text: str) -> bool:
    return text[:1] in ("*", "-", "_") and _RULE.match(text) is not None


def heading(text: str) -> tuple[int, str] | None:
    """Level 1 to 6 and the text."""
    if not (match := _HEADING.match(text)):
        return None
    title = match[2].strip(" \t")
    open_end = title.rstrip("#")
    return len(match[1]), open_end.rstrip(" \t") if open_end[-1:] in ("", " ", "\t") else title


def fence(text: str, indent: int) -> Fence | None:
    match = _FENCE.match(text)
    if not match or (match[1][0] == "`" and "`" in match[2]):
        return None
    return Fence(match[1], match[2].strip(" \t"), indent)


def marker(text: str) -> Marker | None:
    if _BULLET.match(text):
        return Marker(text[0], None, 1)
    if match := _NUMBER.match(text):
        return Marker(match[2], int(match[1]), match.end())
    return None


def alignments(text: str) -> tuple[str, ...] | None:
    """Of a table's second line: `<`, `>` or `^` for each column; None if it is not such a line."""
    if not ("|" in text or ":" in text) or not _DELIMITER_ROW.match(text):
        return None
    marks = text.strip(" \t").removeprefix("|").removesuffix("|").split("|")
    return tuple(_alignment(mark.strip(" \t")) for mark in marks)


def _alignment(mark: str) -> str:
    if not mark.endswith(":"):
        return "<"
    return "^" if mark.startswith(":") else ">"


def cells(text: str) -> list[str]:
    """The cells of a table's line."""
    text = text.strip(" \t").removeprefix("|")
    parts = [part.replace("\\|", "|").strip(" \t") for part in _UNESCAPED_PIPE.split(text)]
    if len(parts) > 1 and not parts[-1]:
        parts.pop()
    return parts
