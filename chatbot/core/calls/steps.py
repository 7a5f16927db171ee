"""The steps of an answer in which the model called tools, as they came: for programs, and to go on from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chatbot.core.events import (
    Event,
    Finished,
    ReasoningDelta,
    StepFinished,
    TextDelta,
    ToolFinished,
    ToolStarted,
    Usage,
)
from chatbot.core.messages import Conversation, ProviderItems
from chatbot.core.tools.calling import ToolCall, ToolResult
from chatbot.records import NamedTuple

_NOT_MADE = "this call was not made: the answer was stopped before"
_INTERRUPTED = "this call was interrupted: nobody knows how much of it was done"


class MadeCall(NamedTuple):
    """A call and what became of it. `is_started`: it was made, as far as it came; `made` is the call with other
    arguments, where the person changed them; `result` is None where it never ended; `took_s` is how long it took.
    """

    call: ToolCall
    is_started: bool = False
    made: ToolCall | None = None
    result: ToolResult | None = None
    took_s: float | None = None

    def told(self) -> ToolResult:
        """What the model is told of it, where it is told now."""
        if self.result is not None:
            return self.result
        why = _INTERRUPTED if self.is_started else _NOT_MADE
        return ToolResult(self.call.id, self.call.name, why, is_error=True)


class Step(NamedTuple):
    """An answer of the model that ended in calls."""

    text: str
    reasoning: str
    calls: tuple[MadeCall, ...]
    usage: Usage | None = None
    attempts: int = 1
    items: ProviderItems | None = None


def with_steps(conversation: Conversation, steps: Iterable[Step]) -> Conversation:
    """The conversation, which ends in a question, with the steps to its answer."""
    for step in steps:
        calls = tuple(made.call for made in step.calls)
        results = tuple(made.told() for made in step.calls)
        conversation = conversation.answered(step.text, step.items, calls).told(results)
    return conversation


class StepCollector:
    """Folds the events of an answer: its `steps` so far, and what the model says in the step after them."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.ended: list[Finished] = []
        self._text: list[str] = []
        self._reasoning: list[str] = []

    @property
    def has_text(self) -> bool:
        """Whether anything was said to the person."""
        return bool(self._text) or any(step.text for step in self.steps)

    @property
    def text(self) -> str:
        return "".join(self._text)

    @property
    def reasoning(self) -> str:
        return "".join(self._reasoning)

    def take(self, events: Sequence[Event]) -> None:
        """More of the answer."""
        for event in events:
            if type(event) is TextDelta:
                self._text.append(event.text)
            elif type(event) is ReasoningDelta:
                self._reasoning.append(event.text)
            elif isinstance(event, StepFinished):
                self._end_step(event)
            elif isinstance(event, (ToolStarted, ToolFinished)) and self.steps:
                self.steps[-1] = after(self.steps[-1], event)

    def _end_step(self, event: StepFinished) -> None:
        done = event.finished
        calls = tuple(map(MadeCall, event.calls))
        self.steps.append(Step(self.text, self.reasoning, calls, done.usage, done.attempts, done.items))
        self.ended.append(done)
        self._text, self._reasoning = [], []


def after(step: Step, event: ToolStarted | ToolFinished) -> Step:
    """The step after one more thing has happened to one of its calls."""

    def changed(made: MadeCall) -> MadeCall:
        if isinstance(event, ToolStarted):
            other = event.call if event.call != made.call else None
            return made._replace(is_started=True, made=other) if made.call.id == event.call.id else made
        is_it = made.call.id == event.result.call_id
        return made._replace(result=event.result, took_s=event.took_s) if is_it else made

    return step._replace(calls=tuple(map(changed, step.calls)))
