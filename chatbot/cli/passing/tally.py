"""What a server of ours sent and read, written into the ledger now and then: not while an answer waits for it."""

from __future__ import annotations

import threading
import time
from collections import defaultdict

from chatbot.cli.cost.booking import booked
from chatbot.core.http.traffic import Traffic
from chatbot.terminal.notices import Notices

_EVERY_S = 60.0


class Tally:
    """Of this kind (see `booked`). Use it as a context manager: the rest is written at the end."""

    def __init__(self, kind: str, notices: Notices) -> None:
        self._kind = kind
        self._notices = notices
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._counts: dict[str, dict[str, Traffic]] = defaultdict(dict)  # by provider and host
        self._written_s = time.monotonic()

    def add(self, provider: str, traffic: tuple[Traffic, ...]) -> None:
        """One exchange more."""
        with self._lock:
            hosts = self._counts[provider]
            for one in traffic:
                hosts[one.host] = _plus(hosts.get(one.host, Traffic(one.host)), one)
            is_due = time.monotonic() - self._written_s > _EVERY_S
            if is_due:
                self._written_s = time.monotonic()
        if is_due:
            threading.Thread(target=self._write, name="ledger", daemon=True).start()

    def __enter__(self) -> Tally:
        return self

    def __exit__(self, *_: object) -> None:
        self._write()

    def _write(self) -> None:
        with self._lock:
            counts, self._counts = self._counts, defaultdict(dict)
        with self._writing:
            for provider, hosts in counts.items():
                booked(self._kind, provider, self._notices)(tuple(hosts.values()))


def _plus(one: Traffic, other: Traffic) -> Traffic:
    return Traffic(one.host, *(a + b for a, b in zip(one[1:], other[1:], strict=True)))
