"""The requests of a probe over the network: each answer is bounded in time and bytes, and known only without keys."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from chatbot.core.amounts import duration_words, size_words
from chatbot.core.errors import ChatError
from chatbot.core.http.exchange import Exchange, SafeExchange
from chatbot.core.http.safe import Redact, safe
from chatbot.core.http.traffic import Traffic
from chatbot.core.request import USUAL_ROUTE, HttpRequest, Route
from chatbot.layers.probing import Send
from chatbot.options.chat import Connection
from chatbot.outside.http.observed import LiveExchange, Observer, observed
from chatbot.outside.http.transport import LiveTransport, sent_headers
from chatbot.providers.choice import ModelTarget
from chatbot.providers.probe.course import MAX_TIME_S, SILENCE_S

_MAX_BYTES = 1_000_000


def sender(
    target: ModelTarget,
    connection: Connection,
    redact: Redact,
    told: Callable[[SafeExchange], None],
    route: Route = USUAL_ROUTE,
    book: Callable[[tuple[Traffic, ...]], None] = lambda traffic: None,
) -> Send:
    """What sends to this server. `told` hears of each exchange that is over, and `book` what was sent and read."""
    limit_s = connection.max_time or MAX_TIME_S
    transport = LiveTransport(os.environ, route=route, idle_timeout_s=min(connection.timeout or SILENCE_S, limit_s))
    begun: list[LiveExchange] = []

    def begin(request: HttpRequest) -> LiveExchange:
        who = ("", 1, time.time(), target.service.name, target.service.wire, target.model or "")
        sent = (request.method, request.url, sent_headers(request), request.body)
        begun[:] = [LiveExchange(Exchange(*who, *sent), transport.facts)]
        return begun[0]

    watched = observed(transport, Observer(begin), time.monotonic)

    def send(request: HttpRequest) -> SafeExchange:
        began_s = time.monotonic()
        stopped = ""
        try:
            response = watched(request)
            response.close_after(max(0.1, limit_s - (time.monotonic() - began_s)))
            size_bytes = 0
            for chunk in response.chunks:
                size_bytes += len(chunk)
                if size_bytes > _MAX_BYTES:
                    stopped = f"it did not end: stopped after {size_words(_MAX_BYTES)}"
                    break
            response.close()  # and its timer; a body that has ended stays so
        except ChatError:
            pass  # the record says it
        finally:
            if traffic := transport.take_traffic():
                book(traffic)
        exchange = begun[0].record()
        if not stopped and exchange.end != "eof" and time.monotonic() - began_s >= limit_s:
            stopped = f"it did not end: stopped after {duration_words(limit_s)}"
        if stopped:
            exchange = exchange._replace(end="timeout", error=stopped)
        told(found := safe(exchange, redact))
        return found

    return send
