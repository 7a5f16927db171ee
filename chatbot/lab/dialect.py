"""What a wire format is to the lab: tables, and pure functions from the lab's words to bytes or JSON."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any

from chatbot.lab.answers import Answer, Asked, Ending, Fault, tokens
from chatbot.records import NamedTuple

Json = dict[str, Any]
_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))  # made once: that takes as long as an event


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


class SentFile(NamedTuple):
    """A file of a client's, as it was sent: its media type, its Base64 text, and its name where that was said too."""

    media_type: object
    base64_text: object
    name: object = None

    def __str__(self) -> str:
        """What it is, its type, its size in bytes, and its name."""
        data = self.base64_text.rstrip("=") if isinstance(self.base64_text, str) else ""
        kind = str(self.media_type).partition("/")[0]
        named = f", {self.name}" if self.name else ""
        what = {"application": "document"}.get(kind, kind)
        return f"{what}: {self.media_type}, {len(data) * 3 // 4} bytes{named}"


def from_data_url(url: object, name: object = None) -> SentFile:
    """The file that a URL holds (RFC 2397)."""
    media_type, _, data = str(url or "").removeprefix("data:").partition(";base64,")
    return SentFile(media_type, data, name)


class Dialect(ABC):
    """One wire format. What most of them share stands here, in the words of OpenAI."""

    name: str
    faults: Mapping[Fault, FaultRow]
    endings: Mapping[Ending, str]
    """The finish reasons; an ending that is missing here is told by an error of the same name."""
    required: tuple[str, ...]
    """The fields without which a request is refused."""
    missing_message: str
    """The words for a missing field, with {parameter}."""
    turns_field = "messages"
    content_field = "content"
    paging: Paging | None = None
    errors_typed_as_streams = False
    """Whether an error to a stream request carries the content type of the stream."""
    request_id_header: str | None = None

    def read(self, body: Json, asked: Asked) -> Asked:
        """The request body, put into an Asked that already knows what the path said. Never raises."""
        turns = objects(body.get(self.turns_field))
        question = next((turn.get(self.content_field) for turn in reversed(turns) if self.is_question(turn)), None)
        return asked._replace(
            model=str(body.get("model", "")),
            question=written(question),
            attachments=tuple(map(str, self._files(question))),
            has_attachments=any(next(self._files(turn.get(self.content_field)), None) for turn in turns),
            parameters=frozenset(body) - set(self.required),
            streamed=body.get("stream") is True,
            input_tokens=sum(map(_counted, (self.system(body), *(turn.get(self.content_field) for turn in turns)))),
        )

    def is_question(self, turn: Json) -> bool:
        """Whether this turn of the conversation is a question of the client's, and not results of tools alone."""
        return turn.get("role") == "user"

    def system(self, body: Json) -> object:
        """The content of a system prompt that is no turn."""
        return None

    def _files(self, content: object) -> Iterator[SentFile]:
        """Those in the content of a message."""
        return (found for part in objects(content) if (found := self.file(part)))

    def faulty(self, body: Json) -> str:
        """Why a body with all of the fields cannot be a question, in the provider's words; empty where it can."""
        return ""

    @abstractmethod
    def file(self, part: Json) -> SentFile | None:
        """The picture, document or recording in a part of a message; None when it holds none."""

    def content_type(self, asked: Asked) -> str:
        """Of a stream."""
        return "text/event-stream; charset=utf-8"

    @abstractmethod
    def stream(self, answer: Answer, asked: Asked) -> Iterator[bytes]:
        """The whole stream, one piece an event."""

    @abstractmethod
    def whole(self, answer: Answer, asked: Asked) -> Json:
        """The body of an answer that is not streamed."""

    @abstractmethod
    def error(self, refusal: Refusal) -> Json:
        """The body of an error."""

    def error_headers(self, refusal: Refusal) -> dict[str, str]:
        """What goes with it into the head."""
        return {} if refusal.retry_after is None else {"Retry-After": refusal.retry_after}

    def stream_error(self, refusal: Refusal, asked: Asked) -> bytes:
        """The same error as an event within a stream."""
        return self.event(self.error(refusal))

    def event(self, value: Json) -> bytes:
        """One server-sent event."""
        return b"data: %s\n\n" % dumps(value)

    def refusal(self, fault: Fault, serial: int = 1, retry_after: str | None = None, **named: str) -> Refusal:
        """The fault in this dialect; `named` are the words its message mentions."""
        row = self.faults[fault]
        message = row.message.format_map({"model": "", "path": "", "parameter": "", **named})
        return Refusal(row, message, retry_after=retry_after, serial=serial)

    def bad_parameter(self, name: str) -> Refusal:
        """The refusal of a parameter that the model does not take."""
        return self.refusal(Fault.BAD_PARAMETER, parameter=name)

    @abstractmethod
    def model_list(self, page: Page) -> Json:
        """The body of a list of models."""


def dumps(value: object) -> bytes:
    """Compact JSON with its characters as they are, as providers write it, in UTF-8. A lone surrogate, which JSON can
    smuggle in, becomes a question mark.
    """
    return _COMPACT.encode(value).encode("utf-8", "replace")


def member(holder: Json, name: str) -> Json:
    """The object in a member; an empty one when it holds anything else."""
    value = holder.get(name)
    return value if isinstance(value, dict) else {}


def _counted(content: object) -> int:
    """The tokens in the content of a message."""
    return len(tokens(written(content)))


def written(content: object) -> str:
    """The text of a message, whatever shape its content has: a string, a list of parts, or something foreign."""
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in objects(content) if isinstance(part.get("text"), str))


def objects(content: object) -> list[Json]:
    """The parts of a message, or the turns of a conversation, that are objects; none when it is no list."""
    return [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
