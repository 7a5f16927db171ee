"""Clients that go away while their answer is on its way, told at once: one thread looks at all of them."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable

_WAKE = b"\0"


class Departure:
    """The client of one request, for whoever wants to know that it went away."""

    def __init__(self, watch: DepartureWatch, connection: socket.socket) -> None:
        self._watch = watch
        self._connection = connection
        self._is_watched = False

    def then(self, act: Callable[[], None]) -> None:
        """Calls `act` when the client goes away, in another thread; only what was named last."""
        self._is_watched = True
        self._watch.add(self._connection, act)

    def end(self) -> None:
        """Nobody wants to know it any more."""
        if self._is_watched:
            self._watch.remove(self._connection)


class DepartureWatch:
    """Looks at the connections from the first one on, until it is closed."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._acts: dict[socket.socket, Callable[[], None]] = {}
        self._lock = threading.Lock()
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def add(self, connection: socket.socket, act: Callable[[], None]) -> None:
        """From now on `act` follows when the other side of the connection closes it."""
        with self._lock:
            if connection not in self._acts:
                self._selector.register(connection, selectors.EVENT_READ)
            self._acts[connection] = act
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="departures", daemon=True)
                self._thread.start()
        self._wake.send(_WAKE)  # where a selector does not see what is added while it waits

    def remove(self, connection: socket.socket) -> None:
        """Nothing follows any more."""
        with self._lock:
            self._forget(connection)

    def close(self) -> None:
        """Ends the looking."""
        self._is_closed = True
        self._wake.send(_WAKE)
        if self._thread:
            self._thread.join()
        for end in (self._wake, self._woken, self._selector):
            end.close()

    def _forget(self, connection: socket.socket) -> Callable[[], None] | None:
        act = self._acts.pop(connection, None)
        if act:
            with contextlib.suppress(KeyError, ValueError):  # closed already
                self._selector.unregister(connection)
        return act

    def _look(self) -> None:
        while not self._is_closed:
            for key, _ in self._selector.select():
                if key.fileobj is self._woken:
                    self._woken.recv(4096)
                elif isinstance(key.fileobj, socket.socket):
                    self._act_on(key.fileobj)

    def _act_on(self, connection: socket.socket) -> None:
        with self._lock:  # one that only sends its next request early is not looked at any more
            act = self._forget(connection)
        if act and _is_gone(connection):
            act()


def _is_gone(connection: socket.socket) -> bool:
    """Whether nothing follows; never waits. A socket of Python's that has a timeout would, for what somebody else has
    read meanwhile: so it is asked through another, which has none.
    """
    try:
        with socket.socket(fileno=socket.dup(connection.fileno())) as same:
            return not same.recv(1, socket.MSG_PEEK | getattr(socket, "MSG_DONTWAIT", 0))
    except BlockingIOError:
        return False
    except OSError:
        return True
