"""The connections of a transport: each is noted, tells when its steps were done, and HTTPS has one TLS context for all.

Loading the CA bundle costs more than a handshake, and `requests` would do it for each connection.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Any
from weakref import WeakSet

from requests.adapters import HTTPAdapter
from urllib3 import disable_warnings
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError, InsecureRequestWarning

from chatbot.core.addresses import is_loopback
from chatbot.core.request import Route
from chatbot.outside.http.authorities import unverified, verifying
from chatbot.outside.http.metering import Meter, MeteredResponse
from chatbot.records import NamedTuple


class TimedConnection(HTTPConnection):
    """Notes, in seconds of its `clock`, when it began to connect, knew the address, was connected, and was secured."""

    clock: Callable[[], float]
    meter: Meter
    on_use: Callable[[TimedConnection], None]
    addresses: tuple[str, ...] = ()  # see Route
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
        made = self._connected_to_one() if self.addresses else super()._new_conn()
        self.connected_s = self.clock()
        return made

    def _connected_to_one(self) -> socket.socket:
        *others, last = self.addresses
        for address in others:
            try:
                return self._connected_to(address)
            except HTTPError:
                pass  # urllib3's: refused, unreachable, timed out
        return self._connected_to(last)

    def _connected_to(self, address: str) -> socket.socket:
        """The name stays what the server is asked for, and what its certificate must hold."""
        name, self._dns_host = self._dns_host, address
        try:
            return super()._new_conn()
        finally:
            self._dns_host = name

    @property
    def tunnels(self) -> bool:
        """Whether it goes through a proxy that sees nothing of it."""
        return self._tunnel_host is not None

    def request(self, *args: Any, **options: Any) -> None:
        """Sends a request, on this connection."""
        self.on_use(self)
        super().request(*args, **options)
        self.meter.asked()

    def send(self, data: Any) -> None:
        """Sends bytes of a message: all of a request goes through here, and so does what opens a tunnel."""
        super().send(data)
        self.meter.sent(len(data))

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


class Watch(NamedTuple):
    """What sees the connections: they are noted in `connections`, as the one that waits for headers is not to be had
    otherwise, and `on_use` is told which one carries a request. `addresses`: see Route.
    """

    connections: WeakSet[HTTPConnection]
    on_use: Callable[[TimedConnection], None]
    clock: Callable[[], float]
    meter: Meter
    addresses: tuple[str, ...] = ()


class Adapter(HTTPAdapter):
    """Connections that are watched."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        super().__init__()

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        """See HTTPAdapter."""
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        pool.ConnectionCls = partial(self._connection, type(pool).ConnectionCls)
        return pool

    def _connection(self, kind: Any, **options: Any) -> HTTPConnection:
        connection = _timed(kind)(**options)
        watch = self._watch
        response_class: Any = partial(MeteredResponse, watch.meter)
        connection.response_class = response_class
        connection.clock, connection.on_use, connection.meter = watch.clock, watch.on_use, watch.meter
        connection.addresses = watch.addresses
        connection.socket_options = _NotesLookUp(connection.socket_options, connection)
        watch.connections.add(connection)
        return connection


class TlsAdapter(Adapter):
    """HTTPS with one TLS context for all connections; where `route` is insecure, this machine has another."""

    def __init__(self, route: Route, environ: Mapping[str, str], watch: Watch) -> None:
        self._route, self._environ = route, environ
        self._contexts: dict[bool, ssl.SSLContext] = {}
        super().__init__(watch)

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        """See HTTPAdapter."""
        host, attributes = super().build_connection_pool_key_attributes(request, verify, cert)
        is_verified = not (self._route.insecure and is_loopback(host["host"]))
        if is_verified not in self._contexts:
            made = verifying(self._route, self._environ) if is_verified else unverified()
            if not is_verified:
                disable_warnings(InsecureRequestWarning)  # the person knows, who said so
            self._contexts[is_verified] = made
        context = self._contexts[is_verified]
        return host, {"ssl_context": context, "cert_reqs": attributes["cert_reqs"] if is_verified else "CERT_NONE"}

    def cert_verify(self, conn: Any, *_: Any) -> None:
        """See HTTPAdapter. The context holds the authorities already."""
        is_verified = not (self._route.insecure and is_loopback(conn.host))
        conn.cert_reqs = "CERT_REQUIRED" if is_verified else "CERT_NONE"
