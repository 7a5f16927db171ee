"""What an answer in several steps cost."""

from __future__ import annotations

from decimal import Decimal

from chatbot.core.calls.loop import whole
from chatbot.core.calls.steps import Step
from chatbot.core.cost.answer import Cost, cost_of
from chatbot.core.cost.price import price_from
from chatbot.core.cost.steps import cost_of_steps
from chatbot.core.events import Finished, Usage, Verdict

PRICE = price_from({"input": "1000000", "output": "0"})
ENDS = [Finished(Verdict.COMPLETE, usage=Usage(count, 1), has_text=True) for count in (10, 20, 5)]
STEPS = [Step("", "", (), end.usage, end.attempts) for end in ENDS[:2]]


def cost(finished: Finished) -> Cost:
    """A price that depends on the size: what is longer than 12 tokens costs twice as much."""
    found = cost_of(PRICE, finished)
    assert finished.usage is None or finished.usage.input_tokens is not None
    twice = finished.usage is not None and (finished.usage.input_tokens or 0) > 12
    return found._replace(usd=found.usd * 2 if found.usd is not None and twice else found.usd)


def test_each_step_is_paid_by_its_own_size() -> None:
    assert cost_of_steps(cost, whole(ENDS), STEPS).usd == Decimal(10 + 40 + 5)


def test_a_step_that_broke_off_makes_the_sum_unknown() -> None:
    cut = whole([*ENDS[:2], Finished(Verdict.CANCELLED, usage=None, has_text=True)])
    assert cost_of_steps(cost, cut, STEPS).usd is None


def test_steps_from_the_cache_cost_nothing() -> None:
    cached = ENDS[0]._replace(attempts=0)
    found = cost_of_steps(cost, whole([cached, ENDS[2]]), [Step("", "", (), cached.usage, 0)])
    assert found.usd == Decimal(5) and found.is_paid
    free = cost_of_steps(cost, whole([cached, cached]), [Step("", "", (), cached.usage, 0)])
    assert free.usd == 0 and not free.is_paid
