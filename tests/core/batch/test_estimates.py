from __future__ import annotations

from chatbot.core.batch.estimates import Estimates
from chatbot.core.batch.told_limits import Cost
from chatbot.core.events import Usage


def test_estimates_learn_from_answers() -> None:
    estimates = Estimates()
    first = estimates.of(1_000)
    for _ in range(200):
        estimates.settle(1_000, Usage(1_500, 20))
    later = estimates.of(1_000)
    assert first == Cost(1_000, 300)
    assert 1_450 < later.input_tokens <= 1_500 and later.output_tokens < 30
    assert Estimates(max_tokens=10).of(1).output_tokens == 10
