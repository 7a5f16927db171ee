"""Tools where a service has none: what was called before is told in words."""

from __future__ import annotations

from chatbot.core.messages import Conversation, Message


def in_words(conversation: Conversation) -> Conversation:
    """The same conversation, its calls and their results as text."""
    return conversation._replace(messages=tuple(map(_in_words, conversation.messages)))


def _in_words(message: Message) -> Message:
    called = [f"[called {call.name}: {call.arguments or '{}'}]" for call in message.calls]
    results = [f"[{result.name} said: {result.text}]" for result in message.results]
    if not called and not results:
        return message
    text = "\n\n".join(filter(None, [*results, message.text, *called]))
    return Message(message.role, text, message.attachments)
