"""What an answer cost: each kind of token at its own rate, and nothing twice."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.cost.answer import NOTHING_SENT, Cost, cost_json, cost_of, cost_words, usd_words
from chatbot.core.cost.price import FREE, Price, Rate, cost_usd, plain_price, price_from
from chatbot.core.cost.spent import Spent
from chatbot.core.errors import CannotConnect, ConnectionLost, RequestRefused
from chatbot.core.events import CacheUse, Finished, Usage, Verdict
from tests.tables import each


def rate(usd: str) -> Rate:
    return Rate(Decimal(usd))


CLAUDE = Price(rate("3"), rate("15"), rate("0.3"), rate("3.75"), date="2026-11-27")


def test_cached_and_written_tokens_are_part_of_the_input_and_cost_what_they_cost() -> None:
    usage = Usage(input_tokens=35, output_tokens=2, cached_tokens=20, cache_write_tokens=10)
    expected = (5 * Decimal(3) + 20 * Decimal("0.3") + 10 * Decimal("3.75") + 2 * Decimal(15)) / 1_000_000
    assert cost_usd(CLAUDE, usage) == expected


def test_without_rates_of_their_own_they_cost_what_input_does() -> None:
    plain = Price(rate("3"), rate("15"))
    assert cost_usd(plain, Usage(35, 2, None, 20, 10)) == cost_usd(plain, Usage(35, 2))


def test_reasoning_is_part_of_the_output_and_not_counted_twice() -> None:
    assert cost_usd(CLAUDE, Usage(10, 50, reasoning_tokens=40)) == cost_usd(CLAUDE, Usage(10, 50))


counts = st.integers(0, 10**9)


@given(counts, counts, counts, counts)
def test_no_report_costs_less_than_nothing_or_more_than_its_dearest_rate(a: int, b: int, c: int, d: int) -> None:
    cost = cost_usd(CLAUDE, Usage(a, b, None, c, d))
    assert cost is not None
    assert 0 <= cost <= (a + b) * Decimal(15) / 1_000_000


def test_the_rates_that_held_come_back_from_their_texts() -> None:
    tiered = CLAUDE._replace(input=Rate(Decimal("3"), ((200_000, Decimal("6")),)), request_usd=Decimal("0.01"))
    plain = plain_price(tiered, 300_000)
    assert plain["input"] == "6" and plain["date"] == "2026-11-27"
    usage = Usage(300_000, 10, None, 5, 7)
    assert cost_usd(price_from(plain), usage) == cost_usd(tiered, usage)


@each("plain", [{}, {"input": "1"}, {"input": "x", "output": "1"}, {"input": "-1", "output": "1"}])
def test_what_is_no_price_is_refused(plain: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"price|amount"):
        price_from(plain)


HIT = Finished(Verdict.COMPLETE, usage=Usage(9, 9), attempts=0, cache=CacheUse(True, 1, 1, "k"))


@each(
    ("finished", "usd"),
    [
        (Finished(Verdict.COMPLETE, usage=Usage(1_000_000, 0)), Decimal(3)),
        (Finished(Verdict.LENGTH, usage=Usage(0, 1_000_000)), Decimal(15)),
        (Finished(Verdict.COMPLETE), None),  # it did not say how many tokens
        (HIT, Decimal(0)),
        (Finished(Verdict.FAILED, error=RequestRefused("no", status=400)), Decimal(0)),
        (Finished(Verdict.FAILED, error=CannotConnect("no")), Decimal(0)),
        (Finished(Verdict.FAILED, error=ConnectionLost("gone")), None),  # the server may have answered
        (Finished(Verdict.CANCELLED, has_text=True), None),
        # Anthropic reports tokens at the beginning: those of an answer that broke off are not all.
        (Finished(Verdict.CUT, usage=Usage(5, 1), has_text=True, error=ConnectionLost("gone")), None),
    ],
)
def test_what_an_answer_cost_by_how_it_ended(finished: Finished, usd: Decimal | None) -> None:
    assert cost_of(CLAUDE, finished).usd == usd


def test_without_a_price_it_is_unknown_and_never_nothing() -> None:
    cost = cost_of(None, Finished(Verdict.COMPLETE, usage=Usage(5, 5)))
    assert cost == Cost(None, None)
    assert cost_words(cost) == "price unknown"
    assert cost_json(cost, Usage(5, 5)) == {"usd": None, "known": False, "price_date": None, "price": None}
    assert cost_words(Cost(None, CLAUDE)) == "cost unknown"
    assert cost_words(NOTHING_SENT) == "$0"


def test_a_batch_has_its_own_price_and_none_where_that_is_not_known() -> None:
    finished = Finished(Verdict.COMPLETE, usage=Usage(1_000_000, 0))
    half = CLAUDE._replace(batch=Price(rate("1.5"), rate("7.5")))
    assert cost_of(half, finished, batch=True).usd == Decimal("1.5")
    assert cost_of(CLAUDE, finished, batch=True).usd is None


@each(
    ("usd", "words"),
    [
        ("0", "$0"),
        ("0.0000000001", "<$0.000001"),
        ("0.00000123", "$0.00000123"),
        ("0.001234", "$0.00123"),
        ("0.5", "$0.5"),
        ("0.999", "$0.999"),
        ("1", "$1.00"),
        ("12.345", "$12.34"),
        ("1234.5", "$1234"),
    ],
)
def test_amounts_are_short(usd: str, words: str) -> None:
    assert usd_words(Decimal(usd)) == words


def test_a_sum_tells_what_is_not_in_it() -> None:
    spent = Spent().plus(Cost(Decimal("0.5"), CLAUDE)).plus(Cost(None)).plus(None)
    assert spent == Spent(Decimal("0.5"), 1, 1)
    assert spent.words == "$0.5 and 1 answer of unknown cost"
    assert spent.since(Spent(0, 0, 1)).words == "$0.5"
    assert Spent().words == ""
    assert Spent().plus(Cost(Decimal(0), FREE)).words == "$0"
