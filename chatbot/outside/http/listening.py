"""Where servers listen on this machine."""

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


def reached_at(host: str) -> str:
    """Where other machines reach a server that listens at `host`: for all addresses at once (0.0.0.0, ::) the one from
    which this machine speaks to others; `host` where there is none.
    """
    family, elsewhere = (socket.AF_INET6, "2001:db8::1") if ":" in host else (socket.AF_INET, "192.0.2.1")
    if host not in ("", "0.0.0.0", "::"):
        return host
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as datagrams:
            datagrams.connect((elsewhere, 9))  # chooses a way, and sends nothing
            return str(datagrams.getsockname()[0])
    except OSError:
        return host
