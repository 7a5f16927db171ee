"""Listening on the loopback interface, and playing an exchange on one connection, byte by byte."""

from __future__ import annotations

import contextlib
import selectors
import socket
import socketserver
import struct
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from chatbot.lab.replies import ScriptedReply

RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER on, zero seconds: close() sends RST instead of FIN

_LONGEST_LINE = 65536
_EARLY_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"

Respond = Callable[[str, str, Mapping[str, str], bytes], ScriptedReply]
"""Method, target, headers (lower-case names) and body of a request to what is sent."""


class Connection(BaseHTTPRequestHandler):
    """One client's connection; HTTP/1.1, kept alive. Each server makes its own subclass with the attributes below."""

    protocol_version = "HTTP/1.1"
    server_version = "chat-lab"
    sys_version = ""
    disable_nagle_algorithm = True  # each piece goes out as it is written

    respond: Respond
    pace_s: float
    hang_s: float

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            self._play(ScriptedReply(411, {"Content-Length": "0", "Connection": "close"}))
            return
        self._play(type(self).respond("POST", self.path, self._lower_headers(), body))

    def do_GET(self) -> None:
        self._play(type(self).respond("GET", self.path, self._lower_headers(), b""))

    def _body(self) -> bytes | None:
        """Of a request; None where it is not said how long it is (RFC 9112, section 6)."""
        coding = self.headers.get("Transfer-Encoding", "").strip().lower()
        length = self.headers.get("Content-Length", "0")
        if coding not in ("", "chunked") or not length.isdecimal():
            return None
        try:
            return b"".join(self._chunks()) if coding else self.rfile.read(int(length))
        except ValueError:
            return None

    def _chunks(self) -> Iterator[bytes]:
        """Each chunk until the empty one; what trails it is passed over (section 7.1). Raises ValueError."""
        while size := int(self.rfile.readline(_LONGEST_LINE).partition(b";")[0], 16):
            if size < 0:
                raise ValueError("a chunk has a size")
            yield self.rfile.read(size)
            self.rfile.readline(_LONGEST_LINE)
        while self.rfile.readline(_LONGEST_LINE).strip():
            pass

    def log_message(self, *_args: object) -> None:
        """The lab never prints on its own."""

    def _lower_headers(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def _play(self, exchange: ScriptedReply) -> None:
        self.wfile.write(_EARLY_HINTS * exchange.early_hints)
        if exchange.status is not None:
            self._send_head(exchange)
        self._send_body(exchange)
        match exchange.then:
            case "end" if exchange.chunked and self._may_chunk:
                self.wfile.write(b"0\r\n\r\n")
            case "hang":
                self.wait(self.hang_s)
                self.close_connection = True
            case "close":
                self.close_connection = True
            case "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
                self.close_connection = True

    @property
    def _may_chunk(self) -> bool:
        return self.request_version != "HTTP/1.0"

    def _send_head(self, exchange: ScriptedReply) -> None:
        assert exchange.status is not None
        headers = dict(exchange.headers)
        if exchange.chunked and not self._may_chunk:
            del headers["Transfer-Encoding"]
        if "Transfer-Encoding" not in headers and "Content-Length" not in headers:
            headers["Connection"] = "close"
        self.send_response(exchange.status)
        for name, value in headers.items():
            self.send_header(name, value)  # "Connection: close" is noticed and obeyed there
        self.end_headers()

    def _send_body(self, exchange: ScriptedReply) -> None:
        framed = exchange.chunked and self._may_chunk
        for piece in filter(None, exchange.pieces):  # an empty chunk would be the end of the body
            if exchange.paced and not self.wait(self.pace_s):
                self.close_connection = True
                return
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if framed else piece)

    def wait(self, seconds: float) -> bool:
        """True when the whole time has passed; False at once when the client goes away or the server stops.

        Both make the connection readable: nobody who waits for an answer has more to say.
        """
        with selectors.DefaultSelector() as selector:
            selector.register(self.connection, selectors.EVENT_READ)
            return not selector.select(seconds)


class Listener(ThreadingHTTPServer):
    """Accepts connections until told to stop, then ends those that are still open. Quiet about broken ones."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[Connection]) -> None:
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, handler)

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

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Without the FIN of a polite goodbye, if the connection is to be reset."""
        with self._lock:
            self._open.discard(request)
        if request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, len(RESET_ON_CLOSE)) == RESET_ON_CLOSE:
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def server_close(self) -> None:
        """Stops listening, and wakes every thread that waits for its client or with it."""
        super().server_close()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):  # the client was faster
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, _request: object, _client_address: object) -> None:
        """Clients go away in the middle; that is their right. Anything else is a fault of the lab."""
        error = sys.exception()
        if not isinstance(error, OSError):
            raise
