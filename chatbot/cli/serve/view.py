"""What the person sees of the relay's work: a line for each request, and with -v what the app sent beside what the
provider got.
"""

from __future__ import annotations

import itertools
import json
import shutil
import threading
import time
from collections.abc import Iterable, Iterator

from chatbot.cli.output import stdio
from chatbot.cli.serve.targets import Target
from chatbot.core.amounts import duration_words, size_words
from chatbot.core.http.exchange import Exchange, Moments, SafeExchange
from chatbot.core.http.safe import safe
from chatbot.core.request import HttpRequest, HttpResponse
from chatbot.lab.answers import Received
from chatbot.lab.replies import ScriptedReply
from chatbot.outside.http.transport import sent_headers
from chatbot.terminal.notices import Notices
from chatbot.terminal.sanitise import sanitise


class View:
    """`level` is how often -v was said; `url` is where the app asks, as soon as that is known."""

    url = ""

    def __init__(self, notices: Notices, level: int) -> None:
        self.notices = notices
        self.level = level
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def begin(self, received: Received) -> Told:
        """A request has come."""
        return Told(self, received, next(self._numbers))

    def refused(self, method: str, reply: ScriptedReply) -> None:
        """Somebody may not ask, who is told why."""
        why = json.loads(b"".join(reply.pieces))["error"]["message"]
        self.write(f"#- {method}  {reply.status}  {sanitise(self.notices.redacted(why))}\n")

    def write(self, text: str) -> None:
        """Text that is harmless already, in one piece."""
        with self._lock:
            self.notices.write(text)


class Told:
    """One request, as far as it has come."""

    def __init__(self, view: View, received: Received, number: int) -> None:
        self.number = number
        self._view = view
        self._received = received
        self._began_s = time.monotonic()
        self._model = ""
        self._target: Target | None = None
        self._sent: Exchange | None = None

    def goes_to(self, target: Target) -> None:
        """It is known whom it is for."""
        self._target = target
        self._model = target.name

    def sends(self, request: HttpRequest) -> None:
        """The provider is asked now."""
        if not self._view.level or self._target is None:
            return
        from chatbot.terminal.http.side_by_side import side_by_side

        service, received = self._target.chosen.service, self._received
        came = HttpRequest(received.method, self._view.url + received.path, received.headers, received.body)
        app = self._exchange("the app", "openai", came)._replace(request_headers=tuple(received.headers.items()))
        self._sent = self._exchange(service.name, service.wire, request)
        columns = stdio.size(2)[0] or shutil.get_terminal_size().columns
        shown = [self._safe(app), self._safe(self._sent)]
        self._write_rows(side_by_side(shown, columns, with_headers=self._view.level > 1))

    def came(self, response: HttpResponse) -> None:
        """The head of the provider's answer is there."""
        if self._sent is None:
            return
        from chatbot.terminal.http.verbose import response_rows

        exchange = self._sent._replace(
            status=response.status,
            reason=response.reason,
            response_headers=response.header_pairs,
            moments=Moments(answered_ms=(time.monotonic() - self._began_s) * 1000),
        )
        self._write_rows(response_rows(self._safe(exchange), self._view.level))

    def answered(self, reply: ScriptedReply) -> ScriptedReply:
        """The reply, of which a line is written when it is over."""
        count, is_whole = 0, True

        def pieces() -> Iterator[bytes]:
            nonlocal count, is_whole
            is_whole = False
            for piece in reply.pieces:
                count += len(piece)
                yield piece
            is_whole = True

        def close() -> None:
            reply.close()
            self._end(reply.status, count, is_whole=is_whole)

        return reply._replace(pieces=pieces(), close=close)

    def _end(self, status: int | None, count: int, *, is_whole: bool) -> None:
        took = duration_words(time.monotonic() - self._began_s)
        path = self._received.path.partition("?")[0]
        words = [f"{self._received.method} {path}", self._model, str(status or "the client went away")]
        words += [size_words(count), took, "" if is_whole else "broken off"]
        line = "  ".join(filter(None, words))
        self._view.write(sanitise(self._view.notices.redacted(f"#{self.number} {line}")).replace("\n", " ") + "\n")

    def _exchange(self, who: str, wire: str, request: HttpRequest) -> Exchange:
        sent = (request.method, request.url, sent_headers(request), request.body)
        return Exchange(str(self.number), 1, time.time(), who, wire, self._model, *sent)

    def _safe(self, exchange: Exchange) -> SafeExchange:
        return safe(exchange, self._view.notices.redacted)

    def _write_rows(self, rows: Iterable[object]) -> None:
        from chatbot.terminal.http.rows import as_text

        try:
            text = as_text(rows, styles=self._view.notices.colour)  # type: ignore[arg-type]
        except Exception as fault:  # what the person sees must not cost the answer
            text = f"it cannot be shown: {type(fault).__name__}\n"
        self._view.write(f"#{self.number}\n{text}")
