"""Where the history of this person is, and how it is opened."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from chatbot.outside.files.folders import data_folder
from chatbot.terminal.notices import Notices

if TYPE_CHECKING:
    from chatbot.outside.history.store import History


def history_folder() -> Path:
    """The person's data folder of this program. Raises HistoryUnavailable where there is none."""
    folder = data_folder()
    if folder is None:
        from chatbot.core.conversations.stored import HistoryUnavailable

        raise HistoryUnavailable("nothing is kept: there is no home folder", advice="Set HOME, or XDG_DATA_HOME.")
    return folder


def limits_folder() -> Path:
    """Where it is kept what services told of their limits. Raises HistoryUnavailable."""
    return history_folder() / "limits"


def open_history(notices: Notices) -> History:
    """The history; its file is opened when it is first needed."""
    from chatbot.outside.history.store import History

    return History(history_folder(), now=time.time, clock=time.monotonic, warn=notices.warn, redact=notices.redacted)
