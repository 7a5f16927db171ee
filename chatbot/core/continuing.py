"""A kept conversation as it is sent again, and about how many tokens that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from chatbot.core.events import Verdict
from chatbot.core.messages import Conversation, Image, Message
from chatbot.core.turns import Turn

# A question that got no answer for these reasons would fail again, or was stopped to be asked otherwise.
_NOT_ASKED_AGAIN = {Verdict.FILTERED, Verdict.REFUSED, Verdict.CANCELLED}
_FAULT_OF_THE_QUESTION = {"ContextTooLong", "RequestRefused", "ContentFiltered"}

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
    """A conversation to go on with, and what a person should know of it. It may end in a question without an answer:
    `ask_next` puts the next question to it.
    """

    conversation: Conversation
    notices: tuple[str, ...] = ()


def resumed(turns: Sequence[Turn], images: Mapping[str, bytes]) -> Resumed:
    """The conversation that these turns make, its sides strictly in turn, beginning with a question.

    `images` are the bytes by SHA-256. A cut answer stays as it came. A question without an answer is joined to the
    next one, or left out if it would fail again. The last system prompt counts.
    """
    kept = [turn for turn in turns if not turn.withdrawn]
    conversation = Conversation(system=kept[-1].system if kept else None)
    missing = 0
    for turn in kept:
        answered = bool(turn.answer.strip())
        if answered or _is_asked_again(turn):
            found = tuple(
                Image(image.media_type, images[image.sha256], image.width, image.height, image.name)
                for image in turn.images
                if image.sha256 in images
            )
            missing += len(turn.images) - len(found)
            conversation = ask_next(conversation, turn.question, found)
        if answered:
            conversation = conversation.answered(turn.answer)
    notices = [_last_words(kept[-1])] if kept else []
    if missing:
        notices.append(f"images that are no longer kept are left out: {missing}")
    return Resumed(conversation, tuple(filter(None, notices)))


def ask_next(conversation: Conversation, text: str, images: tuple[Image, ...] = ()) -> Conversation:
    """The conversation with one more question; joined to the last one if that has no answer yet."""
    last = conversation.messages[-1] if conversation.messages else None
    if last is None or last.role != "user":
        return conversation.asking(text, images)
    joined = "\n\n".join(part for part in (last.text, text) if part) if text != last.text else text
    message = Message("user", joined, last.images + tuple(image for image in images if image not in last.images))
    return conversation._replace(messages=(*conversation.messages[:-1], message))


def _is_asked_again(turn: Turn) -> bool:
    if not turn.question.strip() and not turn.images:
        return False
    return turn.verdict not in _NOT_ASKED_AGAIN and (
        turn.error is None or turn.error.kind not in _FAULT_OF_THE_QUESTION
    )


def _last_words(turn: Turn) -> str:
    if not turn.answer.strip():
        if _is_asked_again(turn):
            return "the last question has no answer yet; it is sent together with the next one"
        return "the last question has no answer; it is left out"
    how = _HOW_IT_ENDED.get(turn.verdict)
    return f"the last answer {how}; it is sent as far as it came" if how else ""


def estimated_tokens(conversation: Conversation) -> int:
    """About how many tokens the conversation is as input, for any model: within a third for prose in most languages."""
    texts = [conversation.system or "", *(message.text for message in conversation.messages)]
    images = [image for message in conversation.messages for image in message.images]
    return sum(_text_tokens(text) + _MESSAGE_TOKENS for text in texts if text) + sum(
        min(_MAX_IMAGE_TOKENS, -(-image.width * image.height // _PIXELS_PER_TOKEN)) for image in images
    )


def _text_tokens(text: str) -> int:
    """Four ASCII characters are about one token, elsewhere three bytes of UTF-8 (one Chinese character)."""
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
