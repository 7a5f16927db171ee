"""Rows for a person, written beside the answer: harmless, and styled where that shows."""

from __future__ import annotations

from collections.abc import Iterable

from rich.color import ColorSystem
from rich.style import Style

from chatbot.terminal.markdown.row import Row
from chatbot.terminal.sanitise import sanitise


def as_text(rows: Iterable[Row], *, styles: bool) -> str:
    """The rows, each with its line end."""
    if not styles:
        return plain_text([row.text for row in rows])
    return "".join("".join(_styled(text, style) for text, style in row.runs) + "\n" for row in rows)


def plain_text(lines: list[str]) -> str:
    """The same of rows without styles."""
    text = "\n".join(lines) + "\n" if lines else ""
    if text.count("\n") == len(lines) and sanitise(text) == text:
        return text  # as most are: the same, sooner
    return "".join([_harmless(line) + "\n" for line in lines])


def _styled(text: str, style: Style) -> str:
    return style.render(_harmless(text), color_system=ColorSystem.STANDARD) if text else text


def _harmless(text: str) -> str:
    return sanitise(text).replace("\n", " ")
