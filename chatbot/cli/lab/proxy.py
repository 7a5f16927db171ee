"""`chat lab proxy`: between any client and a real service, with faults in the way of its answers."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from urllib.parse import urlsplit

from chatbot.cli.ask.target import Wanted, choose_target
from chatbot.cli.passing.listening import fault_teller, listen
from chatbot.cli.passing.reply import end_to_end, passed_on
from chatbot.cli.passing.tally import Tally
from chatbot.cli.passing.upstreams import Upstreams
from chatbot.cli.route import chosen_route, settled
from chatbot.core.addresses import is_loopback
from chatbot.core.amounts import duration_words
from chatbot.core.errors import Cancelled, ChatError
from chatbot.core.redaction.redactor import is_secret_header
from chatbot.core.request import HttpRequest, HttpResponse
from chatbot.lab.answers import Received
from chatbot.lab.quirks.changes import Answering
from chatbot.lab.quirks.faults import BodyFault, as_quirk
from chatbot.lab.replies import BrokenOff, ScriptedReply
from chatbot.lab.server.connection import Connection, refusal
from chatbot.lab.server.departures import Departure
from chatbot.lab.server.listener import HttpServer
from chatbot.options.chat import Connection as ConnectionOptions
from chatbot.options.chat import Who
from chatbot.outside.http.transport import IDLE_TIMEOUT_S, LiveTransport
from chatbot.terminal.notices import Notices

HOST = "127.0.0.1"
# Of a request that is passed on; its length is told anew.
_OURS = frozenset({"host", "content-length", "expect"})

Send = Callable[[Departure, HttpRequest], HttpResponse]


class FaultProxy:
    """Answers requests as the server at `origin` (scheme, host and port) does, but for the faults. `log` is told each
    exchange in one line, when it is over.
    """

    def __init__(
        self,
        origin: str,
        send: Send,
        faults: Sequence[BodyFault],
        times: int | None,
        log: Callable[[str], None],
    ) -> None:
        self._origin = origin
        self._send = send
        self._log = log
        self._reads_events = any(fault.reads_events for fault in faults)
        self._quirks = [as_quirk(fault, times) for fault in faults]
        parts = urlsplit(origin)
        self._is_private = parts.scheme == "https" or is_loopback(parts.hostname)

    def __call__(self, received: Received, departure: Departure) -> ScriptedReply:
        """See Respond."""
        began_s = time.monotonic()
        answer: Answering = partial(self._passed_on, departure)
        for quirk in self._quirks:
            answer = partial(quirk.answer, answer)
        return self._logged(answer(received), received, began_s)

    def _passed_on(self, departure: Departure, received: Received) -> ScriptedReply:
        headers = {name: value for name, value in end_to_end(received.headers.items()) if name not in _OURS}
        if not self._is_private and any(map(is_secret_header, headers)):
            return refusal(502, f"the key is not sent to {self._origin}, where anybody could read it on the way")
        if self._reads_events:
            headers["accept-encoding"] = "identity"
        request = HttpRequest(received.method, self._origin + received.path, headers, received.body)
        try:
            response = self._send(departure, request)
        except Cancelled:
            return ScriptedReply(None, then="close")
        except ChatError as error:
            return refusal(502, str(error))
        return passed_on(response, end_to_end(response.header_pairs))

    def _logged(self, reply: ScriptedReply, received: Received, began_s: float) -> ScriptedReply:
        count, then = 0, reply.then

        def pieces() -> Iterator[bytes]:
            nonlocal count, then
            try:
                for piece in reply.pieces:
                    yield piece
                    count += len(piece)
            except BrokenOff as broken:
                then = broken.then
                raise

        def close() -> None:
            reply.close()
            how = {"end": "to its end", "hang": "stalled", "close": "cut", "reset": "reset"}[then]
            what = f"{reply.status or 'no answer'} {count} bytes, {how}, {duration_words(time.monotonic() - began_s)}"
            self._log(f"{received.method} {urlsplit(received.path).path} {what}")

        return reply._replace(pieces=pieces(), close=close)


def serve_proxy(
    notices: Notices, who: Who, connection: ConnectionOptions, port: int, faults: Sequence[BodyFault], times: int | None
) -> None:
    """Serves until Ctrl-C. Raises ChatError for a service, a route or a port that cannot be used."""
    connection = settled(connection)
    with ExitStack() as open_things:
        is_lab = (who.provider or who.model or "").partition("/")[0] == "lab"
        target = choose_target(who, connection, open_things, Wanted(is_dry=not is_lab, with_key=False))
        base = urlsplit(target.endpoint.base_url)
        origin = f"{base.scheme}://{base.netloc}"
        route, timeout_s = chosen_route(connection, notices), connection.timeout or IDLE_TIMEOUT_S

        def make() -> LiveTransport:
            transport = LiveTransport(os.environ, route=route, idle_timeout_s=timeout_s)
            transport.decodes = False
            return transport

        upstreams = Upstreams(make, open_things.enter_context(Tally("proxy", notices)).add)
        open_things.callback(upstreams.close)
        send = partial(upstreams.send, target.service.name)
        proxy = FaultProxy(origin, send, faults, times, lambda line: notices.write(line + "\n"))
        attributes = {"respond": staticmethod(proxy), "tell_fault": staticmethod(fault_teller(notices))}
        handler = type("ProxyConnection", (Connection,), attributes)

        def tell(server: HttpServer) -> None:
            notices.tell(
                [
                    f"stands in the way of {target.service.title}; Ctrl-C ends it",
                    f"in your program, the base URL is {server.url}{base.path} in place of {target.endpoint.base_url}",
                    *(f"{quirk.name}: {quirk.happens}" for quirk in map(as_quirk, faults)),
                ]
            )

        listen(lambda: HttpServer(HOST, port, handler), port, tell)
