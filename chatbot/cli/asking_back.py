"""Asking the person before something is done for good."""

# Without `from __future__ import annotations`: chatbot.options.declared reads the annotations as they stand.

from typing import Annotated

from chatbot.core.errors import UsageError
from chatbot.options.declared import Choice
from chatbot.outside.desktop.stdin import read_typed_line
from chatbot.outside.desktop.streams import is_terminal
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices


class Deleting(NamedTuple):
    """Options"""

    yes: Annotated[bool, Choice("Do not ask.", flags=("-y", "--yes"))] = False


class Left(Exception):
    """The person ended the input (Ctrl-D)."""


def typed_line(prompt: str, notices: Notices) -> str:
    """What is typed behind the prompt, without its line end. Raises Left, and KeyboardInterrupt."""
    notices.write(prompt)
    try:
        line = read_typed_line()
    except UnicodeDecodeError:
        return "?"
    if not line:
        raise Left
    return line.removesuffix("\n")


def is_somebody_there() -> bool:
    """Whether a person can be asked, and can answer."""
    return is_terminal(0) and is_terminal(2)


def require_somebody() -> None:
    """Raises UsageError where nobody is there to ask."""
    if not is_somebody_there():
        raise UsageError("nobody is there to ask", advice="Add --yes to delete without a question.")


def agreed(question: str, notices: Notices) -> bool:
    """Whether the person says yes. Raises UsageError where nobody is there to ask."""
    require_somebody()
    notices.write(f"{question} [y/N] ")
    return read_typed_line().strip().lower() in ("y", "yes")
