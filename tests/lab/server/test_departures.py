"""Who goes away is told of at once, and nobody is waited for."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from chatbot.lab.server.departures import DepartureWatch

AT_ONCE_S, PATIENCE_S = 2.0, 8.0


class ReadMeanwhile(socket.socket):
    """A connection of which somebody else reads what came as soon as the watch has seen that something did."""

    looks = 0

    def fileno(self) -> int:
        self.looks += 1
        number = super().fileno()
        if self.looks == 2:  # the first is where the watch begins to look
            with socket.socket(fileno=socket.dup(number)) as same:
                same.recv(100)
        return number


@pytest.mark.parametrize("timeout_s", [PATIENCE_S, None], ids=["a timeout", "none"])
def test_what_somebody_else_has_read_is_not_waited_for(timeout_s: float | None) -> None:
    ours, theirs = socket.socketpair()
    gone = threading.Event()
    with ReadMeanwhile(fileno=ours.detach()) as connection, theirs:
        connection.settimeout(timeout_s)
        watch = DepartureWatch()
        theirs.send(b"the next request")
        began_s = time.monotonic()
        watch.add(connection, gone.set)
        while connection.looks < 2 and time.monotonic() < began_s + AT_ONCE_S:
            time.sleep(0.001)
        watch.close()
        assert time.monotonic() - began_s < AT_ONCE_S
        assert connection.looks >= 2 and not gone.is_set()


def test_who_goes_away_is_told_of() -> None:
    ours, theirs = socket.socketpair()
    gone = threading.Event()
    with ours:
        ours.settimeout(PATIENCE_S)
        watch = DepartureWatch()
        watch.add(ours, gone.set)
        theirs.close()
        assert gone.wait(PATIENCE_S)
        watch.close()
