"""A server that says exactly the bytes a test wants, one talk a connection."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

CERTIFICATE = Path(__file__).with_name("localhost.pem")  # valid for localhost, not for 127.0.0.1
PATIENCE_S = 5.0

Talk = Callable[[socket.socket], None]


class Wire:
    """A listener on loopback. `heard` are the requests, heads and bodies, in the order in which they were complete."""

    def __init__(self, talks: tuple[Talk, ...], tls: bool | ssl.SSLContext) -> None:
        self.heard: list[bytes] = []
        self.connections = 0
        self.ended = threading.Event()  # the client has closed a connection that `hang` holds
        self._talks = talks
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https://localhost' if tls else 'http://127.0.0.1'}:{self.port}/v1"
        self._context = _context() if tls is True else tls or None
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        for talk in (*self._talks, *[self._talks[-1]] * 20):
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(sock)
            sock.settimeout(PATIENCE_S)
            threading.Thread(target=self._talk, args=(sock, talk), daemon=True).start()

    def _talk(self, sock: socket.socket, talk: Talk) -> None:
        try:
            if self._context:
                sock = self._context.wrap_socket(sock, server_side=True)
                self._open.append(sock)
            talk(sock)
        except OSError:
            pass  # the client went away: what that means is for the test to say
        finally:
            sock.close()

    def hear(self, sock: socket.socket) -> bytes:
        """One whole request."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += _some(sock)
        head, _, body = data.partition(b"\r\n\r\n")
        length = next((int(v) for k, v in _headers(head) if k == b"content-length"), 0)
        while len(body) < length:
            body += _some(sock)
        self.heard.append(head + b"\r\n\r\n" + body)
        return self.heard[-1]

    def hang(self, sock: socket.socket) -> None:
        """Says nothing until the client goes away."""
        try:
            while sock.recv(65_536):
                pass
        finally:
            self.ended.set()

    def stop(self) -> None:
        self._listener.close()
        for sock in self._open:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()


def _some(sock: socket.socket) -> bytes:
    data = sock.recv(65_536)
    if not data:
        raise OSError("the client went away")
    return data


def _headers(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        yield name.strip().lower(), value.strip()


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


@contextmanager
def wire(*talks: Callable[[Wire, socket.socket], None], tls: bool | ssl.SSLContext = False) -> Iterator[Wire]:
    """A running Wire; each connection is one talk, further ones repeat the last."""
    running: list[Wire] = []

    def bound(talk: Callable[[Wire, socket.socket], None]) -> Talk:
        return lambda sock: talk(running[0], sock)

    server = Wire(tuple(bound(talk) for talk in talks), tls)
    running.append(server)
    try:
        yield server
    finally:
        server.stop()


def says(*answers: bytes) -> Callable[[Wire, socket.socket], None]:
    """Answers each request of a connection with the next of these bytes, then closes."""

    def talk(server: Wire, sock: socket.socket) -> None:
        for answer in answers:
            server.hear(sock)
            sock.sendall(answer)

    return talk


def reset(sock: socket.socket) -> None:
    """Ends the connection with RST instead of FIN."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """A whole response with its Content-Length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body
