"""Kept exchanges as a list."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from urllib.parse import urlsplit

from rich.cells import set_cell_size

from chatbot.core.amounts import step_words
from chatbot.core.http.kept import KeptExchange
from chatbot.terminal.sanitise import sanitise


def exchange_lines(found: Sequence[KeptExchange], width: int, time_words: Callable[[float], str]) -> Iterator[str]:
    """A line each: id, when, status, what became of it, how long it took, of which model and where."""
    rows = [tuple(_cells(row, time_words)) for row in found]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        line = "  ".join(f"{cell:<{size}}" for cell, size in zip(row, widths, strict=True)).rstrip()
        yield set_cell_size(line, width).rstrip() if len(line) > width else line


def _cells(row: KeptExchange, time_words: Callable[[float], str]) -> Iterator[str]:
    yield row.id
    yield time_words(row.started_s)
    yield str(row.status or "-")
    yield sanitise(row.outcome)
    yield step_words(row.took_ms) if row.took_ms is not None else "-"
    yield sanitise(f"{row.provider}/{row.model}" if row.model else row.provider)
    yield sanitise(f"{row.method} {urlsplit(row.url).path}" + (f" (attempt {row.attempt})" if row.attempt > 1 else ""))
