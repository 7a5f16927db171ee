"""What tests look at in the events of an answer."""

from __future__ import annotations

from collections.abc import Sequence

from chatbot.core.events import Event, Finished, TextDelta


def end(events: Sequence[Event]) -> Finished:
    """The last one, and the only one of its kind."""
    assert [type(event) for event in events].index(Finished) == len(events) - 1
    last = events[-1]
    assert isinstance(last, Finished)
    return last


def text(events: Sequence[Event]) -> str:
    """The text of the answer."""
    return "".join(event.text for event in events if type(event) is TextDelta)
