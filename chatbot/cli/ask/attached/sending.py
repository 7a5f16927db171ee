"""A conversation as whoever is asked now takes it; its documents may be from a time when somebody else was asked."""

from __future__ import annotations

from collections.abc import Callable

from chatbot.core.messages import Conversation
from chatbot.providers.attachments import fitted, limits
from chatbot.providers.choice import ModelTarget


def sendable(conversation: Conversation, target: ModelTarget, warn: Callable[[str], None]) -> Conversation:
    """The conversation with only such documents as the target takes; the others are text, or left out, which is said.

    Raises FileUnreadable where the last question has one that cannot be sent.
    """
    from chatbot.outside.attachments.pdf_text import pdf_text

    taken = limits(target.service, target.model)
    conversation, remarks = fitted(
        conversation, taken, target.service.title, lambda document: pdf_text(document.data, document.name, warn).text
    )
    for remark in remarks:
        warn(remark)
    return conversation
