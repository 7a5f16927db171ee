"""What was sent and what it cost, written into the ledger of this person."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from chatbot.outside.files.folders import data_folder

if TYPE_CHECKING:
    from chatbot.core.http.traffic import Traffic
    from chatbot.outside.ledger.store import Ledger
    from chatbot.terminal.notices import Notices

NOT_WRITTEN = "the ledger does not have what was sent"


def open_ledger(notices: Notices) -> Ledger:
    """The ledger; its file is opened when it is first needed. Raises LedgerUnavailable without a home."""
    from chatbot.core.cost.ledger import LedgerUnavailable
    from chatbot.outside.ledger.store import Ledger

    folder = data_folder()
    if folder is None:
        raise LedgerUnavailable("there is no ledger: there is no home folder", advice="Set HOME, or XDG_DATA_HOME.")
    return Ledger(folder, now=time.time, warn=notices.warn)


def today() -> str:
    """The day, as it is where the person is."""
    return time.strftime("%Y-%m-%d")


def booked(kind: str, provider: str, notices: Notices) -> Callable[[tuple[Traffic, ...]], None]:
    """What writes the traffic of a command down, such as a LiveTransport is given for its end. That it cannot be
    written is a notice; without a home there is nowhere to write, which the history says.
    """

    def book(traffic: tuple[Traffic, ...]) -> None:
        from contextlib import closing

        from chatbot.core.cost.ledger import LedgerUnavailable, entries

        if data_folder() is None:
            return
        try:
            with closing(open_ledger(notices)) as ledger:
                ledger.add(entries(today(), provider, kind, traffic))
        except LedgerUnavailable as error:
            notices.warn(f"{NOT_WRITTEN} ({error})")

    return book
