"""A talk as a Markdown document, whether it is kept or not."""

from __future__ import annotations

from chatbot.core.messages import Conversation, Image, Message
from chatbot.terminal.documents.conversations import one_line
from chatbot.terminal.documents.transcript import fenced

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
    results = "".join(f"*{one_line(result.name)} said*\n\n{fenced(result.text)}\n\n" for result in message.results)
    calls = "".join(f"\n*tool: {one_line(call.name)}*\n\n{fenced(call.arguments)}\n" for call in message.calls)
    title = _TITLES[message.role] if message.is_question or message.role == "assistant" else "Results"
    return f"## {title}\n\n{attached}{results}{message.text}{end}{calls}"
