"""A conversation as whoever is asked now takes it; its documents may be from a time when somebody else was asked."""

from __future__ import annotations

from collections.abc import Callable

from chatbot.core.messages import Conversation, Document
from chatbot.providers.attachments import fitted, limits
from chatbot.providers.choice import ModelTarget


def sendable(conversation: Conversation, target: ModelTarget, warn: Callable[[str], None]) -> Conversation:
    """The conversation with only such documents as the target takes; the others are text, or left out, which is said.

    Raises FileUnreadable where the last question has one that cannot be sent.
    """
    if all(type(each) is not Document for message in conversation.messages for each in message.attachments):
        return conversation
    taken = limits(target.service, target.model)
    conversation, remarks = fitted(conversation, taken, target.service.title, _text)
    for remark in remarks:
        warn(remark)
    return conversation


def _text(document: Document) -> str:
    from chatbot.outside.attachments.pdf_text import pdf_text

    return pdf_text(document.data, document.name).text
