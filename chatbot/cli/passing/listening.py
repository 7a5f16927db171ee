"""A server of ours until Ctrl-C."""

from __future__ import annotations

import gc
from collections.abc import Callable
from contextlib import AbstractContextManager
from queue import SimpleQueue
from typing import TypeVar

from chatbot.core.errors import ConfigurationError
from chatbot.outside.background import next_in
from chatbot.outside.desktop.signals import Interrupts
from chatbot.terminal.notices import Notices

Server = TypeVar("Server")


def listen(make: Callable[[], AbstractContextManager[Server]], port: int, tell: Callable[[Server], None]) -> None:
    """Serves until a signal ends it; `tell` hears when it does. Raises ConfigurationError for a port that cannot be
    used.
    """
    gc.enable()  # short runs do without
    stop: SimpleQueue[None] = SimpleQueue()  # its put may be called in a signal handler
    with Interrupts() as interrupts:
        interrupts.wake = lambda: stop.put(None)
        try:
            with make() as server:
                tell(server)
                next_in(stop)
        except OSError as error:
            raise ConfigurationError(
                f"port {port} cannot be used: {(error.strerror or str(error)).lower()}",
                advice="Choose another with --port.",
            ) from error


def fault_teller(notices: Notices) -> Callable[[Exception], None]:
    """What tells of a fault of ours in one request: it costs no other."""

    def tell(fault: Exception) -> None:
        what = " ".join(str(fault).split())
        notices.error(
            [
                f"a fault of chat itself: {type(fault).__name__}: {what}",
                "Who asked was told that it failed, and may ask again; others are served as before.",
            ]
        )

    return tell
