"""A cassette that a person named."""

from __future__ import annotations

from pathlib import Path

from chatbot.core.http.cassette import from_lines
from chatbot.core.http.exchange import Exchange
from chatbot.outside.files.report import cassette_text


def read_cassette(path: Path) -> list[Exchange]:
    """The exchanges of a cassette, or of a report. Raises FileUnreadable, or ConfigurationError for a broken one."""
    return from_lines(cassette_text(path).splitlines(), str(path))
