"""A kept conversation as it is sent again, and about how many tokens that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from chatbot.core.attachments.pdf import page_count
from chatbot.core.calls.steps import with_steps
from chatbot.core.events import Verdict
from chatbot.core.messages import PDF, Attachment, Conversation, Image
from chatbot.records import NamedTuple

if TYPE_CHECKING:  # the session does without the history until something is kept
    from chatbot.core.conversations.stored import Turn

_MESSAGE_TOKENS = 4  # what a wire format adds to each message, about
_PIXELS_PER_TOKEN = 750  # platform.claude.com, "Vision"; other providers are of the same order
_MAX_IMAGE_TOKENS = 1600
_PAGE_TOKENS = 3_000  # platform.claude.com, "PDF support": 1 500 to 3 000 of text, and the picture of the page
_PAGE_BYTES = 20_000  # of a PDF that does not say how many pages it has
_SOUND_BYTES_PER_TOKEN = 500  # 32 tokens a second (ai.google.dev, "Audio understanding") of an MP3 of 128 kbit/s

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
    """The conversation that these turns make, its sides strictly in turn, beginning with a question. No call that was
    made is made again: the model is told its result, and of one that never ended that it did not.

    `images` are the bytes by SHA-256. A cut answer stays as it came. A question without an answer is left out, as it is
    in a session where another one is asked instead, unless tools were called for it. The last system prompt counts.
    """
    kept = [turn for turn in turns if not turn.withdrawn]
    conversation = Conversation(system=kept[-1].system if kept else None)
    unanswered = verdict = None
    missing = 0
    for turn in kept:
        found = tuple(image.attachment(images[image.sha256]) for image in turn.images if image.sha256 in images)
        asked = conversation.asking(turn.question, found)
        if turn.answer.strip():
            missing += len(turn.images) - len(found)
            answered = with_steps(asked, turn.steps).answered(turn.answer, turn.items)
            conversation, unanswered, verdict = answered, None, turn.verdict
        elif turn.steps:
            conversation, unanswered, verdict = with_steps(asked, turn.steps), None, turn.verdict
        else:
            unanswered = asked
    remarks = [_last_words(kept[-1])] if kept else []
    if missing:
        remarks.append(f"attachments that are no longer kept are left out: {missing}")
    return Resumed(conversation, unanswered, verdict, tuple(filter(None, remarks)))


def _last_words(turn: Turn) -> str:
    if not turn.answer.strip() and turn.steps:
        return "the last question has no answer yet; what its tools said is sent with the next one"
    if not turn.answer.strip():
        return "the last question has no answer; it is left out"
    how = _HOW_IT_ENDED.get(turn.verdict)
    return f"the last answer {how}; it is sent as far as it came" if how else ""


def estimated_tokens(conversation: Conversation) -> int:
    """About how many tokens the conversation is as input, for any model: within a third for prose in most languages."""
    texts = [conversation.system or "", *(message.text for message in conversation.messages)]
    texts += [call.name + call.arguments for message in conversation.messages for call in message.calls]
    texts += [result.text for message in conversation.messages for result in message.results]
    attached = [each for message in conversation.messages for each in message.attachments]
    return sum(text_tokens(text) + _MESSAGE_TOKENS for text in texts if text) + sum(map(_attachment_tokens, attached))


def _attachment_tokens(attachment: Attachment) -> int:
    if isinstance(attachment, Image):
        return min(_MAX_IMAGE_TOKENS, -(-attachment.width * attachment.height // _PIXELS_PER_TOKEN))
    if attachment.media_type == PDF:
        pages = page_count(attachment.data) or -(-len(attachment.data) // _PAGE_BYTES)
        return pages * _PAGE_TOKENS
    return -(-len(attachment.data) // _SOUND_BYTES_PER_TOKEN)


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
    questions = [at for at, message in enumerate(messages) if message.is_question]
    while tokens > max_tokens and (later := next((at for at in questions if at > dropped), None)):
        tokens -= estimated_tokens(Conversation(messages[dropped:later]))
        dropped = later
    if not dropped:
        return conversation, 0
    first = messages[dropped]._replace(results=())  # of calls that are gone
    return conversation._replace(messages=(first, *messages[dropped + 1 :])), dropped
