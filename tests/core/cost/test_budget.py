"""Budgets as they are written, and the estimate they are held against."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from chatbot.core.cost.budget import Budget, read_budget
from chatbot.core.cost.estimate import ASSUMED_ANSWER_TOKENS, LongestAnswer, estimated, longest_answer
from chatbot.core.cost.price import Price, Rate
from chatbot.options.money import BudgetText, PriceText, Usd
from tests.tables import cases, each


@each(
    ("text", "usd", "period"),
    cases("""
        5 USD/day | 5 | day
        $0.50/day | 0.50 | day
        20/month | 20 | month
        20 usd per MONTH | 20 | month
        0 USD/day | 0 | day
    """),
)
def test_a_budget_is_an_amount_for_a_day_or_a_month(text: str, usd: str, period: str) -> None:
    assert read_budget(text) == Budget(Decimal(usd), period)
    assert BudgetText(text) == text


@each("text", ["", "5", "5 USD", "5 EUR/day", "-5 USD/day", "5 USD/year", "day", "1e3/day", "5/day x"])
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"^"):
        BudgetText(text)


def test_its_period_begins_with_the_day_or_with_the_month() -> None:
    assert Budget(Decimal(1), "day").first_day("2026-11-28") == "2026-11-28"
    assert Budget(Decimal(1), "month").first_day("2026-11-28") == "2026-11-01"
    assert Budget(Decimal(1), "month", "openai").words == "1 USD/month for openai"


@each("text", ["0.05", "$0.05", "0.05 USD", "0.05usd"])
def test_an_amount_may_have_its_unit(text: str) -> None:
    assert Usd(text) == 0.05


@each("text", ["", "x", "-1", "nan", "inf", "1 EUR"])
def test_an_amount_is_a_finite_number(text: str) -> None:
    with pytest.raises(ValueError, match=r"amount"):
        Usd(text)


def test_a_price_is_two_or_three_rates() -> None:
    assert PriceText("2.50/10").price() == Price(Rate(Decimal("2.50")), Rate(Decimal(10)))
    assert PriceText("$2.50 / $10 / 1.25").price().cached == Rate(Decimal("1.25"))
    for text in ("", "5", "1/2/3/4", "a/b", "1/-2"):
        with pytest.raises(ValueError, match=r"^"):
            PriceText(text)


@each(
    ("payload", "model_limit", "found"),
    [
        ({"max_tokens": 100}, 5_000, LongestAnswer(100, "")),
        ({"max_completion_tokens": 100}, None, LongestAnswer(100, "")),
        ({"max_output_tokens": 100}, None, LongestAnswer(100, "")),
        ({"generationConfig": {"maxOutputTokens": 100, "candidateCount": 3}}, None, LongestAnswer(300, "")),
        ({"max_tokens": 100, "n": 2}, None, LongestAnswer(200, "")),
        ({"max_tokens": "many", "n": "x"}, 5_000, LongestAnswer(5_000, ", the model's limit")),
        ({"generationConfig": None}, 5_000, LongestAnswer(5_000, ", the model's limit")),
    ],
)
def test_the_longest_answer_is_what_is_asked_for_else_what_the_model_can(
    payload: dict[str, Any], model_limit: int | None, found: LongestAnswer
) -> None:
    assert longest_answer(payload, model_limit) == found


def test_where_no_limit_is_known_one_is_assumed_and_said_to_be() -> None:
    longest = longest_answer({}, None)
    assert longest.tokens == ASSUMED_ANSWER_TOKENS
    price = Price(Rate(Decimal(1)), Rate(Decimal(10)))
    estimate = estimated(price, 1_000, longest)
    assert estimate.usd == (1_000 + ASSUMED_ANSWER_TOKENS * Decimal(10)) / 1_000_000
    assert estimate.words == ("about 1.0k tokens in, and at most 8.2k out, assumed, as the model's limit is not known")
    half = price._replace(batch=Price(Rate(Decimal("0.5")), Rate(Decimal(5))))
    assert estimated(half, 1_000, longest, batch=True).usd == estimate.usd / 2
    assert estimated(price, 1_000, longest, batch=True).usd == estimate.usd
