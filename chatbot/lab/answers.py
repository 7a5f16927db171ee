"""What the lab says, before any wire format writes it: answers, faults, and what a client asked."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from typing import Any

from chatbot.records import NamedTuple


class Ending(enum.StrEnum):
    """Why the answer ends, in no dialect's words."""

    STOP = "stop"
    LENGTH = "length"
    FILTERED = "filtered"
    REFUSED = "refused"
    CALLS = "calls"


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
    NOT_HANDED_BACK = "not handed back"


_FAULT_OF_STATUS = {
    401: Fault.WRONG_KEY,
    403: Fault.NO_PERMISSION,
    404: Fault.UNKNOWN_MODEL,
    429: Fault.RATE_LIMITED,
    503: Fault.OVERLOADED,
    529: Fault.OVERLOADED,
}


def fault_of_status(status: int) -> Fault:
    """What an error with this HTTP status usually is."""
    return _FAULT_OF_STATUS.get(status, Fault.SERVER if status >= 500 else Fault.BAD_REQUEST)


class Received(NamedTuple):
    """One request as it came. Header names are lower case; `json` is None when the body is not JSON."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    json: Any


class Call(NamedTuple):
    """A tool that the model wants to be called, with its arguments as JSON."""

    name: str
    arguments: str


class Answer(NamedTuple):
    """What the model says, or which tools it calls. Without an `ending` the answer just stops: no finish reason, no end
    marker. `counted` is how many tokens are said to be in it, where that is not the truth. `use` is how it calls.
    """

    text: str
    reasoning: str = ""
    ending: Ending | None = Ending.STOP
    counted: int | None = None
    calls: tuple[Call, ...] = ()
    use: str = "rightly"

    @property
    def output_tokens(self) -> int:
        """The length of the whole answer, reasoning included."""
        said = (self.text, self.reasoning, *(call.arguments for call in self.calls))
        return sum(len(tokens(text)) for text in said) if self.counted is None else self.counted


class Asked(NamedTuple):
    """What the lab needs from a request.

    `parameters` are the optional fields sent, as the dialect spells them. `attachments` describe the files sent with
    the last question; `has_attachments`: with any. `sse` is false for the JSON array that only Gemini has. `serial`
    numbers the requests of one server. `key` is the one that came with the request. `tools` are those to call, each
    with the schema of its arguments; `results` are names and texts of those that were, and `is_signed` is whether what
    belongs to them was handed back.
    """

    model: str
    question: str = ""
    attachments: tuple[str, ...] = ()
    has_attachments: bool = False
    parameters: frozenset[str] = frozenset()
    streamed: bool = False
    sse: bool = True
    usage_wanted: bool = True
    input_tokens: int = 0
    serial: int = 1
    key: str = ""
    limit_tokens: int | None = None
    stop: tuple[str, ...] = ()
    schema: Mapping[str, Any] | None = None
    tools: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    results: tuple[tuple[str, str], ...] = ()
    is_signed: bool = False


def tokens(text: str) -> list[str]:
    """The text in pieces: each word with the space before it. Joined they are the text again."""
    return re.findall(r"\s*\S+|\s+\Z", text)
