"""Rows for a person, written beside the answer: harmless, and styled where that shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rich.color import ColorSystem
from rich.style import Style

from chatbot.terminal.markdown.row import Row
from chatbot.terminal.sanitise import sanitise

TellRows = Callable[[Iterable[Row]], None]


def as_text(rows: Iterable[Row], *, styles: bool) -> str:
    """The rows, each with its line end."""
    rows = list(rows)
    if not styles:
        plain = "".join(["".join([text for text, _ in row.runs]) + "\n" for row in rows])
        if plain.count("\n") == len(rows) and sanitise(plain) == plain:
            return plain  # as most are: the same, sooner
    return "".join("".join(_run(text, style, styles) for text, style in row.runs) + "\n" for row in rows)


def _run(text: str, style: Style, styles: bool) -> str:
    text = sanitise(text).replace("\n", " ")
    return style.render(text, color_system=ColorSystem.STANDARD) if styles and text else text
