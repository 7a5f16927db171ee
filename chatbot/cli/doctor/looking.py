"""What every check is given, and what it says when it fails itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack

from chatbot.core.checkup.finding import Finding, fault, of_error
from chatbot.core.errors import ChatError
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices


class Looking(NamedTuple):
    """`environ` are the variables of this process; what is in `open_things` is closed at the end."""

    environ: Mapping[str, str]
    notices: Notices
    open_things: ExitStack


class Check(NamedTuple):
    """One thing to look at. `look` may raise whatever it finds."""

    section: str
    name: str
    look: Callable[[Looking], Iterable[Finding]]


def findings(check: Check, looking: Looking) -> Iterator[Finding]:
    """What the check found, at least one line; that it could not look is a fault like others."""
    number = 0
    try:
        for finding in check.look(looking):
            number += 1
            yield finding
    except ChatError as error:
        yield of_error(error)
    except Exception as error:
        yield fault(
            f"{check.name}: it could not be looked at ({type(error).__name__}: {error})",
            "Look at it by hand; if it is as it should be, report this line.",
        )
    else:
        if not number:
            yield Finding(f"{check.name}: nothing to say")
