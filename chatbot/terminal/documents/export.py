"""A talk as a Markdown document, whether it is kept or not."""

from __future__ import annotations

from chatbot.core.messages import Conversation, Message

_TITLES = {"user": "Question", "assistant": "Answer"}


def as_markdown(conversation: Conversation) -> str:
    """Each message under its title, its text unaltered; images by their names."""
    parts = [f"## System prompt\n\n{conversation.system}\n"] if conversation.system else []
    return "\n".join(parts + [_section(message) for message in conversation.messages])


def _section(message: Message) -> str:
    images = "".join(f"*image: {image.name}*\n\n" for image in message.images)
    end = "" if message.text.endswith("\n") else "\n"
    return f"## {_TITLES[message.role]}\n\n{images}{message.text}{end}"
