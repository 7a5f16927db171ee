"""Prices: the table that comes with the program, the rules by which it finds a model, and what an answer cost."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import chatbot.providers.prices as prices_module
from chatbot.core.events import Usage
from chatbot.core.models.listed import ListedModel
from chatbot.providers.models import completed
from chatbot.providers.prices import FILE_NAME, Price, PriceTable, Rate, cost_usd
from chatbot.providers.services import BY_NAME
from tests.tables import each

FILE = Path(prices_module.__file__).parent / FILE_NAME
SHIPPED = PriceTable(json.loads(FILE.read_bytes(), parse_float=Decimal))


def table(entries: list[dict[str, Any]], *, exact: dict[str, int] | None = None, rules: Any = ()) -> PriceTable:
    """A table with one provider, whose entries have the prices 0, 1, 2 ... where they say nothing else."""
    models = [{"prices": [{"input": number, "output": number}], **entry} for number, entry in enumerate(entries)]
    provider = {"exact": exact or {}, "rules": list(rules), "models": models}
    return PriceTable(
        {"services": {"openai": ["p"]}, "providers": {"p": provider}, "date": "2026-06-15", "source": "a test"}
    )


def rate(usd: str, *tiers: tuple[int, str]) -> Rate:
    return Rate(Decimal(usd), tuple((start, Decimal(price)) for start, price in tiers))


@each(
    ("rules", "model", "found"),
    [
        ([[1, "^gpt-4"]], "gpt-4-turbo", 1),
        ([[1, "^gpt-4"]], "GPT-4-Turbo", 1),
        ([[1, "^gpt-4"]], "my-gpt-4", None),
        ([[1, "$-large"]], "mistral-large", 1),
        ([[1, "*haiku"]], "claude-haiku-5", 1),
        ([[1, "~^o[13](-|$)"]], "o3-mini", 1),
        ([[1, "~^o[13](-|$)"]], "o4", None),
        ([[1, {"and": ["^claude", "*4", {"or": ["=x", "$5"]}]}]], "claude-4-5", 1),
        ([[1, {"and": ["^claude", "*4"]}]], "claude-3", None),
        ([[0, "^a"], [1, "^a"]], "abc", 0),
        ([[1, "^exact"]], "exact-name", 1),  # before the third entry, which has this very name
        ([[2, "^exact"]], "exact-name", 2),
        ([], "gpt-9-20261231", None),
        ([], "exact-name-20261231", 3),  # as some gateways write a date
        ([], "exact-name-20261331", None),
        ([], "", None),
    ],
)
def test_the_first_entry_whose_rule_fits_is_the_one(rules: Any, model: str, found: int | None) -> None:
    made = table([{}, {}, {}, {}], exact={"exact-name": 2, "exact-name-2026-12-31": 3}, rules=rules)
    price = made.price_of("openai", model)
    assert (price and int(price.input.base)) == found


def test_a_model_that_is_known_and_not_priced_by_tokens_has_no_price_and_hides_those_after_it() -> None:
    made = table([{"prices": []}, {}], rules=[[0, "^tts"], [1, "^t"]])
    assert made.price_of("openai", "tts-1") is None
    assert made.price_of("openai", "text") is not None
    assert made.price_of("nowhere", "text") is None


def test_a_price_holds_from_its_day_and_between_its_hours() -> None:
    rows = [
        {"input": 1, "output": 1},
        {"input": 2, "output": 2, "from": "2026-07-01"},
        {"input": 3, "output": 3, "between": ["01:00", "04:00"]},
        {"input": 4, "output": 4, "between": ["22:00", "00:30"]},
    ]
    made = table([{"prices": rows}], exact={"m": 0})
    times = {"": 1, "2026-06-30T12:00": 1, "2026-07-01": 2, "2026-07-01T01:00": 3, "2026-06-30T03:59": 3}
    times |= {"2026-07-01T04:00": 2, "2026-07-01T23:00": 4, "2026-07-01T00:29": 4, "2026-07-01T00:30": 2}
    for at, usd in times.items():
        price = made.price_of("openai", "m", at)
        assert price and (price.input.base, price.date) == (Decimal(usd), "2026-06-15"), at


def test_a_batch_has_its_own_rates_and_the_others_where_it_says_nothing() -> None:
    rows = [{"input": 2, "output": 4, "cached": 1, "requests": 5}]
    made = table([{"prices": rows, "batch": [{"input": 1, "output": 2, "from": "2026-06-01"}]}], exact={"m": 0})
    price = made.price_of("openai", "m")
    assert price and price.batch
    assert (price.batch.input, price.batch.output, price.batch.cached) == (rate("1"), rate("2"), rate("1"))
    assert price.request_usd == Decimal("0.005")
    before = made.price_of("openai", "m", "2026-05-31")
    assert before and before.batch is None


PRICE = Price(rate("2", (1000, "4")), rate("10", (1000, "15")), cached=rate("0.5"), batch=Price(rate("1"), rate("5")))


@each(
    ("usage", "usd"),
    [
        (Usage(1000, 100), "0.003"),
        (Usage(1001, 100), "0.005504"),  # a tier counts for all tokens, and for what goes out
        (Usage(1000, 100, cached_tokens=400), "0.0024"),
        (Usage(1000, 100, reasoning_tokens=90), "0.003"),  # which are part of the output
        (Usage(1000, 100, cached_tokens=5000), "0.0015"),  # never more than went in
        (Usage(0, 0), "0"),
    ],
)
def test_what_an_answer_cost(usage: Usage, usd: str) -> None:
    assert cost_usd(PRICE, usage) == Decimal(usd)


@each("usage", [Usage(), Usage(5, None), Usage(None, 5)])
def test_what_is_not_known_costs_an_unknown_sum_and_not_nothing(usage: Usage) -> None:
    assert cost_usd(PRICE, usage) is None
    assert cost_usd(None, Usage(1, 1)) is None
    assert cost_usd(PRICE._replace(batch=None), Usage(1, 1), batch=True) is None


def test_cached_tokens_without_a_rate_cost_what_others_do_and_each_request_its_fee() -> None:
    price = Price(rate("1"), rate("1"), request_usd=Decimal("0.005"))
    assert cost_usd(price, Usage(500_000, 0, cached_tokens=500_000)) == Decimal("0.505")
    assert cost_usd(PRICE, Usage(1000, 100), batch=True) == Decimal("0.0015")


# From the pages of the providers: openai.com/api/pricing, claude.com/pricing, ai.google.dev/pricing.
@each(
    ("service", "model", "input_usd", "output_usd"),
    [
        ("openai", "gpt-4o-mini", "0.15", "0.6"),
        ("openai", "gpt-4.1", "2", "8"),
        ("anthropic", "claude-opus-4-5-20251101", "5", "25"),
        ("gemini", "gemini-2.5-flash", "0.3", "2.5"),
        ("azure", "gpt-4o-mini", "0.15", "0.6"),  # from OpenAI, which Azure falls back to
        ("azure-dated", "gpt-4o-mini", "0.15", "0.6"),
    ],
)
def test_the_table_has_the_prices_that_providers_publish(
    service: str, model: str, input_usd: str, output_usd: str
) -> None:
    price = SHIPPED.price_of(service, model)
    assert price and (price.input.base, price.output.base) == (Decimal(input_usd), Decimal(output_usd))


def test_the_default_model_of_nearly_every_service_has_a_price() -> None:
    paid = {row.name: row.default_model for row in BY_NAME.values() if row.key_required and row.default_model}
    without = {name for name, model in paid.items() if not SHIPPED.price_of(name, str(model))}
    # Hugging Face and OpenRouter's router pass a question on to whoever they choose; Together's own list has prices.
    assert without <= {"huggingface", "openrouter", "together"}


@each(("service", "model"), [("openai", "gpt-unheard-of"), ("ollama", "llama3"), ("lab", "echo")])
def test_a_model_that_nobody_knows_has_no_price(service: str, model: str) -> None:
    assert SHIPPED.price_of(service, model) is None


def test_the_file_is_small_says_where_it_is_from_and_has_only_our_services() -> None:
    document = json.loads(FILE.read_bytes())
    assert FILE.stat().st_size < 250_000
    assert document["source"].startswith("genai-prices ")
    assert len(document["date"]) == len("2026-11-27")
    assert set(document["services"]) <= set(BY_NAME)
    assert {name for chain in document["services"].values() for name in chain} == set(document["providers"])


@given(st.text(max_size=40), st.sampled_from(sorted(BY_NAME)), st.text(max_size=20))
def test_no_name_and_no_time_is_an_error(model: str, service: str, at: str) -> None:
    price = SHIPPED.price_of(service, model, at)
    assert price is None or price.input.base >= 0


def test_every_entry_can_be_read() -> None:
    document = json.loads(FILE.read_bytes(), parse_float=Decimal)
    for name, provider in document["providers"].items():
        made = PriceTable({**document, "services": {"openai": [name]}})
        for model, number in provider["exact"].items():
            price = made.price_of("openai", model)
            assert price is None or price.output.base >= 0
            assert 0 <= number < len(provider["models"])


def test_a_list_is_completed_with_what_is_known_here_and_the_server_has_the_last_word() -> None:
    said = ListedModel("gpt-4o-mini", context_window=7, input_usd=Decimal(9), output_usd=Decimal(9))
    assert completed(said, "openai", SHIPPED) == said._replace(reasoning=False)
    known = completed(ListedModel("gpt-4o-mini"), "openai", SHIPPED)
    assert (known.context_window, known.input_usd, known.price_date) == (128_000, Decimal("0.15"), SHIPPED.date)
    assert completed(ListedModel("gpt-4o-mini"), "openai", None).input_usd is None
    assert completed(ListedModel("unheard-of"), "openai", SHIPPED) == ListedModel("unheard-of")
