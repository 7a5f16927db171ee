"""Whether a local server is there."""

from __future__ import annotations

import socket

_PATIENCE_S = 0.2  # this machine answers at once, or not at all


def listens(port: int) -> bool:
    """Whether something accepts connections on this machine at `port`."""
    try:
        with socket.create_connection(("localhost", port), _PATIENCE_S):
            return True
    except OSError:
        return False
