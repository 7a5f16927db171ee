"""A talk as a Markdown document, whether it is kept or not."""

from __future__ import annotations

from chatbot.core.messages import Conversation, Image, Message

_TITLES = {"user": "Question", "assistant": "Answer"}


def as_markdown(conversation: Conversation) -> str:
    """Each message under its title, its text unaltered; attachments by their names."""
    parts = [f"## System prompt\n\n{conversation.system}\n"] if conversation.system else []
    return "\n".join(parts + [_section(message) for message in conversation.messages])


def _section(message: Message) -> str:
    attached = "".join(
        f"*{'image' if isinstance(each, Image) else 'attached'}: {each.name}*\n\n" for each in message.attachments
    )
    end = "" if message.text.endswith("\n") else "\n"
    return f"## {_TITLES[message.role]}\n\n{attached}{message.text}{end}"
