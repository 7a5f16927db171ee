"""A cassette that a person named."""

from __future__ import annotations

from pathlib import Path

from chatbot.core.errors import ConfigurationError
from chatbot.core.http.cassette import from_lines
from chatbot.core.http.exchange import SafeExchange
from chatbot.outside.files.reading import read_text_file

_CASSETTE = "cassette.jsonl"  # in a report


def read_cassette(path: Path) -> list[SafeExchange]:
    """The exchanges of a cassette, or of a report. Raises FileUnreadable, or ConfigurationError for a broken one."""
    return from_lines(_text(path).splitlines(), str(path))


def _text(path: Path) -> str:
    """The cassette itself, or the one in a report."""
    import zipfile

    if not zipfile.is_zipfile(path):
        return read_text_file(str(path)).text
    with zipfile.ZipFile(path) as report:
        if _CASSETTE not in report.namelist():
            raise ConfigurationError(f"{path} has no {_CASSETTE}", advice="It was made with --no-bodies.")
        return report.read(_CASSETTE).decode()
