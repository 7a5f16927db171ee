"""One HTTP exchange on `requests`, its body as it arrives.

What is measured and decided here: `raw.read1` gives each byte when it comes, whatever the framing, where
`iter_lines` waits for its buffer; netrc must not replace a key and redirects must not carry one on, so the environment
is not trusted wholesale; the TLS context is made once, because loading the CA bundle costs more than a handshake.
"""

from __future__ import annotations

import http.client
import io
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakSet

import certifi
import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3.connection import HTTPConnection

from chatbot import __version__
from chatbot.core import errors
from chatbot.core.addresses import is_loopback
from chatbot.core.request import HttpRequest, HttpResponse
from chatbot.outside.http.response_head import BoundedResponse

CONNECT_TIMEOUT_S = 5.0  # for each address of the host
IDLE_TIMEOUT_S = 300.0
_HEAD_SILENCES = 2  # a head that comes in drips takes at most as long as this many silences
_READ_BYTES = 64 * 1024


class LiveTransport:
    """A Transport over the network. One at a time: `abort` acts on the exchange that was begun last.

    `idle_timeout_s`: the longest silence of the server. `on_sent` is called when the last byte of a request has left.
    `environ` names a CA bundle (SSL_CERT_FILE, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE), if any; proxies are taken from the
    process's environment by `requests` itself.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        idle_timeout_s: float = IDLE_TIMEOUT_S,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        on_sent: Callable[[], None] = lambda: None,
    ) -> None:
        self._timeout_s = (min(connect_timeout_s, idle_timeout_s), idle_timeout_s)
        self._on_sent = on_sent
        self._current: _Exchange | None = None
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.clear()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        self._connections: WeakSet[HTTPConnection] = WeakSet()
        self._session.mount("http://", _Adapter(self._connections))
        self._session.mount("https://", _OneContextAdapter(self._connections, _ca_bundle(environ)))

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """See Transport."""
        exchange = self._current = _Exchange(self._connections, _HEAD_SILENCES * self._timeout_s[1])
        if not request.body:
            exchange.asked()
        try:
            response = self._session.request(
                request.method,
                request.url,
                data=_Body(request.body, exchange, self._on_sent) if request.body else None,
                headers={"User-Agent": f"chat/{__version__}", "Accept-Encoding": "identity", **request.headers},
                timeout=self._timeout_s,
                allow_redirects=False,
                stream=True,
                proxies=_proxies(request.url),
            )
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, UnicodeError) as error:
            exchange.close()
            if exchange.overdue:
                raise _overdue(request.url, exchange.head_within_s) from error
            if exchange.aborted:  # what a TLS socket gives after that is not the server's word
                raise errors.ConnectionLost(f"the exchange with {_place(request.url)} was ended here") from error
            connected = exchange.connected or not request.body
            raise _typed(error, request.url, self._timeout_s, connected) from error
        exchange.answered(response)
        if exchange.overdue:  # a head that is cut in a header reads like a whole one
            raise _overdue(request.url, exchange.head_within_s)
        headers = {name.lower(): value for name, value in response.headers.items()}
        chunks = _chunks(response, request.url, self._timeout_s[1])
        return HttpResponse(response.status_code, headers, chunks, exchange.close, exchange.close_after)

    def abort(self) -> None:
        """Ends the running exchange from another thread: a pending read returns, an unsent body is never sent."""
        if self._current:
            self._current.abort()


class _Exchange:
    """The running exchange, for whoever wants to end it. `connections` are those that may carry it.

    It ends itself when the head of the answer is not whole `head_within_s` after the request: the timeout of a socket
    begins again with each byte.
    """

    def __init__(self, connections: Iterable[HTTPConnection], head_within_s: float) -> None:
        self.aborted = False
        self.overdue = False  # and aborted for it
        self.head_within_s = head_within_s
        self.connected = False  # the body is being sent, so there is a connection
        self._connections = connections
        self._response: requests.Response | None = None
        self._timer: threading.Timer | None = None

    def answered(self, response: requests.Response) -> None:
        """The headers have come."""
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
        self._act_after(self.head_within_s, self._give_up)

    def close_after(self, limit_s: float) -> None:
        """Closes the exchange in so many seconds, whatever the server does."""
        self._act_after(limit_s, self.close)

    def close(self) -> None:
        """Closing alone would wait for a read in another thread."""
        self._stop_timer()
        if self._response is not None:
            _shut_down(self._response.raw.shutdown)
            self._response.close()

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


class _Adapter(HTTPAdapter):
    """Notes its connections in `connections`: the one that waits for headers is not to be had otherwise."""

    def __init__(self, connections: WeakSet[HTTPConnection]) -> None:
        self._connections = connections
        super().__init__()

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        pool.ConnectionCls = partial(self._connection, type(pool).ConnectionCls)
        return pool

    def _connection(self, kind: type[HTTPConnection], **options: Any) -> HTTPConnection:
        connection = kind(**options)
        connection.response_class = BoundedResponse
        self._connections.add(connection)
        return connection


class _OneContextAdapter(_Adapter):
    """HTTPS with one TLS context for all connections; `requests` would load the CA bundle for each."""

    def __init__(self, connections: WeakSet[HTTPConnection], ca_bundle: str) -> None:
        self._ca_bundle = ca_bundle
        self._context: ssl.SSLContext | None = None
        super().__init__(connections)

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        host, attributes = super().build_connection_pool_key_attributes(request, verify, cert)
        if self._context is None:
            self._context = _context(self._ca_bundle)
        return host, {"ssl_context": self._context, "cert_reqs": attributes["cert_reqs"]}

    def cert_verify(self, conn: Any, *_: Any) -> None:
        conn.cert_reqs = "CERT_REQUIRED"  # the context holds the authorities already


def _context(ca_bundle: str) -> ssl.SSLContext:
    try:
        if Path(ca_bundle).is_dir():  # hashed certificates, as in /etc/ssl/certs
            return ssl.create_default_context(capath=ca_bundle)
        return ssl.create_default_context(cafile=ca_bundle)
    except OSError as error:
        raise _unreadable(ca_bundle, error) from error


def _unreadable(ca_bundle: str, error: OSError) -> errors.ConfigurationError:
    """The context reads the authorities, and opens the file that SSLKEYLOGFILE names; its error does not say which."""
    key_log = os.environ.get("SSLKEYLOGFILE")
    if key_log and os.access(ca_bundle, os.R_OK) and not isinstance(error, ssl.SSLError):
        return errors.ConfigurationError(
            f"the file {key_log}, which SSLKEYLOGFILE names, cannot be written: {error.strerror or error}",
            advice="Name another, or unset SSLKEYLOGFILE.",
        )
    return errors.ConfigurationError(
        f"the certificate file {ca_bundle} cannot be read: {error.strerror or error}",
        advice="Check SSL_CERT_FILE, REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE.",
    )


def _ca_bundle(environ: Mapping[str, str]) -> str:
    names = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    return next((environ[name] for name in names if environ.get(name)), "") or certifi.where()


def _proxies(url: str) -> dict[str, str]:
    """The proxies of the environment for `url`; none for this machine, whatever the environment says."""
    return {} if is_loopback(urlsplit(url).hostname) else get_environ_proxies(url)


def _chunks(response: requests.Response, url: str, idle_timeout_s: float) -> Iterator[bytes]:
    try:
        while chunk := response.raw.read1(_READ_BYTES, decode_content=True):
            yield chunk
    except urllib3.exceptions.ReadTimeoutError as error:
        raise _timed_out(url, idle_timeout_s) from error
    except urllib3.exceptions.DecodeError as error:
        raise errors.MalformedAnswer(f"{_place(url)} compressed its answer in a way that cannot be read") from error
    except (urllib3.exceptions.HTTPError, OSError, ValueError, AttributeError) as error:
        # ValueError and AttributeError: the connection was closed under the read by `close`.
        raise errors.ConnectionLost(f"the connection to {_place(url)} broke off") from error


def _typed(error: Exception, url: str, timeout_s: tuple[float, float], connected: bool) -> errors.ChatError:
    """The error of ours for what went wrong below HTTP. Messages of the libraries may hold secrets and are not kept."""
    place = _place(url)
    cause = _cause(error)
    proxy_faults = (requests.exceptions.ProxyError, urllib3.exceptions.ProxyError)
    # The address asked for was checked before; one that is malformed is then the proxy's.
    malformed = isinstance(error, requests.exceptions.InvalidURL) and bool(_proxies(url))
    if malformed or isinstance(error, proxy_faults) or isinstance(cause, proxy_faults):
        return errors.ProxyFailed(f"the proxy for {place} cannot be used")
    if isinstance(cause, urllib3.exceptions.NameResolutionError):
        return errors.CannotResolve(
            f"the name {urlsplit(url).hostname} cannot be resolved: no network, or no such host"
        )
    if isinstance(error, requests.exceptions.SSLError) or isinstance(
        cause, (ssl.SSLError, urllib3.exceptions.SSLError)
    ):
        return _tls_failed(url, cause)
    if isinstance(cause, (http.client.UnknownProtocol, http.client.BadStatusLine)) and not isinstance(
        cause, http.client.RemoteDisconnected
    ):
        return errors.NotHttp(f"what answers at {place} does not speak HTTP")
    if isinstance(cause, (http.client.HTTPException, urllib3.exceptions.InvalidHeader)) and not isinstance(
        cause, (http.client.RemoteDisconnected, http.client.IncompleteRead)
    ):
        return errors.MalformedAnswer(
            f"the answer of {place} begins in a way that HTTP does not allow", advice="Check the base URL."
        )
    if isinstance(cause, urllib3.exceptions.NewConnectionError):
        refused = "refused" in str(cause).lower()
        why = "the connection was refused" if refused else "no connection"
        here = is_loopback(urlsplit(url).hostname)
        return errors.CannotConnect(
            f"nothing answers at {place}: {why}",
            # A local server that is not running will not be running in a second either.
            should_retry=False if refused and here else None,
            advice="Is the server running?" if here else "Check the base URL and the network.",
        )
    if isinstance(error, requests.exceptions.ConnectTimeout) or (
        isinstance(error, requests.exceptions.Timeout) and not connected  # in the middle of the TLS handshake
    ):
        return errors.TimedOut(f"{place} did not accept a connection within {timeout_s[0]:g} s")
    if isinstance(error, requests.exceptions.Timeout):
        return _timed_out(url, timeout_s[1])
    if isinstance(error, requests.exceptions.InvalidSchema):
        return errors.ConfigurationError(
            f"{place} cannot be reached through this kind of proxy or URL",
            advice="For a SOCKS proxy install PySocks; the base URL must begin with http:// or https://.",
        )
    if isinstance(error, (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL, UnicodeError)):
        return errors.ConfigurationError(f"the request to {place} has a header or an address that HTTP does not allow")
    return errors.ConnectionLost(f"the connection to {place} broke off before an answer came")


def _cause(error: BaseException) -> BaseException:
    """The innermost reason in the chain of wrappers of requests and urllib3."""
    inner = getattr(error, "reason", None) or next((arg for arg in error.args if isinstance(arg, Exception)), None)
    return _cause(inner) if isinstance(inner, Exception) and not isinstance(error, ssl.SSLError) else error


def _tls_failed(url: str, cause: BaseException) -> errors.TlsFailed:
    """Which of OpenSSL's reasons means that the other side is not TLS at all depends on what it answers, and when."""
    place = _place(url)
    reason = _tls_reason(cause)
    if reason not in ("wrong version number", "http request", "packet length too long", "record layer failure"):
        return errors.TlsFailed(f"no safe connection to {place}: {reason}")
    here = is_loopback(urlsplit(url).hostname)
    return errors.TlsFailed(
        f"{place} does not speak TLS" + (", but perhaps plain http" if here else ""),
        advice=f"Use http://{place} in the base URL." if here else "Check the port of the base URL.",
    )


def _tls_reason(cause: BaseException) -> str:
    reason = getattr(cause, "verify_message", "") or getattr(cause, "reason", "") or "the handshake failed"
    return str(reason).replace("_", " ").lower()


def _timed_out(url: str, timeout_s: float) -> errors.TimedOut:
    return errors.TimedOut(
        f"nothing came from {_place(url)} for {timeout_s:g} s",
        advice=f"A slow model may need longer: --timeout {timeout_s * 3:g}.",
    )


def _overdue(url: str, limit_s: float) -> errors.TimedOut:
    return errors.TimedOut(f"{_place(url)} had not sent the head of an answer after {limit_s:g} s")


def _place(url: str) -> str:
    """Host and port, without what may be private in a URL."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else f"{parts.hostname}"
