"""Bytes of HTTP messages, counted where they are written and read. See chatbot.core.http.traffic.Traffic."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable
from threading import Lock
from typing import Any

from chatbot.core.http.traffic import Traffic
from chatbot.outside.http.response_head import BoundedResponse


class Meter:
    """What went to each host. Bytes count for the one that `goes_to` named last."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._host = ""
        self._counts: dict[str, list[int]] = {}  # of each host, the fields of its Traffic

    def goes_to(self, host: str) -> None:
        """What follows is for this host."""
        self._host = host

    def asked(self) -> None:
        """A whole request has left."""
        self._add(0, 1)

    def sent(self, count: int) -> None:
        """So many bytes were written."""
        self._add(1, count)

    def received(self, count: int) -> None:
        """So many were read."""
        self._add(2, count)

    def take(self) -> tuple[Traffic, ...]:
        """The counts, which begin anew."""
        with self._lock:
            counts, self._counts = self._counts, {}
        return tuple(Traffic(host, *fields) for host, fields in counts.items())

    def _add(self, field: int, count: int) -> None:
        with self._lock:
            fields = self._counts.pop(self._host, [0, 0, 0])  # so that the last one asked is the last
            fields[field] += count
            self._counts[self._host] = fields


class _Counting(io.RawIOBase):
    """A raw stream that tells how many bytes were read from it."""

    def __init__(self, raw: io.RawIOBase, told: Callable[[int], None]) -> None:
        self._raw, self._told = raw, told

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        count: Any = self._raw.readinto(buffer)
        self._told(count or 0)
        return count  # type: ignore[no-any-return]

    def fileno(self) -> int:
        return self._raw.fileno()

    def close(self) -> None:
        self._raw.close()
        super().close()


class MeteredResponse(BoundedResponse):
    """An answer whose bytes are counted as they leave the socket."""

    def __init__(self, meter: Meter, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_Counting(self.fp.detach(), meter.received))
