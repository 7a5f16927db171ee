"""`--replay`: a cassette in the place of the network."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from chatbot.cli.output.cassette import read_cassette
from chatbot.core.http.exchange import Exchange
from chatbot.core.http.safe import safe
from chatbot.core.request import HttpRequest
from chatbot.outside.http.replaying import ReplayingTransport
from chatbot.outside.http.transport import sent_headers
from chatbot.terminal.notices import Notices


def replaying(path: Path, speed: float, notices: Notices, on_sent: Callable[[], None]) -> ReplayingTransport:
    """The transport that answers from the cassette. Raises FileUnreadable, or ConfigurationError for a broken one."""

    def compared(request: HttpRequest) -> HttpRequest:
        sent = Exchange("", 1, 0.0, "", "", "", request.method, request.url, sent_headers(request), request.body)
        return safe(sent, notices.redact).request

    exchanges = read_cassette(path)
    return ReplayingTransport(exchanges, str(path), speed=speed, sleep=time.sleep, safe=compared, on_sent=on_sent)
