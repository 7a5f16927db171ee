"""What tokens cost, from `prices.json` beside this file. Pure: whoever asks hands the table over.

Source: the data of genai-prices; `.ci/prices.py` makes the file from it and describes its form. What is not known has
no price, which is not the same as none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from chatbot.core.cost.price import Price as Price
from chatbot.core.cost.price import Rate as Rate
from chatbot.core.cost.price import cost_usd as cost_usd

FILE_NAME = "prices.json"
_THOUSAND = 1_000
_COMPACT_DATE = re.compile(r"-(20[0-9]{2})(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])(?=-|:|$)")


class PriceTable:
    """The prices of the services, from the JSON of the file (its numbers read as Decimal)."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._providers: Mapping[str, Any] = table["providers"]
        self._services: Mapping[str, list[str]] = table["services"]
        self.date: str = table["date"]
        self.source: str = table["source"]

    def price_of(self, service: str, model: str, at: str = "") -> Price | None:
        """What `model` costs at `service` (a name of the table of services) at a time in UTC, `2026-11-27T14:05`;
        without one, on the day of the table. None where that is not known.
        """
        entry = self._entry(service, model)
        at = at or self.date
        price = _price(entry.get("prices", ()), at, self.date)
        if price is None:
            return None
        begun = next((row for row in entry.get("batch", ()) if _holds(row, at)), None)
        return price._replace(batch=_overridden(price, begun) if begun else None)

    def context_window(self, service: str, model: str) -> int | None:
        """The tokens that `model` takes; None where that is not known."""
        window = self._entry(service, model).get("window")
        return window if isinstance(window, int) else None

    def _entry(self, service: str, model: str) -> Mapping[str, Any]:
        name = model.lower()
        for spelled in dict.fromkeys((name, _COMPACT_DATE.sub(r"-\1-\2-\3", name))):  # gateways leave out the hyphens
            for provider in self._services.get(service, ()):
                if (entry := _first_match(self._providers[provider], spelled)) is not None:
                    return entry
        return {}


def _first_match(provider: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """The entry with the smallest number that the name fits."""
    best: int | None = provider["exact"].get(name)
    for number, rule in provider["rules"]:
        if best is not None and number >= best:
            break
        if _fits(rule, name):
            best = number
            break
    return None if best is None else provider["models"][best]


def _fits(rule: Any, name: str) -> bool:
    match rule:
        case {"and": parts}:
            return all(_fits(part, name) for part in parts)
        case {"or": parts}:
            return any(_fits(part, name) for part in parts)
    text = str(rule[1:])
    match rule[0]:
        case "=":
            return name == text
        case "^":
            return name.startswith(text)
        case "$":
            return name.endswith(text)
        case "*":
            return text in name
        case _:
            return re.search(text, name) is not None


def _holds(row: Mapping[str, Any], at: str) -> bool:
    """Whether a row is of that time. Hours may go over midnight; a day without a time is none of them."""
    if "between" in row:
        begin, end = row["between"]
        hour = at[11:16]
        return bool(hour) and (begin <= hour < end if begin <= end else hour >= begin or hour < end)
    return bool(row.get("from", "") <= at[:10])


def _price(rows: Any, at: str, date: str) -> Price | None:
    """The last row that holds; where none does, the first."""
    if not rows:
        return None
    row = next((row for row in reversed(rows) if _holds(row, at)), rows[0])
    request_usd = Decimal(row.get("requests", 0)) / _THOUSAND
    nothing = Price(Rate(Decimal(0)), Rate(Decimal(0)), request_usd=request_usd, date=date)
    return _overridden(nothing, row)  # each row has both rates


def _overridden(price: Price, row: Mapping[str, Any]) -> Price:
    """The price, with those rates that a row has."""
    return price._replace(
        input=_rate(row, "input") or price.input,
        output=_rate(row, "output") or price.output,
        cached=_rate(row, "cached") or price.cached,
        cache_write=_rate(row, "write") or price.cache_write,
    )


def _rate(row: Mapping[str, Any], name: str) -> Rate | None:
    match row.get(name):
        case None:
            return None
        case [base, *tiers]:
            return Rate(Decimal(base), tuple((start, Decimal(usd)) for start, usd in tiers))
        case base:
            return Rate(Decimal(base))
