"""A finding: one sentence about this computer, how bad it is, and the way out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from chatbot.core.errors import ChatError, MalformedAnswer, NetworkError, Overloaded, RateLimited, ServerFault
from chatbot.records import NamedTuple

State = Literal["ok", "warning", "fault"]
NET, CONFIGURATION = 69, 78
_OF_THE_NET = (NetworkError, ServerFault, Overloaded, RateLimited, MalformedAnswer)


class Finding(NamedTuple):
    """`advice` is the way out, empty where nothing is wrong; `exit_code` is that of a fault."""

    text: str
    state: State = "ok"
    advice: str = ""
    exit_code: int = 0


def warning(text: str, advice: str) -> Finding:
    """What works, but not as one would wish."""
    return Finding(text, "warning", advice)


def fault(text: str, advice: str, exit_code: int = CONFIGURATION) -> Finding:
    """What does not work."""
    return Finding(text, "fault", advice, exit_code)


def of_error(error: ChatError) -> Finding:
    """The fault that an error means."""
    said = f": {error.said}" if error.said else ""
    advice = error.advice or "chat doctor --json has it for a report."
    return fault(
        f"{error}{said}",
        advice,
        NET if isinstance(error, _OF_THE_NET) else CONFIGURATION,
    )


def exit_code(findings: Iterable[Finding]) -> int:
    """0 where no fault is; what is configured wrongly comes before what the network does."""
    codes = {finding.exit_code for finding in findings if finding.state == "fault"}
    return max(codes, default=0)


def pasteable(text: str, home: str, user: str) -> str:
    """The text with `~` for the home folder and without the person's name in a path."""
    if len(home) > 1:
        text = re.sub(rf"{re.escape(home)}(?=$|[^\w.-])", "~", text)
    return re.sub(rf"(?<=[/\\]){re.escape(user)}(?=$|[^\w.-])", "USER", text) if user else text
