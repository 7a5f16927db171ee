"""An answer, folded: everything that was said in as few events as there are, and how it ended."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from chatbot.core.events import Event, Finished, Notice, ReasoningDelta, TextDelta, ToolCalled, Usage, Verdict
from chatbot.core.messages import ProviderItems
from chatbot.core.tools.calling import ToolCall
from chatbot.records import NamedTuple

Words = TextDelta | ReasoningDelta | Notice
Part = Words | ToolCalled
_KINDS: dict[str, type[Words]] = {"text": TextDelta, "reasoning": ReasoningDelta, "notice": Notice}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_CALL = "call"


class CachedAnswer(NamedTuple):
    """A complete answer. `parts` are in their order, neighbours of a kind joined."""

    parts: tuple[Part, ...]
    finish_reason: str | None
    usage: Usage | None
    request_id: str | None
    model: str
    items: ProviderItems | None = None

    @property
    def finished(self) -> Finished:
        """Its end, as it comes from the cache: nothing was sent."""
        return Finished(
            Verdict.COMPLETE, self.finish_reason, self.usage, None, self.request_id, attempts=0,
            has_text=bool(self.text().strip()) or not self._has_calls, model=self.model, items=self.items,
        )  # fmt: skip

    @property
    def _has_calls(self) -> bool:
        return any(isinstance(part, ToolCalled) for part in self.parts)

    def text(self, kind: type[Words] = TextDelta) -> str:
        """All of its text, or of another kind of part."""
        return "".join(part.text for part in self.parts if isinstance(part, kind))


def folded(events: Iterable[Event], finished: Finished, redact: Callable[[str], str]) -> CachedAnswer | None:
    """What is kept of an answer, without keys; None where it must not be: only a complete one may come again."""
    if finished.verdict is not Verdict.COMPLETE or finished.error is not None:
        return None
    parts = tuple(part if isinstance(part, ToolCalled) else type(part)(redact(part.text)) for part in _joined(events))
    if any(redact(part.call.arguments) != part.call.arguments for part in parts if isinstance(part, ToolCalled)):
        return None  # another call would be made than the model wanted
    items = finished.items if finished.items and redact(finished.items.json) == finished.items.json else None
    reason, request_id = finished.finish_reason, finished.request_id
    return CachedAnswer(
        parts, reason and redact(reason), finished.usage, request_id and redact(request_id), finished.model, items
    )


def _joined(events: Iterable[Event]) -> Iterator[Part]:
    kind: type[Words] | None = None
    texts: list[str] = []
    calls: list[ToolCalled] = []
    for event in events:
        if isinstance(event, ToolCalled):
            calls.append(event)
        if not isinstance(event, (TextDelta, ReasoningDelta, Notice)):
            continue
        if kind and (type(event) is not kind or kind is Notice):
            yield kind("".join(texts))
            texts = []
        kind = type(event)
        texts.append(event.text)
    if kind:
        yield kind("".join(texts))
    yield from calls  # they come last


def to_json(answer: CachedAnswer) -> str:
    """As text that `from_json` reads."""
    parts = [
        (_CALL, part.call) if isinstance(part, ToolCalled) else (_NAMES[type(part)], part.text) for part in answer.parts
    ]
    return json.dumps([parts, *answer[1:]])


def from_json(text: str) -> CachedAnswer | None:
    """The answer; None where the text is none that `to_json` made."""
    try:
        parts, reason, usage, request_id, model, *others = json.loads(text)
        items = others[0] if others else None  # those of an older version have none
        return CachedAnswer(
            tuple(_part(kind, said) for kind, said in parts),
            _text_or_none(reason),
            None if usage is None else Usage(*map(_count, usage)),
            _text_or_none(request_id),
            str(model),
            None if items is None else ProviderItems(*map(str, items)),
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _part(kind: str, text: Any) -> Part:
    if kind == _CALL:
        return ToolCalled(ToolCall(*map(str, text)))
    if not isinstance(text, str):
        raise TypeError(text)
    return _KINDS[kind](text)


def _text_or_none(value: Any) -> str | None:
    return None if value is None else str(value)


def _count(value: Any) -> int | None:
    return None if value is None else int(value)
