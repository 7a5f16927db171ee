"""Listening at an address, and a thread for each connection, until told to stop."""

from __future__ import annotations

import contextlib
import selectors
import socket
import socketserver
import sys
import threading
from typing import Any, Self

from chatbot.lab.server.connection import RESET_ON_CLOSE, Accepting, Connection
from chatbot.lab.server.departures import DepartureWatch

_GOODBYE_S = 1.0


class Listener(Accepting):
    """Accepts connections until told to stop, then ends those that are still open. Quiet about broken ones."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[Connection]) -> None:
        self._open: set[socket.socket] = set()
        self._lock = threading.Condition()
        self._most = handler.limits.connections
        self._tell_fault = handler.tell_fault
        self.watch = DepartureWatch()
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, handler)  # which closes it where the address cannot be used

    @property
    def is_full(self) -> bool:  # type: ignore[override]
        """Whether there are more connections than are answered."""
        return len(self._open) > self._most

    def server_bind(self) -> None:
        """Without the look-up of the host's full name, for which HTTPServer may ask the network."""
        socketserver.TCPServer.server_bind(self)

    def serve_until_readable(self, stopped: socket.socket) -> None:
        """Unlike serve_forever, this ends at once, without looking around every half second."""
        self.timeout = 0
        with selectors.DefaultSelector() as selector:
            selector.register(self.socket, selectors.EVENT_READ)
            selector.register(stopped, selectors.EVENT_READ)
            while stopped not in [key.fileobj for key, _ in selector.select()]:
                self.handle_request()

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Twice as many are told that there are too many; the others are closed."""
        return len(self._open) < 2 * self._most

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Without the FIN of a polite goodbye, if the connection is to be reset."""
        with self._lock:
            self._open.discard(request)
            self._lock.notify()
        if request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, len(RESET_ON_CLOSE)) == RESET_ON_CLOSE:
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def server_close(self) -> None:
        """Stops listening, wakes every thread that waits for its client or with it, and gives them time to end."""
        super().server_close()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):  # the client was faster
                    connection.shutdown(socket.SHUT_RDWR)
            self._lock.wait_for(lambda: not self._open, _GOODBYE_S)
        self.watch.close()

    def handle_error(self, _request: object, _client_address: object) -> None:
        """Clients go away in the middle; that is their right. Anything else is a fault of ours."""
        error = sys.exception()
        if isinstance(error, OSError):
            return
        if self._tell_fault is None or not isinstance(error, Exception):
            raise
        self._tell_fault(error)


def url_at(host: str, port: int) -> str:
    """The URL of a server there, without a path and without a final slash."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


class HttpServer:
    """Serves from entering the `with` block until leaving it, in threads of its own; never prints. `port` 0 takes a
    free one. Entering raises OSError when the address cannot be used.
    """

    def __init__(self, host: str, port: int, handler: type[Connection]) -> None:
        self._host = host
        self.port = port
        self._handler = handler

    @property
    def url(self) -> str:
        """Without a path and without a final slash."""
        return url_at(self._host, self.port)

    def __enter__(self) -> Self:
        self._listener = Listener((self._host, self.port), self._handler)
        self.port = self._listener.server_address[1]
        self._stop, self._stopped = socket.socketpair()
        self._thread = threading.Thread(
            target=self._listener.serve_until_readable, args=(self._stopped,), name="listener", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stop.close()  # the other end becomes readable
        self._thread.join()
        self._listener.server_close()
        self._stopped.close()
