"""What the lab says, before any wire format writes it: answers, faults, and what a client asked."""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

Json = dict[str, Any]


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


class FaultRow(NamedTuple):
    """How one dialect writes one fault. `message` may name {model}, {path} and {parameter}."""

    status: int
    kind: str
    message: str
    code: str | None = None
    details: tuple[Json, ...] = ()


class Refusal(NamedTuple):
    """One fault as it happens: the row, its message filled in, and what goes with it."""

    row: FaultRow
    message: str
    parameter: str | None = None
    retry_after: str | None = None
    serial: int = 1


class Page(NamedTuple):
    """A part of the model list; `more` when it goes on after its last name."""

    names: tuple[str, ...]
    more: bool = False


class Paging(NamedTuple):
    """The query parameters that ask for a part of the model list, and how many names come unasked."""

    after: str
    size: str
    default_size: int

    def page(self, names: tuple[str, ...], query: Mapping[str, str]) -> Page:
        """The part that the query asks for. Raises ValueError for a query that makes no sense."""
        start = names.index(query[self.after]) + 1 if self.after in query else 0
        size = int(query.get(self.size, self.default_size))
        if size < 1:
            raise ValueError(f"{self.size}: must be at least 1")
        return Page(names[start : start + size], start + size < len(names))


class Dialect(NamedTuple):
    """One wire format: tables, and pure functions from the lab's words to bytes or JSON."""

    name: str
    faults: Mapping[Fault, FaultRow]
    endings: Mapping[Ending, str]
    """The finish reasons; an ending that is missing here is told by an error of the same name."""
    required: tuple[str, ...]
    """The fields without which a request is refused."""
    missing_message: str
    """The words for a missing field, with {parameter}."""
    content_type: Callable[[Asked], str]
    """Of a stream."""
    read: Callable[[Json, Asked], Asked]
    """The request body, put into an Asked that already knows what the path said. Never raises."""
    stream: Callable[[Answer, Asked], Iterator[bytes]]
    """The whole stream, one piece an event."""
    whole: Callable[[Answer, Asked], Json]
    """The body of an answer that is not streamed."""
    error: Callable[[Refusal], Json]
    """The body of an error."""
    error_headers: Callable[[Refusal], dict[str, str]]
    stream_error: Callable[[Refusal, Asked], bytes]
    """The same error as an event within a stream."""
    bad_parameter: Callable[[str], Refusal]
    """The refusal of a parameter that the model does not take."""
    model_list: Callable[[Page], Json]
    paging: Paging | None = None
    errors_typed_as_streams: bool = False
    """Whether an error to a stream request carries the content type of the stream."""
    request_id_header: str | None = None

    def refusal(self, fault: Fault, serial: int = 1, retry_after: str | None = None, **named: str) -> Refusal:
        """The fault in this dialect; `named` are the words its message mentions."""
        row = self.faults[fault]
        message = row.message.format_map({"model": "", "path": "", "parameter": "", **named})
        return Refusal(row, message, retry_after=retry_after, serial=serial)


def dumps(value: object) -> str:
    """Compact JSON with its characters as they are, as providers write it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def encoded(text: str) -> bytes:
    """UTF-8; a lone surrogate, which JSON can smuggle in, becomes a question mark."""
    return text.encode("utf-8", "replace")


def tokens(text: str) -> list[str]:
    """The text in pieces: each word with the space before it. Joined they are the text again."""
    return re.findall(r"\s*\S+|\s+\Z", text)


def output_tokens(answer: Answer) -> int:
    """The length of the whole answer, reasoning included."""
    if answer.counted is not None:
        return answer.counted
    return len(tokens(answer.text)) + len(tokens(answer.reasoning))


def written(content: object) -> str:
    """The text of a message, whatever shape its content has: a string, a list of parts, or something foreign."""
    match content:
        case str():
            return content
        case list():
            return "\n".join(part["text"] for part in content if _has_text(part))
        case _:
            return ""


def _has_text(part: object) -> bool:
    return isinstance(part, dict) and isinstance(part.get("text"), str)


def parts(content: object) -> list[Json]:
    """The parts of a message that are objects; none when the content is a string."""
    return [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []


def messages(body: Json, field: str) -> list[Json]:
    """The turns of the conversation that are objects."""
    return parts(body.get(field))


def counted(*contents: object) -> int:
    """Tokens of several contents together."""
    return sum(len(tokens(written(content))) for content in contents)


def image(media_type: object, base64_text: object) -> str:
    """One picture in words: its type and its size in bytes."""
    data = base64_text.rstrip("=") if isinstance(base64_text, str) else ""
    return f"{media_type}, {len(data) * 3 // 4} bytes"
