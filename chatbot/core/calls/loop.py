"""What comes next where a model calls tools: it is asked, its calls are made, it is asked again, until it answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from chatbot.core.events import Finished, Usage
from chatbot.core.messages import Message
from chatbot.core.tools.calling import ToolCall
from chatbot.records import NamedTuple

MAX_STEPS = 10  # of the model, each of them paid


class MakeCalls(NamedTuple):
    """These calls wait for their results."""

    calls: tuple[ToolCall, ...]


Action = Literal["ask", "done", "give up"] | MakeCalls


def next_action(messages: Sequence[Message], steps: int, max_steps: int = MAX_STEPS) -> Action:
    """What follows these messages, after the model was asked `steps` times. The calls of its last step are not made:
    nobody would be told of their results.
    """
    *_, last = messages
    if last.role == "user":
        return "ask"
    if not last.calls:
        return "done"
    return MakeCalls(last.calls) if steps < max_steps else "give up"


def whole(steps: Sequence[Finished]) -> Finished:
    """The end of an answer in several steps: how the last one ended, with the usage and attempts of all. What came from
    the cache was paid before, and does not count beside what was asked.
    """
    asked = [step for step in steps if step.attempts] or steps
    return steps[-1]._replace(
        usage=summed([step.usage for step in asked]),
        attempts=sum(step.attempts for step in steps),
        has_text=any(step.has_text for step in steps),
    )


def summed(reports: Iterable[Usage | None]) -> Usage | None:
    """All tokens of several answers, as far as they were counted; None where none were."""
    counted = [report for report in reports if report is not None]
    if not counted:
        return None
    columns = [[count for count in column if count is not None] for column in zip(*counted, strict=True)]
    return Usage(*(sum(column) if column else None for column in columns))
