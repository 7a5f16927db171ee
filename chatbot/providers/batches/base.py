"""What every batch engine offers."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from chatbot.core.errors import ChatError, MalformedAnswer
from chatbot.core.options import Options
from chatbot.core.request import HttpRequest, Payload
from chatbot.providers.wires.base import Provider
from chatbot.records import NamedTuple

Send = Callable[[HttpRequest], Any]
"""Sends a request; the JSON document of the answer. Raises ChatError for anything but one with status 200."""

Lines = Callable[[HttpRequest], Iterator[bytes]]
"""The same, for an answer of many lines."""


class BatchRequest(NamedTuple):
    """A row as the provider gets it. `custom_id` has letters, digits, - and _ alone, 64 at most."""

    custom_id: str
    payload: Payload


class BatchState(NamedTuple):
    """How a batch is: the provider's word for it, whether it is over, and how many rows are done so far. `ended` is
    what became of rows without a result; `reason` says why all of it failed. `document` is what it was read from.
    """

    word: str
    is_over: bool
    done: int = 0
    failed: int = 0
    ended: str = "failed"
    reason: str = ""
    document: Any = None


class BatchAnswer(NamedTuple):
    """What became of a row: an answer as it comes without a stream, an error, or neither (`ended` as in BatchState)."""

    custom_id: str
    document: Any = None
    error: ChatError | None = None
    ended: str = ""


class BatchEngine(ABC):
    """The engine of `provider`, for the model of `options`. `max_rows` and `max_bytes` bound one batch."""

    max_rows = 50_000
    max_bytes = 100_000_000

    def __init__(self, provider: Provider, options: Options) -> None:
        self.provider, self.options = provider, options._replace(stream=False)

    @abstractmethod
    def line(self, request: BatchRequest) -> bytes:
        """A row as it stands in the body of a batch, in JSON."""

    @abstractmethod
    def submit(self, lines: Sequence[bytes], send: Send) -> str:
        """Hands a batch over; the id it gets. Raises ChatError."""

    @abstractmethod
    def state(self, batch_id: str, send: Send) -> BatchState:
        """How it is. Raises ChatError."""

    @abstractmethod
    def answers(self, batch_id: str, state: BatchState, lines: Lines) -> Iterator[BatchAnswer]:
        """What there is of a batch that is over, in any order. Raises ChatError."""

    @abstractmethod
    def cancel(self, batch_id: str, send: Send) -> None:
        """Ends it; what is done by then can be fetched. Raises ChatError."""


def encoded(document: Any) -> bytes:
    """Compact JSON in UTF-8."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def text_of(document: Any, name: str) -> str:
    """A text that an answer must have. Raises MalformedAnswer."""
    value = document.get(name) if isinstance(document, dict) else None
    if not isinstance(value, str) or not value:
        raise MalformedAnswer(f"the server's answer about the batch has no {name}")
    return value


def objects(lines: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    """The objects of JSON Lines; a line that is none is left out: its row then has no result."""
    for line in lines:
        try:
            document = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(document, dict):
            yield document


def counted(counts: Any, *names: str) -> int:
    """The sum of these counts, as far as they are told."""
    values = [counts.get(name) for name in names] if isinstance(counts, dict) else []
    return sum(value for value in values if isinstance(value, int))
