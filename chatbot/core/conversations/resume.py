"""A kept conversation as it is sent again, and about how many tokens that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from chatbot.core.events import Verdict
from chatbot.core.messages import Conversation, Image

if TYPE_CHECKING:  # the session does without the history until something is kept
    from chatbot.core.conversations.stored import Turn

_MESSAGE_TOKENS = 4  # what a wire format adds to each message, about
_PIXELS_PER_TOKEN = 750  # platform.claude.com, "Vision"; other providers are of the same order
_MAX_IMAGE_TOKENS = 1600

_HOW_IT_ENDED = {
    None: "was interrupted",
    Verdict.CANCELLED: "was stopped",
    Verdict.CUT: "was cut",
    Verdict.FAILED: "ended in an error",
    Verdict.LENGTH: "stops at the token limit",
    Verdict.FILTERED: "was cut by the provider's filter",
}


class Resumed(NamedTuple):
    """A conversation to go on with, which ends in an answer, and what a person should know of it. `unanswered` is the
    conversation with the last question, if that has no answer: it may be asked again. `verdict` is how the last answer
    ended, None if that is not known.
    """

    conversation: Conversation
    unanswered: Conversation | None = None
    verdict: Verdict | None = None
    remarks: tuple[str, ...] = ()


def resumed(turns: Sequence[Turn], images: Mapping[str, bytes]) -> Resumed:
    """The conversation that these turns make, its sides strictly in turn, beginning with a question.

    `images` are the bytes by SHA-256. A cut answer stays as it came. A question without an answer is left out, as it is
    in a session where another one is asked instead. The last system prompt counts.
    """
    kept = [turn for turn in turns if not turn.withdrawn]
    conversation = Conversation(system=kept[-1].system if kept else None)
    unanswered = verdict = None
    missing = 0
    for turn in kept:
        found = tuple(
            Image(image.media_type, images[image.sha256], image.width, image.height, image.name)
            for image in turn.images
            if image.sha256 in images
        )
        asked = conversation.asking(turn.question, found)
        if turn.answer.strip():
            missing += len(turn.images) - len(found)
            conversation, unanswered, verdict = asked.answered(turn.answer, turn.items), None, turn.verdict
        else:
            unanswered = asked
    remarks = [_last_words(kept[-1])] if kept else []
    if missing:
        remarks.append(f"images that are no longer kept are left out: {missing}")
    return Resumed(conversation, unanswered, verdict, tuple(filter(None, remarks)))


def _last_words(turn: Turn) -> str:
    if not turn.answer.strip():
        return "the last question has no answer; it is left out"
    how = _HOW_IT_ENDED.get(turn.verdict)
    return f"the last answer {how}; it is sent as far as it came" if how else ""


def estimated_tokens(conversation: Conversation) -> int:
    """About how many tokens the conversation is as input, for any model: within a third for prose in most languages."""
    texts = [conversation.system or "", *(message.text for message in conversation.messages)]
    images = [image for message in conversation.messages for image in message.images]
    return sum(text_tokens(text) + _MESSAGE_TOKENS for text in texts if text) + sum(
        min(_MAX_IMAGE_TOKENS, -(-image.width * image.height // _PIXELS_PER_TOKEN)) for image in images
    )


def text_tokens(text: str) -> int:
    """About how many tokens a text is: four ASCII characters are one, elsewhere three bytes of UTF-8 (one Chinese
    character).
    """
    if text.isascii():
        return -(-len(text) // 4)
    ascii_bytes = len(text.encode("ascii", "ignore"))
    return -(-ascii_bytes // 4) - (-(len(text.encode("utf-8", "replace")) - ascii_bytes) // 3)


def truncated(conversation: Conversation, max_tokens: int) -> tuple[Conversation, int]:
    """The conversation without its oldest questions and their answers, so that about `max_tokens` are left, and how
    many messages went. The system prompt and the last question always stay.
    """
    messages = conversation.messages
    tokens = estimated_tokens(conversation)
    dropped = 0
    while tokens > max_tokens and dropped + 2 < len(messages):
        tokens -= estimated_tokens(Conversation(messages[dropped : dropped + 2]))
        dropped += 2
    return conversation._replace(messages=messages[dropped:]), dropped
