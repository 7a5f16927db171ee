"""What the lab says, before any wire format writes it: answers, faults, and what a client asked."""

from __future__ import annotations

import enum
import re
from typing import NamedTuple


class Ending(enum.StrEnum):
    """Why the answer ends, in no dialect's words."""

    STOP = "stop"
    LENGTH = "length"
    FILTERED = "filtered"
    REFUSED = "refused"


class Fault(enum.StrEnum):
    """A way for a provider to answer with an error; each dialect has its own status and words for it."""

    WRONG_KEY = "wrong key"
    NO_PERMISSION = "no permission"
    UNKNOWN_MODEL = "unknown model"
    CONTEXT_TOO_LONG = "context too long"
    RATE_LIMITED = "rate limited"
    QUOTA = "quota"
    OVERLOADED = "overloaded"
    SERVER = "server fault"
    FILTERED = "filtered"
    BAD_PARAMETER = "bad parameter"
    BAD_REQUEST = "bad request"
    NOT_FOUND = "not found"


class Answer(NamedTuple):
    """What the model says. Without an `ending` the answer just stops: no finish reason, no end marker. `counted` is
    how many tokens are said to be in it, where that is not the truth.
    """

    text: str
    reasoning: str = ""
    ending: Ending | None = Ending.STOP
    counted: int | None = None

    @property
    def output_tokens(self) -> int:
        """The length of the whole answer, reasoning included."""
        return len(tokens(self.text)) + len(tokens(self.reasoning)) if self.counted is None else self.counted


class Asked(NamedTuple):
    """What the lab needs from a request.

    `parameters` are the optional fields sent, as the dialect spells them. `images` describe the pictures sent with the
    last question. `sse` is false for the JSON array that only Gemini has. `serial` numbers the requests of one server.
    `key` is the one that came with the request.
    """

    model: str
    question: str = ""
    images: tuple[str, ...] = ()
    parameters: frozenset[str] = frozenset()
    streamed: bool = False
    sse: bool = True
    usage_wanted: bool = True
    input_tokens: int = 0
    serial: int = 1
    key: str = ""


def tokens(text: str) -> list[str]:
    """The text in pieces: each word with the space before it. Joined they are the text again."""
    return re.findall(r"\s*\S+|\s+\Z", text)
