"""Asking the person before something is done for good."""

from __future__ import annotations

import sys

from chatbot.core.errors import UsageError
from chatbot.outside.desktop.streams import is_terminal
from chatbot.terminal.notices import Notices


def require_somebody() -> None:
    """Raises UsageError where nobody is there to ask."""
    if not (is_terminal(0) and is_terminal(2)):
        raise UsageError("nobody is there to ask", advice="Add --yes to delete without a question.")


def agreed(question: str, notices: Notices) -> bool:
    """Whether the person says yes. Raises UsageError where nobody is there to ask."""
    require_somebody()
    notices.write(f"{question} [y/N] ")
    return sys.stdin.readline().strip().lower() in ("y", "yes")
