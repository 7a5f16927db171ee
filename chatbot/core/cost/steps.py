"""What an answer in several steps cost: each step by its own size, as a price may depend on that."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chatbot.core.calls.steps import Step
from chatbot.core.cost.answer import Cost, total
from chatbot.core.events import Finished, Usage, Verdict


def cost_of_steps(cost_of: Callable[[Finished], Cost], finished: Finished, steps: Sequence[Step]) -> Cost:
    """The sum of all steps and of the answer behind them, which `finished` sums up; not known where one is not."""
    paid = [step for step in steps if step.attempts]
    last = finished._replace(
        usage=_less(finished.usage, [step.usage for step in paid]),
        attempts=finished.attempts - sum(step.attempts for step in steps),
    )
    ends = [
        last._replace(verdict=Verdict.COMPLETE, error=None, usage=step.usage, attempts=step.attempts) for step in paid
    ]
    return total([*map(cost_of, ends), cost_of(last)])


def _less(usage: Usage | None, parts: Sequence[Usage | None]) -> Usage | None:
    if usage is None:
        return None
    sums = [sum((part[at] or 0) for part in parts if part is not None) for at in range(len(usage))]
    left = [None if count is None else count - gone for count, gone in zip(usage, sums, strict=True)]
    return Usage(*left) if any(left) else None
