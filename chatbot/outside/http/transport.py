"""One HTTP exchange on `requests`, its body as it arrives.

What is measured and decided here: `raw.read1` gives each byte when it comes, whatever the framing, where
`iter_lines` waits for its buffer; netrc must not replace a key and redirects must not carry one on, so the environment
is not trusted wholesale; the TLS context is made once, because loading the CA bundle costs more than a handshake.
"""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urlsplit
from weakref import WeakSet

import requests
import urllib3
from urllib3.connection import HTTPConnection

from chatbot.core import errors
from chatbot.core.http.exchange import ConnectionFacts, Headers, Moments
from chatbot.core.http.traffic import Traffic
from chatbot.core.request import USUAL_ROUTE, HttpRequest, HttpResponse, Route
from chatbot.core.version import __version__
from chatbot.outside.http.connection import Adapter, TimedConnection, TlsAdapter, Watch
from chatbot.outside.http.faults import overdue, place_of, timed_out, typed
from chatbot.outside.http.metering import Meter
from chatbot.outside.http.proxies import (
    WANTS_PASSWORD,
    beside_proxy,
    chosen_proxy,
    fault_of_proxy,
    proxies_for,
    proxy_failed,
    status_words,
)

CONNECT_TIMEOUT_S = 5.0  # for each address of the host
IDLE_TIMEOUT_S = 300.0
_HEAD_SILENCES = 2  # a head that comes in drips takes at most as long as this many silences
_READ_BYTES = 64 * 1024


class LiveTransport:
    """A Transport over the network. One at a time: `abort` acts on the exchange that was begun last.

    `idle_timeout_s`: the longest silence of the server. `on_sent` is called when the last byte of a request has left.
    `on_close` is told by `close` what went to which host, less what `take_traffic` told. `route` says through which
    proxy and whose certificates are trusted. Where it does not, `environ` names a CA bundle (SSL_CERT_FILE,
    REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE), if any, and proxies are taken from the process's environment by `requests`.
    A body that came compressed is given as it was before, unless it `decodes` none.
    """

    decodes = True

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        route: Route = USUAL_ROUTE,
        idle_timeout_s: float = IDLE_TIMEOUT_S,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        on_sent: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        on_close: Callable[[tuple[Traffic, ...]], None] = lambda traffic: None,
    ) -> None:
        self._clock = clock
        self._meter = Meter()
        self._on_close = on_close
        self._route = route
        self._timeout_s = (min(connect_timeout_s, idle_timeout_s), idle_timeout_s)
        self._on_sent = on_sent
        self._current: _Exchange | None = None
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.clear()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        self._connections: WeakSet[HTTPConnection] = WeakSet()
        watch = Watch(self._connections, self._used, clock, self._meter, route.addresses)
        self._session.mount("http://", Adapter(watch))
        self._session.mount("https://", TlsAdapter(route, environ, watch))

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """See Transport."""
        exchange = self._current = _Exchange(self._connections, _HEAD_SILENCES * self._timeout_s[1], self._clock)
        if not request.body:
            exchange.asked()
        proxies = proxies_for(request.url, self._route)
        proxy = chosen_proxy(request.url, proxies)
        self._meter.goes_to(_host(request.url) + (f" via {_host(proxy)}" if proxy else ""))
        try:
            response = self._session.request(
                request.method,
                request.url,
                data=_Body(request.body, exchange, self._on_sent) if request.body else None,
                headers=_headers(request),
                timeout=self._timeout_s,
                allow_redirects=False,
                stream=True,
                proxies=proxies,
            )
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, UnicodeError) as error:
            exchange.close()
            if exchange.overdue:
                raise overdue(request.url, exchange.head_within_s) from error
            if exchange.aborted:  # what a TLS socket gives after that is not the server's word
                raise errors.Cancelled(f"the exchange with {place_of(request.url)} was ended here") from error
            if proxy and (why := fault_of_proxy(error, request.url, exchange.is_ready)):
                raise proxy_failed(proxy, why) from error
            connected = exchange.connected or not request.body
            fault = typed(error, request.url, self._timeout_s, connected)
            raise (beside_proxy(fault, proxy) if proxy and isinstance(fault, errors.TlsFailed) else fault) from error
        exchange.answered(response)
        if exchange.overdue:  # a head that is cut in a header reads like a whole one
            raise overdue(request.url, exchange.head_within_s)
        if proxy and response.status_code == WANTS_PASSWORD:
            exchange.close()
            raise proxy_failed(proxy, status_words(WANTS_PASSWORD))
        headers = {name.lower(): value for name, value in response.headers.items()}
        chunks = _chunks(response, request.url, self._timeout_s[1], decodes=self.decodes)
        return HttpResponse(
            response.status_code,
            headers,
            chunks,
            exchange.close,
            exchange.close_after,
            response.reason or "",
            tuple(response.raw.headers.iteritems()),
            response.raw.tell,
        )

    def facts(self) -> tuple[ConnectionFacts, Moments]:
        """Of the exchange that was begun last, as far as it has come."""
        return self._current.facts() if self._current else (ConnectionFacts(), Moments())

    def abort(self) -> None:
        """Ends the running exchange from another thread: a pending read returns, an unsent body is never sent."""
        if self._current:
            self._current.abort()

    def take_traffic(self, within_s: float = 0.0) -> tuple[Traffic, ...]:
        """What went to which host since it was last taken; waits so long for an answer that has yet to be read to its
        end.
        """
        if self._current:
            self._current.is_over.wait(within_s)
        return self._meter.take()

    def close(self) -> None:
        """Closes the connections that are kept."""
        self._session.close()
        if traffic := self._meter.take():
            self._on_close(traffic)

    def _used(self, connection: TimedConnection) -> None:
        if self._current:
            self._current.connection = connection


class _Exchange:
    """The running exchange, for whoever wants to end it. `connections` are those that may carry it.

    It ends itself when the head of the answer is not whole `head_within_s` after the request: the timeout of a socket
    begins again with each byte.
    """

    def __init__(self, connections: Iterable[HTTPConnection], head_within_s: float, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began_s = clock()
        self._sent_s: float | None = None
        self._answered_s: float | None = None
        self.connection: TimedConnection | None = None  # the one that carries it
        self.is_over = threading.Event()
        self.aborted = False
        self.overdue = False  # and aborted for it
        self.head_within_s = head_within_s
        self.connected = False  # the body is being sent, so there is a connection
        self._connections = connections
        self._response: requests.Response | None = None
        self._timer: threading.Timer | None = None

    def answered(self, response: requests.Response) -> None:
        """The headers have come."""
        self._answered_s = self._clock()
        self._stop_timer()
        self._response = response
        if self.aborted:  # at the very moment when they came
            self.close()

    def abort(self) -> None:
        """Wakes the wait for the headers, or the read of the body, in another thread."""
        self.aborted = True
        if self._response is not None:
            _shut_down(self._response.raw.shutdown)
            return
        for connection in list(self._connections):  # an idle one among them is opened again when it is needed
            if connection.sock is not None:
                _shut_down(partial(connection.sock.shutdown, socket.SHUT_RDWR))

    def asked(self) -> None:
        """The request has left."""
        self._sent_s = self._clock()
        self._act_after(self.head_within_s, self._give_up)

    def facts(self) -> tuple[ConnectionFacts, Moments]:
        """The connection, and when each step was done."""
        used = self.connection
        if used is None:
            return ConnectionFacts(), Moments()

        def after_ms(at_s: float | None) -> float | None:
            return None if at_s is None or at_s < self._began_s else (at_s - self._began_s) * 1000

        proxy = str(used.proxy or "")
        version = {10: "1.0", 11: "1.1"}.get(self._response.raw.version, "") if self._response is not None else ""
        is_reused = used.began_s is not None and used.began_s < self._began_s
        secured_s = used.ready_s if used.tls or used.tunnels else None
        times_s = (used.looked_up_s, used.connected_s, secured_s, self._sent_s, self._answered_s)
        return (
            ConnectionFacts(used.peer, version, used.tls, proxy, is_reused),
            Moments(*(after_ms(at_s) for at_s in times_s)),
        )

    @property
    def is_ready(self) -> bool:
        """Whether its connection stands, through a proxy's tunnel and with TLS where there is any."""
        return self.connection is not None and self.connection.ready_s is not None

    def close_after(self, limit_s: float) -> None:
        """Closes the exchange in so many seconds, whatever the server does."""
        self._act_after(limit_s, self.close)

    def close(self) -> None:
        """Closing alone would wait for a read in another thread."""
        self._stop_timer()
        if self._response is not None:
            _shut_down(self._response.raw.shutdown)
            self._response.close()
        self.is_over.set()

    def _give_up(self) -> None:
        self.overdue = True
        self.abort()

    def _act_after(self, limit_s: float, act: Callable[[], None]) -> None:
        self._stop_timer()
        self._timer = threading.Timer(limit_s, act)
        self._timer.daemon = True
        self._timer.start()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


def _shut_down(shut_down: Callable[[], None]) -> None:
    try:
        shut_down()
    except (ValueError, RuntimeError, OSError):
        pass  # already at its end


class _Body(io.BytesIO):
    """A request body that says when it has been sent, and is not sent once its exchange was aborted."""

    def __init__(self, body: bytes, exchange: _Exchange, on_sent: Callable[[], None]) -> None:
        super().__init__(body)
        self._exchange = exchange
        self._on_sent = on_sent

    def read(self, size: int | None = -1, /) -> bytes:
        if self._exchange.aborted:
            raise OSError("aborted before it was sent")
        self._exchange.connected = True
        piece = super().read(size)
        if not piece:  # asked for more: the piece before is on its way
            self._exchange.asked()
            self._on_sent()
        return piece


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _headers(request: HttpRequest) -> dict[str, str]:
    """What is sent beside the request's own headers; the library adds Host and Content-Length."""
    return {"User-Agent": f"chat/{__version__}", "Accept-Encoding": "identity", **request.headers}


def sent_headers(request: HttpRequest) -> Headers:
    """All headers of a request in the order in which they leave."""
    host = ("Host", urlsplit(request.url).netloc.rpartition("@")[2])
    length = [("Content-Length", str(len(request.body)))] if request.body else []
    return (host, *_headers(request).items(), *length)


def _chunks(response: requests.Response, url: str, idle_timeout_s: float, *, decodes: bool) -> Iterator[bytes]:
    try:
        while chunk := response.raw.read1(_READ_BYTES, decode_content=decodes):
            yield chunk
    except urllib3.exceptions.ReadTimeoutError as error:
        raise timed_out(url, idle_timeout_s) from error
    except urllib3.exceptions.DecodeError as error:
        raise errors.MalformedAnswer(f"{place_of(url)} compressed its answer in a way that cannot be read") from error
    except (urllib3.exceptions.HTTPError, OSError, ValueError, AttributeError) as error:
        # ValueError and AttributeError: the connection was closed under the read by `close`.
        raise errors.ConnectionLost(f"the connection to {place_of(url)} broke off") from error
