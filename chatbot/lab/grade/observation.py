"""What was seen of a client in one scene, and what a rule finds in it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Literal

from chatbot.lab.answers import Received
from chatbot.outside.processes.running import ProcessRun
from chatbot.records import NamedTuple

Verdict = Literal["pass", "fail", "n/a"]


class Asked(NamedTuple):
    """A question as it came. `at_s` counts from the start of the program; `streamed`: whether it wants a stream."""

    at_s: float
    received: Received
    streamed: bool = True
    dialect: str = "openai"


class Observation(NamedTuple):
    """A scene as it went. `asked` are the questions, in their order.

    `says` is the whole answer that was sent, as far as there was one; `sent_s` when its last byte was, in seconds from
    the start of the program. `elsewhere` came to the other host. `command_lines` are what everybody could read of the
    client's processes. `takes_stdin`: whether the question can be piped into it.
    """

    wire: str
    question: str
    key: str
    run: ProcessRun
    asked: tuple[Asked, ...] = ()
    says: str = ""
    sent_s: float | None = None
    elsewhere: tuple[Received, ...] = ()
    command_lines: tuple[bytes, ...] = ()
    takes_stdin: bool = True

    @property
    def out(self) -> str:
        """Standard output as text; what is no UTF-8 shows as `\\xe2`."""
        return self.run.out.decode("utf-8", "backslashreplace")

    @property
    def err(self) -> str:
        """Standard error, so too."""
        return self.run.err.decode("utf-8", "backslashreplace")

    @property
    def is_streamed(self) -> bool:
        """Whether the client asked for a stream."""
        return any(asked.streamed for asked in self.asked)

    @property
    def gaps_s(self) -> list[float]:
        """The seconds between one question and the next."""
        times = [asked.at_s for asked in self.asked]
        return [later - earlier for earlier, later in itertools.pairwise(times)]

    @property
    def headers(self) -> Mapping[str, str]:
        """Of the first question; empty where none came."""
        return self.asked[0].received.headers if self.asked else {}


class Found(NamedTuple):
    """What a rule says, and what it saw: a few words."""

    verdict: Verdict
    seen: str


def passed(seen: str) -> Found:
    """The rule is kept."""
    return Found("pass", seen)


def failed(seen: str) -> Found:
    """It is not."""
    return Found("fail", seen)


def not_applicable(why: str) -> Found:
    """It says nothing about this client."""
    return Found("n/a", why)
