"""Which files a service takes with a question, and a conversation as a service can take it."""

from __future__ import annotations

from collections.abc import Callable

from chatbot.core.amounts import size_words
from chatbot.core.attachments.pdf import is_encrypted, page_count
from chatbot.core.errors import FileUnreadable
from chatbot.core.messages import AAC, AIFF, FLAC, MP3, OGG, PDF, WAV, Conversation, Document, FileLimits, Message
from chatbot.core.text import question
from chatbot.providers.models import context_window
from chatbot.providers.service import Service

# What each wire format has a place for.
MEDIA_TYPES = {
    "openai": (PDF, WAV, MP3),
    "responses": (PDF,),
    "anthropic": (PDF,),
    "gemini": (PDF, WAV, MP3, AIFF, AAC, OGG, FLAC),
}
_CLAUDE_SMALL_CONTEXT_TOKENS, _CLAUDE_SMALL_CONTEXT_PAGES = 200_000, 100  # platform.claude.com, "PDF support"

_Whys = list[tuple[str, str]]
AsText = Callable[[Document], str]
"""The text of a PDF. Raises FileUnreadable where there is none to be had."""


def limits(service: Service, model: str | None) -> FileLimits:
    """What the service takes in the wire format that it is spoken to in."""
    files = service.files
    taken = tuple(each for each in files.media_types if each in MEDIA_TYPES[service.wire])
    window = context_window(model or "")
    if service.wire == "anthropic" and window is not None and window <= _CLAUDE_SMALL_CONTEXT_TOKENS:
        files = files._replace(max_pages=_CLAUDE_SMALL_CONTEXT_PAGES)
    return files._replace(media_types=taken)


def why_not_taken(document: Document, limits: FileLimits, title: str) -> str | None:
    """Why `title` would refuse the file, as a part of a sentence; None where nothing is known against it."""
    if document.media_type not in limits.media_types:
        return f"{title} takes no {'PDF' if document.media_type == PDF else 'such recordings'} here"
    if len(document.data) > limits.max_file_bytes:
        return f"it has {size_words(len(document.data))}, and {title} takes at most {size_words(limits.max_file_bytes)}"
    if document.media_type != PDF:
        return None
    pages = page_count(document.data)
    if pages is not None and limits.max_pages is not None and pages > limits.max_pages:
        return f"it has {pages} pages, and {title} takes at most {limits.max_pages}"
    return f"it is encrypted, and {title} takes none that is" if is_encrypted(document.data) else None


def fitted(
    conversation: Conversation, limits: FileLimits, title: str, as_text: AsText
) -> tuple[Conversation, tuple[str, ...]]:
    """The conversation with only such documents as `title` takes, and what is to be said of it: a PDF that it does not
    take becomes text, and what has none is left out of an earlier question, and forbids the last one.

    Raises FileUnreadable.
    """
    if not conversation.has_documents:
        return conversation, ()
    remarks: list[str] = []
    messages = list(conversation.messages)
    last = len(conversation.to_last_question.messages) - 1
    for number, message in enumerate(messages):
        messages[number], as_texts, left_out = _message(message, limits, title, as_text)
        if left_out and number == last:
            name, why = left_out[0]
            raise FileUnreadable(f"{name} cannot be sent: {why}", advice="Choose another model with -m.")
        remarks += [f"the text of {name} is sent: {why}" for name, why in as_texts]
        remarks += [f"{name} is left out of an earlier question: {why}" for name, why in left_out]
    return conversation._replace(messages=tuple(messages)), tuple(dict.fromkeys(remarks))


def _message(message: Message, limits: FileLimits, title: str, as_text: AsText) -> tuple[Message, _Whys, _Whys]:
    """The message as it can be taken, and the names of what is text now, and of what is left out, with why."""
    texts: _Whys = []
    as_texts: _Whys = []
    left_out: _Whys = []
    kept = []
    for each in message.attachments:
        why = why_not_taken(each, limits, title) if isinstance(each, Document) else None
        if why is None or not isinstance(each, Document):
            kept.append(each)
            continue
        try:
            if each.media_type == PDF:
                texts.append((each.name, as_text(each)))
                as_texts.append((each.name, why))
                continue
        except FileUnreadable as error:
            why = f"{why}, and {error}"
        left_out.append((each.name, why))
    marks = "\n".join(f"[{name} was attached here, and is left out]" for name, _ in left_out)
    text = question(message.text, texts, marks or None) if texts or marks else message.text
    return message._replace(text=text, attachments=tuple(kept)), as_texts, left_out


def without_earlier_attachments(conversation: Conversation) -> Conversation | None:
    """The conversation with those of the last question only; None where no other has any."""
    last = len(conversation.to_last_question.messages) - 1
    earlier = conversation.messages[:last]
    if not any(message.attachments for message in earlier):
        return None
    bare = (
        message._replace(
            text=question(
                message.text, (), "\n".join(f"[{each.name} was attached here]" for each in message.attachments)
            ),
            attachments=(),
        )
        if message.attachments
        else message
        for message in earlier
    )
    return conversation._replace(messages=(*bare, *conversation.messages[last:]))
