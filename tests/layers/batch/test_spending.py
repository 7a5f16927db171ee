from __future__ import annotations

from decimal import Decimal

from chatbot.core.batch.estimates import Estimates
from chatbot.core.batch.told_limits import Cost
from chatbot.core.events import Usage
from chatbot.layers.batch.spending import Spending
from chatbot.providers.prices import Price, Rate

PRICE = Price(Rate(Decimal(1)), Rate(Decimal(2)))  # for a million tokens
ROW = Cost(100_000, 200_000)  # 0.50 USD


def test_what_is_in_flight_counts_as_if_it_were_spent() -> None:
    spending = Spending(PRICE, Decimal("1.20"))
    assert spending.has_room(ROW, []) and spending.has_room(ROW, [ROW])
    assert not spending.has_room(ROW, [ROW, ROW])


def test_what_a_row_cost_replaces_what_was_thought_and_the_unknown_is_never_nothing() -> None:
    spending = Spending(PRICE, Decimal("1.20"))
    assert spending.end(ROW, Usage(100_000, 0)) == Decimal("0.1")
    assert spending.end(ROW, Usage(100_000, None)) is None
    assert spending.spent_usd == Decimal("0.6")


def test_without_a_price_nothing_is_known_and_without_a_limit_everything_has_room() -> None:
    assert not Spending(None).is_known
    assert Spending(PRICE).has_room(Cost(10**9, 10**9), [ROW] * 100)


def test_estimates_learn_from_answers() -> None:
    estimates = Estimates()
    first = estimates.of(1_000)
    for _ in range(200):
        estimates.settle(1_000, Usage(1_500, 20))
    later = estimates.of(1_000)
    assert first == Cost(1_000, 300)
    assert 1_450 < later.input_tokens <= 1_500 and later.output_tokens < 30
    assert Estimates(max_tokens=10).of(1).output_tokens == 10
