"""What happens while a question is answered, one type for each kind of thing.

An answer is a sequence of events that always ends in one `Finished`. Providers make the first group from what the
server sends; the session adds the second.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from chatbot.core.errors import ChatError
from chatbot.core.messages import ProviderItems
from chatbot.records import NamedTuple

if TYPE_CHECKING:  # a question without tools does without
    from chatbot.core.tools.calling import ToolCall, ToolResult


class Verdict(enum.StrEnum):
    """How an answer ended."""

    COMPLETE = "complete"
    LENGTH = "length"  # stopped at the token limit
    FILTERED = "filtered"  # withheld by the provider's filter
    REFUSED = "refused"  # the model declined
    CUT = "cut"  # the stream broke off without its end
    FAILED = "failed"  # an error instead of the answer, or in the middle of it
    EMPTY = "empty"  # ended properly, without any text
    CANCELLED = "cancelled"  # the person stopped it


class _Words:
    """A piece of text, equal only to the same text of the same kind. By hand, because one is made for every token."""

    __match_args__ = ("text",)
    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, _Words) and other.text == self.text

    def __hash__(self) -> int:
        return hash((type(self), self.text))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.text!r})"


class TextDelta(_Words):
    """The next piece of the answer."""

    __slots__ = ()


class ReasoningDelta(_Words):
    """The next piece of the model's reasoning; never part of the answer."""

    __slots__ = ()


class Notice(_Words):
    """Something a person should know beside the answer."""

    __slots__ = ()


class Usage(NamedTuple):
    """Tokens counted by the provider; None where it did not say. A later report replaces an earlier one,
    number by number.

    `output_tokens` includes `reasoning_tokens`, `input_tokens` includes `cached_tokens` (from the provider's cache) and
    `cache_write_tokens` (into it), whatever the wire format does.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class FinishReason(NamedTuple):
    """Why the model stopped: the provider's word, and what it means."""

    reason: str
    verdict: Verdict


class EndMarker(NamedTuple):
    """The wire format's own end of a stream was seen (`[DONE]`, `message_stop`)."""


class OutputItems(NamedTuple):
    """The items of a whole answer, as a JSON array, where the provider wants them back with the next question."""

    json: str


class CallPiece(NamedTuple):
    """What a provider says of a tool call at once: the call, or the next piece of its arguments. `place` is where the
    call stands in the answer, None where that is not said; `id` and `name` may be missing in any piece. The arguments
    of a `whole` one are all there are, whatever came before.
    """

    place: int | str | None = None
    id: str = ""
    name: str = ""
    arguments: str = ""
    whole: bool = False


class ToolCallDelta(NamedTuple):
    """The next piece of the arguments of call number `number` (from 0) of this answer, which is to the tool `name`."""

    number: int
    name: str
    arguments: str


class ToolCalled(NamedTuple):
    """A whole call. Calls are whole when the answer is."""

    call: ToolCall


class ToolStarted(NamedTuple):
    """A call is made now, with these arguments, which may be those of a person."""

    call: ToolCall


class ToolFinished(NamedTuple):
    """What came of a call, `took_s` seconds after it started."""

    result: ToolResult
    took_s: float


class Retrying(NamedTuple):
    """Attempt number `attempt` (the first is 1) failed with `error`; the next one starts after `delay_s` seconds, for
    this `reason`.
    """

    delay_s: float
    attempt: int
    error: ChatError
    reason: str = ""


class CacheUse(NamedTuple):
    """What the cache had to do with an answer: whether it is from there (`hit`), how old it is, how much longer it is
    kept (0: it is not), both in seconds, and under which key.
    """

    hit: bool
    age_s: float
    expires_s: float
    key: str


class Finished(NamedTuple):
    """The end of every answer.

    `error` says more where the verdict is failed, cut or empty; `attempts` counts the requests sent; `has_text` is
    whether any of the answer was given out; `model` is the one that was asked; `cache` is None where none is used;
    `items` go with the answer into the conversation. `parts` are those of an answer that broke off and was continued.
    """

    verdict: Verdict
    finish_reason: str | None = None
    usage: Usage | None = None
    error: ChatError | None = None
    request_id: str | None = None
    attempts: int = 1
    has_text: bool = False
    model: str = ""
    cache: CacheUse | None = None
    items: ProviderItems | None = None
    parts: tuple[AnswerPart, ...] = ()


class AnswerPart(NamedTuple):
    """What one model said of an answer: the characters (Unicode code points) from `start` up to `end`, and how it
    ended. `is_joined` is whether the seam at its beginning was found; where it was not, a word may be doubled there.
    """

    start: int
    end: int
    provider: str
    finished: Finished
    is_joined: bool = True


class StepFinished(NamedTuple):
    """The end of an answer with calls, behind which another one follows, once these are made. `finished` is the end of
    its own.
    """

    finished: Finished
    calls: tuple[ToolCall, ...]


class PartFinished(NamedTuple):
    """The end of a part of an answer, which broke off: its rest is asked for now."""


ProviderEvent = TextDelta | ReasoningDelta | CallPiece | Usage | FinishReason | EndMarker | OutputItems | Notice
ToolEvent = ToolCallDelta | ToolCalled | ToolStarted | ToolFinished | StepFinished
Event = ProviderEvent | ToolEvent | Retrying | PartFinished | Finished


class FromOne(NamedTuple):
    """An event of the answer of member `number`, counted from 0, which came so many seconds after that was asked."""

    number: int
    event: Event
    after_s: float
