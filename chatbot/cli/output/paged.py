"""What a command lists, on standard output: through a pager where it is longer than the screen."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from chatbot.cli.output import stdio
from chatbot.core.json_text import dumps
from chatbot.outside.desktop.streams import is_terminal


def write_lines(lines: Iterable[str]) -> None:
    """Writes lines, in the encoding of standard output."""
    write_paged("".join(f"{line}\n" for line in lines).encode(stdio.encoding(sys.stdout), "replace"))


def write_paged(text: bytes) -> None:
    """Writes a text, through the pager where a person would have to scroll."""
    from chatbot.outside.desktop.pager import page

    is_long = text.count(b"\n") >= (stdio.size()[1] or sys.maxsize)
    if not (is_long and is_terminal(0) and is_terminal(1) and page(text, os.environ)):
        stdio.write_answer(text)


def write_json(rows: Iterable[Mapping[str, Any]]) -> None:
    """Writes an object a line."""
    for row in rows:
        stdio.write_answer(dumps(row).encode() + b"\n")
