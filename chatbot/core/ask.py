"""The shape of everything that answers: a session, and each layer around one."""

from collections.abc import Callable, Iterator

from chatbot.core.events import Event
from chatbot.core.messages import Conversation
from chatbot.core.options import Options

Sleep = Callable[[float], None]
"""Waits that many seconds; an exception from it (Cancelled) ends the answer."""

Ask = Callable[[Conversation, Options, Sleep], Iterator[Event]]
"""The events of the answer to the last question of the conversation; the last one is always Finished."""
