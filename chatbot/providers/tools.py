"""Calls of tools, which another service may have answered, in the form that the one takes which is asked now."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

from chatbot.core.messages import Conversation, Message
from chatbot.core.tools.calling import ToolCall


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


def acceptable(conversation: Conversation, call_ids: str, is_own: Callable[[Message], bool]) -> Conversation:
    """The same conversation, each call with an id that is the only one of its kind and fits the pattern `call_ids`, and
    a name in the letters that every service takes: a model may have made it up. What `is_own` of the service, and goes
    back to it as it came, stays.
    """
    seen: set[str] = set()
    messages: list[Message] = []
    sent: dict[str, ToolCall] = {}
    for at, message in enumerate(conversation.messages):
        results = [
            result._replace(call_id=call.id, name=call.name) if (call := sent.get(result.call_id)) else result
            for result in message.results
        ]
        is_kept = bool(message.calls) and is_own(message)
        calls = [call if is_kept else _acceptable(call, at, call_ids, seen) for call in message.calls]
        sent = {call.id: now for call, now in zip(message.calls, calls, strict=True)}
        seen.update(call.id for call in calls)
        messages.append(message._replace(calls=tuple(calls), results=tuple(results)))
    return conversation._replace(messages=tuple(messages))


def _acceptable(call: ToolCall, at: int, call_ids: str, seen: set[str]) -> ToolCall:
    call_id = call.id
    if call_id in seen or not re.fullmatch(call_ids, call_id):
        call_id = hashlib.sha256(f"{at} {call_id}".encode("utf-8", "replace")).hexdigest()[
            :9
        ]  # the shortest: Mistral's
    return ToolCall(call_id, re.sub(r"[^a-zA-Z0-9_-]", "_", call.name)[:64] or "_", call.arguments)
