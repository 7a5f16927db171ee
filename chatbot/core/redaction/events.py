"""What comes from a server, without the keys that went to it.

A server may give a key back anywhere: in a header, an id, a finish reason, an error, even in the answer. Each string is
redacted once, here, so that no view, history or export has to think of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from chatbot.core import events
from chatbot.core.errors import ChatError
from chatbot.core.events import Event, Finished
from chatbot.core.messages import ProviderItems
from chatbot.core.redaction.redactor import MASK
from chatbot.core.tools.calling import ToolCall

_MASKED = f"the server gave the key back in its answer; it stands as {MASK} there"
_MIN_KEY_CHARS = 8  # a shorter one may well be a word


class EventRedactor:
    """Redacts every string of the events of one answer. In its text only `keys`, those that this very request carried,
    are masked: whatever else looks like a key is what the model says.
    """

    def __init__(self, keys: Sequence[str], redact: Callable[[str], str]) -> None:
        self._redact, self._keys = redact, keys
        self._answer, self._reasoning = KeyMask(keys), KeyMask(keys)
        self._calls: list[KeyMask] = []  # those that grow

    def __call__(self, stream: Iterable[Event]) -> Iterator[Event]:
        """The next events, redacted; what may be the beginning of a key comes with later ones."""
        for event in stream:
            if isinstance(event, events.TextDelta):
                text = self._answer.feed(event.text)
                if text is event.text:
                    yield event
                elif text:
                    yield events.TextDelta(text)
            elif isinstance(event, events.ReasoningDelta):
                if text := self._reasoning.feed(event.text):
                    yield events.ReasoningDelta(text)
            else:
                yield from self._beside(event)

    def _beside(self, event: Event) -> Iterator[Event]:
        match event:
            case events.ToolCallDelta():
                self._calls += [KeyMask(self._keys) for _ in range(event.number + 1 - len(self._calls))]
                event = event._replace(arguments=self._calls[event.number].feed(event.arguments))
            case events.ToolCalled(call) | events.ToolStarted(call):
                event = type(event)(self._masked(call))
            case events.ToolFinished(result):
                event = event._replace(result=result._replace(text=self._whole(result.text)))
            case events.StepFinished(finished, calls):
                yield from self._rest()
                self._answer, self._reasoning, self._calls = KeyMask(self._keys), KeyMask(self._keys), []
                event = events.StepFinished(self._end(finished), tuple(map(self._masked, calls)))
            case Finished():
                yield from self._rest()
                event = self._end(event)
            case _:
                event = _redacted(event, self._redact)
        yield event

    def _end(self, finished: Finished) -> Finished:
        redacted = _redacted(finished._replace(items=self._without_keys(finished.items)), self._redact)
        return redacted if isinstance(redacted, Finished) else finished

    def _masked(self, call: ToolCall) -> ToolCall:
        return call._replace(arguments=self._whole(call.arguments))

    def _whole(self, text: str) -> str:
        mask = KeyMask(self._keys)
        return mask.feed(text) + mask.finish()

    def _without_keys(self, items: ProviderItems | None) -> ProviderItems | None:
        """The items, which have to stay as they are: all or nothing."""
        mask = KeyMask(self._keys)
        mask.feed(items.json if items else "")
        return None if mask.masked else items

    def _rest(self) -> Iterator[Event]:
        if thought := self._reasoning.finish():
            yield events.ReasoningDelta(thought)
        if text := self._answer.finish():
            yield events.TextDelta(text)
        if self._answer.masked or self._reasoning.masked:
            yield events.Notice(_MASKED)


def _redacted(event: Event, redact: Callable[[str], str]) -> Event:
    match event:
        case events.Notice():
            return events.Notice(redact(event.text))
        case events.FinishReason():
            return event._replace(reason=redact(event.reason))
        case events.Retrying():
            _hide_in(event.error, redact)
        case Finished():
            return _redacted_end(event, redact)
    return event


def _redacted_end(end: Finished, redact: Callable[[str], str]) -> Finished:
    if end.error:
        _hide_in(end.error, redact)
    return end._replace(
        finish_reason=end.finish_reason and redact(end.finish_reason),
        request_id=end.request_id and redact(end.request_id),
        model=redact(end.model),
        parts=tuple(part._replace(finished=_redacted_end(part.finished, redact)) for part in end.parts),
    )


def _hide_in(error: ChatError, redact: Callable[[str], str]) -> None:
    error.args = tuple(redact(str(part)) for part in error.args)
    error.said, error.advice = redact(error.said), redact(error.advice)
    error.request_id = error.request_id and redact(error.request_id)
    error.parameter = error.parameter and redact(error.parameter)


class KeyMask:
    """A filter on the pieces of one text that masks `keys`; the same result however it is cut."""

    def __init__(self, keys: Iterable[str]) -> None:
        self.masked = False
        self._keys = tuple(key for key in keys if len(key) >= _MIN_KEY_CHARS)
        self._held = ""

    def feed(self, text: str) -> str:
        """What is certain after one more piece: what may be the beginning of a key waits for the next."""
        if self._held:
            text, self._held = self._held + text, ""
        for key in self._keys:
            if key in text:
                self.masked = True
                text = text.replace(key, MASK)
        held = max((_overlap(text, key) for key in self._keys), default=0)
        if held:
            self._held = text[-held:]
            text = text[:-held]
        return text

    def finish(self) -> str:
        """What is still held at the end of the text."""
        held, self._held = self._held, ""
        return held


def _overlap(text: str, key: str) -> int:
    """How many characters at the end of `text` are the beginning of `key`."""
    tail = text[1 - len(key) :]
    at = tail.find(key[0])
    while at >= 0:
        if key.startswith(tail[at:]):
            return len(tail) - at
        at = tail.find(key[0], at + 1)
    return 0
