"""What tokens cost at one model, and what an answer cost by that."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from chatbot.core.events import Usage
from chatbot.records import NamedTuple

_MILLION = 1_000_000
_RATES = ("input", "output", "cached", "cache_write")


class Rate(NamedTuple):
    """USD per million tokens. `tiers` are pairs: where more than so many tokens went in, all cost so much instead; the
    smallest number first.
    """

    base: Decimal
    tiers: tuple[tuple[int, Decimal], ...] = ()

    def at(self, input_tokens: int) -> Decimal:
        """The rate for a question of that length."""
        return next((usd for start, usd in reversed(self.tiers) if input_tokens > start), self.base)


class Price(NamedTuple):
    """What a model costs. `cached` is for what comes from the provider's cache, `cache_write` for what goes into it;
    None where they cost what `input` does. `request_usd` is the fee for each request. `batch` is the price of a batch,
    None where that is not known. `date` is the day of which the table is, in ISO 8601.
    """

    input: Rate
    output: Rate
    cached: Rate | None = None
    cache_write: Rate | None = None
    request_usd: Decimal = Decimal(0)
    batch: Price | None = None
    date: str = ""


FREE = Price(Rate(Decimal(0)), Rate(Decimal(0)))


def cost_usd(price: Price | None, usage: Usage, *, batch: bool = False) -> Decimal | None:
    """What an answer cost; None where its price, or how many tokens it took, is not known.

    Cached tokens, and those that were written to the provider's cache, are part of the input; reasoning is part of the
    output and costs what that does. The length of the whole input decides about the tier of every rate.
    """
    if price is not None and batch:
        price = price.batch
    if price is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    cached = min(usage.cached_tokens or 0, usage.input_tokens)
    written = min(usage.cache_write_tokens or 0, usage.input_tokens - cached)
    parts = (
        (usage.input_tokens - cached - written, price.input),
        (cached, price.cached or price.input),
        (written, price.cache_write or price.input),
        (usage.output_tokens, price.output),
    )
    return (
        price.request_usd + sum((count * rate.at(usage.input_tokens) for count, rate in parts), Decimal(0)) / _MILLION
    )


def plain_price(price: Price, input_tokens: int) -> dict[str, str]:
    """The rates that hold for a question of that length, USD per million tokens, as texts: so their digits stay."""
    rates = {name: getattr(price, name) for name in _RATES}
    plain = {name: f"{rate.at(input_tokens):f}" for name, rate in rates.items() if rate is not None}
    if price.request_usd:
        plain["request_usd"] = f"{price.request_usd:f}"
    return {**plain, "date": price.date}


def price_from(plain: Mapping[str, Any]) -> Price:
    """The price that `plain_price` wrote. Raises ValueError for anything else."""
    try:
        rates: dict[str, Any] = {name: Rate(amount(plain[name])) for name in _RATES if name in plain}
        fee = amount(plain.get("request_usd", "0"))
        return Price(**rates, request_usd=fee, date=str(plain.get("date", "")))
    except (TypeError, AttributeError) as error:
        raise ValueError("a price has its rates for input and output") from error


def amount(text: object) -> Decimal:
    """An amount of money in a text: a finite number that is not negative. Raises ValueError for anything else."""
    try:
        found = Decimal(text if isinstance(text, str) else "none")
    except InvalidOperation as error:
        raise ValueError("an amount is a number in a text") from error
    if not (found.is_finite() and 0 <= found < _MILLION**2):
        raise ValueError("an amount is a finite number")
    return found
