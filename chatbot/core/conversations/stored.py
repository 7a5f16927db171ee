"""What is kept of conversations: turns, the conversations they make, and what a search finds in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from chatbot.core.calls.steps import Step
from chatbot.core.cost.answer import Cost
from chatbot.core.errors import ChatError, UsageError
from chatbot.core.events import Usage, Verdict
from chatbot.core.messages import Attachment, Document, Image, ProviderItems, Role
from chatbot.records import NamedTuple

# Crockford's base 32 (www.crockford.com/base32.html), in small letters: no character looks like another.
ID_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
ID_LENGTH = 6
_MISREAD = str.maketrans("ilo", "110")
_MAX_TITLE = 200


# Which question another one replaces: the last one, with its answer, or a later one for which nothing came.
Replaced = Literal["answered", "unanswered"]


class HistoryUnavailable(ChatError):
    """The history cannot be read, or cannot be changed as was asked."""

    exit_code = 74  # EX_IOERR


class UnknownConversation(UsageError):
    """No conversation has this id."""

    advice = "Find it with: chat logs list"


class AmbiguousId(UsageError):
    """The beginning of an id fits more than one conversation; `candidates` are some of them, newest first."""

    def __init__(self, prefix: str, candidates: Sequence[Summary]) -> None:
        names = "\n".join(f"{summary.id}  {summary.title[:60]}" for summary in candidates)
        super().__init__(f"more than one conversation begins with {prefix}", advice=names)
        self.candidates = tuple(candidates)


class Failure(NamedTuple):
    """An error as it is kept: the name of its class, its sentence, and the HTTP status if there was one.

    `delay_s` is how long the next attempt waited after it; None when it was the last.
    """

    kind: str
    message: str
    status: int | None = None
    delay_s: float | None = None


class ImageReference(NamedTuple):
    """An image of a question, or another file, without its bytes, which are kept once for all questions under their
    SHA-256 (hex). `width` and `height` are pixels, and 0 for what has none.
    """

    sha256: str
    media_type: str
    width: int
    height: int
    name: str

    @property
    def is_image(self) -> bool:
        """Whether it is a picture."""
        return self.media_type.startswith("image/")

    def attachment(self, data: bytes) -> Attachment:
        """The file itself."""
        if self.is_image:
            return Image(self.media_type, data, self.width, self.height, self.name)
        return Document(self.media_type, data, self.name)


class Turn(NamedTuple):
    """One question and its answer as far as it came.

    `verdict` is None while the answer is written; it stays None when the writing program died ("partial").
    `created_s` is Unix time; `first_text_s` and `total_s` count from the question. `error` ended the answer;
    `failures` are the attempts before that were repeated. A `withdrawn` turn was taken back: kept, never sent again.
    `items` are handed back to the provider with the answer. `cost` is None where nobody looked. `steps` are those
    before the answer in which the model called tools; usage and attempts are of all.
    """

    id: int
    conversation_id: str
    position: int
    created_s: float
    question: str
    images: tuple[ImageReference, ...] = ()
    system: str | None = None
    provider: str = ""
    model: str = ""
    answer: str = ""
    reasoning: str = ""
    verdict: Verdict | None = None
    finish_reason: str | None = None
    error: Failure | None = None
    usage: Usage | None = None
    first_text_s: float | None = None
    total_s: float | None = None
    request_id: str | None = None
    attempts: int = 1
    failures: tuple[Failure, ...] = ()
    withdrawn: bool = False
    items: ProviderItems | None = None
    cost: Cost | None = None
    steps: tuple[Step, ...] = ()


# How an answer ended; "partial" while it is written, and for good where the writing program died.
Ending = Verdict | Literal["partial"]


class Summary(NamedTuple):
    """A conversation in a list. `title` begins its first question; `turns` counts those that were not taken back;
    `provider` and `model` answered last. `ending` is that of the last answer; None where every question was taken
    back. `compared_to` is the conversation whose questions this one asks of another model.
    """

    id: str
    created_s: float
    updated_s: float
    title: str
    turns: int
    provider: str = ""
    model: str = ""
    forked_from: str | None = None
    ending: Ending | None = None
    compared_to: str | None = None


class StoredConversation(NamedTuple):
    """A conversation with its turns, oldest first."""

    summary: Summary
    turns: tuple[Turn, ...]


class Piece(NamedTuple):
    """A part of a snippet, and whether it is what was searched for."""

    text: str
    is_hit: bool


class Hit(NamedTuple):
    """A turn that a search found, and the place in its question (`user`) or its answer."""

    conversation_id: str
    position: int
    created_s: float
    model: str
    side: Role
    snippet: tuple[Piece, ...]


class PaidTurn(NamedTuple):
    """What one question took. `usd` is None where it is not known; nobody looked for its price unless `is_priced`."""

    created_s: float
    provider: str
    model: str
    attempts: int
    usd: Decimal | None
    is_priced: bool
    usage: Usage


class ModelUse(NamedTuple):
    """What one model was used for. Tokens are those that were reported; an answer from the cache took none."""

    provider: str
    model: str
    turns: int
    input_tokens: int
    output_tokens: int


class Stats(NamedTuple):
    """The history in numbers; `models` by number of turns, the most used first."""

    conversations: int
    turns: int
    incomplete: int
    images: int
    image_bytes: int
    file_bytes: int
    first_s: float | None
    last_s: float | None
    models: tuple[ModelUse, ...]


def short_id(random: bytes) -> str:
    """An id from at least ID_LENGTH random bytes: 30 bits, so who stores it must still look whether it is taken."""
    return "".join(ID_ALPHABET[byte & 31] for byte in random[:ID_LENGTH])


def id_prefix(typed: str) -> str:
    """An id or its beginning as a person typed it, in the letters of ids. Raises UnknownConversation if it is none."""
    prefix = typed.strip().lower().translate(_MISREAD)
    if not re.fullmatch(f"[{ID_ALPHABET}]{{1,{ID_LENGTH}}}", prefix):
        raise UnknownConversation(f"{typed.strip()[:40]!r} is not the id of a conversation")
    return prefix


def title_of(question: str) -> str:
    """The beginning of a question on one line."""
    return " ".join(question[: 5 * _MAX_TITLE].split())[:_MAX_TITLE]
