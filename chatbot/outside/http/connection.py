"""The connections of a transport: each is noted, tells when its steps were done, and HTTPS has one TLS context for all.

Loading the CA bundle costs more than a handshake, and `requests` would do it for each connection.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any
from weakref import WeakSet

import certifi
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection

from chatbot.core import errors
from chatbot.outside.http.response_head import BoundedResponse


class TimedConnection(HTTPConnection):
    """Notes, in seconds of its `clock`, when it began to connect, knew the address, was connected, and was secured."""

    clock: Callable[[], float]
    on_use: Callable[[TimedConnection], None]
    began_s: float | None = None
    looked_up_s: float | None = None
    connected_s: float | None = None
    ready_s: float | None = None
    peer = tls = ""

    def connect(self) -> None:
        """Connects, and notes with whom."""
        self.began_s, self.looked_up_s, self.connected_s, self.ready_s = self.clock(), None, None, None
        self.on_use(self)
        super().connect()
        self.ready_s = self.clock()
        self._note_peer(self.sock)

    def _new_conn(self) -> socket.socket:
        made = super()._new_conn()
        self.connected_s = self.clock()
        return made

    @property
    def tunnels(self) -> bool:
        """Whether it goes through a proxy that sees nothing of it."""
        return self._tunnel_host is not None

    def request(self, *args: Any, **options: Any) -> None:
        """Sends a request, on this connection."""
        self.on_use(self)
        super().request(*args, **options)

    def _note_peer(self, sock: Any) -> None:
        try:
            self.peer = "{}:{}".format(*sock.getpeername()[:2])
            cipher = isinstance(sock, ssl.SSLSocket) and sock.cipher()
            self.tls = f"{sock.version()} {cipher[0]}" if cipher else ""
        except (OSError, TypeError):
            pass  # gone already, or of another kind


class _NotesLookUp(list[Any]):
    """Socket options that note when they are asked for: urllib3 does so once the name is resolved, for each address."""

    def __init__(self, options: Any, connection: TimedConnection) -> None:
        super().__init__(options or ())
        self._connection = connection

    def __iter__(self) -> Iterator[Any]:
        if self._connection.looked_up_s is None:
            self._connection.looked_up_s = self._connection.clock()
        return super().__iter__()


@cache
def _timed(kind: Any) -> type[TimedConnection]:
    return type(f"Timed{kind.__name__}", (TimedConnection, kind), {})


class Adapter(HTTPAdapter):
    """Notes its connections in `connections`: the one that waits for headers is not to be had otherwise. `on_use` is
    told which one carries a request.
    """

    def __init__(
        self,
        connections: WeakSet[HTTPConnection],
        on_use: Callable[[TimedConnection], None],
        clock: Callable[[], float],
    ) -> None:
        self._connections = connections
        self._on_use = on_use
        self._clock = clock
        super().__init__()

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        """See HTTPAdapter."""
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        pool.ConnectionCls = partial(self._connection, type(pool).ConnectionCls)
        return pool

    def _connection(self, kind: Any, **options: Any) -> HTTPConnection:
        connection = _timed(kind)(**options)
        connection.response_class = BoundedResponse
        connection.clock, connection.on_use = self._clock, self._on_use
        connection.socket_options = _NotesLookUp(connection.socket_options, connection)
        self._connections.add(connection)
        return connection


class OneContextAdapter(Adapter):
    """HTTPS with one TLS context for all connections."""

    def __init__(self, ca_bundle: str, *args: Any) -> None:
        self._ca_bundle = ca_bundle
        self._context: ssl.SSLContext | None = None
        super().__init__(*args)

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        """See HTTPAdapter."""
        host, attributes = super().build_connection_pool_key_attributes(request, verify, cert)
        if self._context is None:
            self._context = _context(self._ca_bundle)
        return host, {"ssl_context": self._context, "cert_reqs": attributes["cert_reqs"]}

    def cert_verify(self, conn: Any, *_: Any) -> None:
        """See HTTPAdapter."""
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


def ca_bundle(environ: Mapping[str, str]) -> str:
    """The file or folder of authorities that the environment names, else the one that `requests` brings."""
    names = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    return next((environ[name] for name in names if environ.get(name)), "") or certifi.where()
