"""`--replay`: a cassette in the place of the network."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from chatbot.core.errors import ConfigurationError
from chatbot.core.http.cassette import from_lines
from chatbot.core.http.exchange import Exchange, Headers
from chatbot.core.http.safe import safe
from chatbot.core.request import HttpRequest
from chatbot.outside.files.reading import read_text_file
from chatbot.outside.http.replaying import ReplayingTransport
from chatbot.outside.http.transport import sent_headers
from chatbot.terminal.notices import Notices

_CASSETTE = "cassette.jsonl"  # in a report


def _text(path: Path) -> str:
    """The cassette itself, or the one in a report."""
    import zipfile

    if not zipfile.is_zipfile(path):
        return read_text_file(str(path)).text
    with zipfile.ZipFile(path) as report:
        if _CASSETTE not in report.namelist():
            raise ConfigurationError(f"{path} has no {_CASSETTE}", advice="It was made with --no-bodies.")
        return report.read(_CASSETTE).decode()


def replaying(path: Path, speed: float, notices: Notices, on_sent: Callable[[], None]) -> ReplayingTransport:
    """The transport that answers from the cassette. Raises FileUnreadable, or ConfigurationError for a broken one."""

    def compared(request: HttpRequest) -> tuple[str, Headers, bytes]:
        exchange = Exchange("", 1, 0.0, "", "", "", request.method, request.url, sent_headers(request), request.body)
        seen = safe(exchange, notices.redact)
        return seen.url, seen.request_headers, seen.request_body

    exchanges = from_lines(_text(path).splitlines(), str(path))
    return ReplayingTransport(exchanges, str(path), speed=speed, sleep=time.sleep, safe=compared, on_sent=on_sent)
