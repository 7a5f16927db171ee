"""An answer, folded: everything that was said in as few events as there are, and how it ended."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from chatbot.core.events import (
    AnswerPart,
    Event,
    Finished,
    Notice,
    ReasoningDelta,
    TextDelta,
    ToolCalled,
    Usage,
    Verdict,
)
from chatbot.core.messages import ProviderItems
from chatbot.core.tools.calling import ToolCall
from chatbot.records import NamedTuple

Words = TextDelta | ReasoningDelta | Notice
Part = Words | ToolCalled
_KINDS: dict[str, type[Words]] = {"text": TextDelta, "reasoning": ReasoningDelta, "notice": Notice}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_CALL = "call"


class CachedAnswer(NamedTuple):
    """A complete answer. `parts` are in their order, neighbours of a kind joined. `joined` are those it was joined from
    where it had broken off; how these ended is kept without the words of the error.
    """

    parts: tuple[Part, ...]
    finish_reason: str | None
    usage: Usage | None
    request_id: str | None
    model: str
    items: ProviderItems | None = None
    joined: tuple[AnswerPart, ...] = ()

    @property
    def finished(self) -> Finished:
        """Its end, as it comes from the cache: nothing was sent."""
        return Finished(
            Verdict.COMPLETE, self.finish_reason, self.usage, None, self.request_id, attempts=0,
            has_text=bool(self.text().strip()) or not self._has_calls, model=self.model, items=self.items,
            parts=self.joined,
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
        parts, reason and redact(reason), finished.usage, request_id and redact(request_id), finished.model, items,
        tuple(part._replace(finished=_part_end(*_ended(part.finished, redact))) for part in finished.parts),
    )  # fmt: skip


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
    joined = [
        (part.start, part.end, part.provider, part.is_joined, *_ended(part.finished, str)) for part in answer.joined
    ]
    return json.dumps([parts, *answer[1:-1], joined])


def from_json(text: str) -> CachedAnswer | None:
    """The answer; None where the text is none that `to_json` made."""
    try:
        parts, reason, usage, request_id, model, *others = json.loads(text)
        items = others[0] if others else None  # those of an older version have none
        joined = others[1] if len(others) > 1 else ()
        return CachedAnswer(
            tuple(_part(kind, said) for kind, said in parts),
            _text_or_none(reason),
            _usage(usage),
            _text_or_none(request_id),
            str(model),
            None if items is None else ProviderItems(*map(str, items)),
            tuple(_joined_part(*part) for part in joined),
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _part(kind: str, text: Any) -> Part:
    if kind == _CALL:
        return ToolCalled(ToolCall(*map(str, text)))
    if not isinstance(text, str):
        raise TypeError(text)
    return _KINDS[kind](text)


def _joined_part(start: Any, end: Any, provider: Any, is_joined: Any, *ended: Any) -> AnswerPart:
    verdict, usage, request_id, model = ended
    return AnswerPart(
        int(start),
        int(end),
        str(provider),
        _part_end(Verdict(verdict), _usage(usage), _text_or_none(request_id), str(model)),
        bool(is_joined),
    )


def _ended(part: Finished, redact: Callable[[str], str]) -> tuple[Verdict, Usage | None, str | None, str]:
    return part.verdict, part.usage, part.request_id and redact(part.request_id), part.model


def _part_end(verdict: Verdict, usage: Usage | None, request_id: str | None, model: str) -> Finished:
    """What is kept of the end of a part."""
    return Finished(verdict, None, usage, None, request_id, attempts=0, has_text=True, model=model)


def _usage(value: Any) -> Usage | None:
    return None if value is None else Usage(*map(_count, value))


def _text_or_none(value: Any) -> str | None:
    return None if value is None else str(value)


def _count(value: Any) -> int | None:
    return None if value is None else int(value)
