"""What a provider wants back with the results of its calls (signatures, reasoning): clients of Chat Completions do not
keep it, so it is kept here.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator

from chatbot.core.events import Event, Finished, ToolCalled
from chatbot.core.messages import Conversation, Message, ProviderItems
from chatbot.core.tools.calling import ToolCall

_MOST_KEPT = 1000
_MAX_CHARS = 1_000_000  # of one answer's

_Key = tuple[int, tuple[ToolCall, ...]]


class HandedBack:
    """The items of the last answers with calls, by the calls and their place in the conversation."""

    def __init__(self) -> None:
        self._items: OrderedDict[_Key, ProviderItems] = OrderedDict()
        self._lock = threading.Lock()

    def with_items(self, conversation: Conversation) -> Conversation:
        """The conversation with what is known of its answers. A provider is sent its own alone."""
        messages = enumerate(conversation.messages)
        return conversation._replace(messages=tuple(self._with_item(number, message) for number, message in messages))

    def _with_item(self, number: int, message: Message) -> Message:
        return message._replace(items=self._items.get(_key(number, message.calls))) if message.calls else message

    def keeping(self, conversation: Conversation, events: Iterable[Event]) -> Iterator[Event]:
        """The events of the answer to this conversation, whose items are kept."""
        calls: list[ToolCall] = []
        for event in events:
            if isinstance(event, ToolCalled):
                calls.append(event.call)
            elif isinstance(event, Finished) and event.items and calls and len(event.items.json) <= _MAX_CHARS:
                with self._lock:
                    self._items[_key(len(conversation.messages), tuple(calls))] = event.items
                    while len(self._items) > _MOST_KEPT:
                        self._items.popitem(last=False)
            yield event


def _key(number: int, calls: Iterable[ToolCall]) -> _Key:
    return number, tuple(call._replace(arguments=call.arguments or "{}") for call in calls)
