"""A proxy on loopback that passes every byte on, and counts them."""

from __future__ import annotations

import socket
import threading
import time
from urllib.parse import urlsplit


class Wiretap:
    """In front of a server on loopback. Bytes `up` are those of clients."""

    def __init__(self, url: str) -> None:
        self._target = ("127.0.0.1", urlsplit(url).port)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=32)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.up_bytes = self.down_bytes = 0
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []

    def __enter__(self) -> Wiretap:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for sock in (self._listener, *self._open):
            sock.close()

    def drained(self) -> None:
        """Waits until no more bytes come."""
        before, now = -1, 0
        while before != now:
            time.sleep(0.05)
            before, now = now, self.up_bytes + self.down_bytes

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._target)
            self._open += [client, server]
            for source, target, way in ((client, server, "up_bytes"), (server, client, "down_bytes")):
                threading.Thread(target=self._pass_on, args=(source, target, way), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, way: str) -> None:
        try:
            while data := source.recv(65_536):
                with self._lock:
                    setattr(self, way, getattr(self, way) + len(data))
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass
