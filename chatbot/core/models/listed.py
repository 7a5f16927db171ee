"""A model as a list has it, and its form in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from chatbot.records import NamedTuple

MAX_NAME_CHARS = 300
_MAX_TOKENS = 2**53
_NUMBERS = ("context_window", "max_output_tokens")
_CAPABILITIES = ("images", "tools", "schema", "reasoning")
_PRICES = ("input_usd", "output_usd")


class ListedModel(NamedTuple):
    """A model and what is known of it; None where that is not known, which is not the same as no.

    `context_window` and `max_output_tokens` are tokens. `images`: it takes them. `tools`: it can call some. `schema`:
    its answer can be made to fit one. `reasoning`: it can think first. The prices are USD per million tokens;
    `price_date` is the day of the table they are from (ISO 8601), empty where the server itself says them.
    """

    name: str
    context_window: int | None = None
    max_output_tokens: int | None = None
    images: bool | None = None
    tools: bool | None = None
    schema: bool | None = None
    reasoning: bool | None = None
    input_usd: Decimal | None = None
    output_usd: Decimal | None = None
    price_date: str = ""


def as_json(model: ListedModel) -> dict[str, Any]:
    """What is known, as JSON has it; prices are texts, so that their digits stay."""
    found = {name: value for name, value in model._asdict().items() if value not in (None, "")}
    return {name: f"{value:f}" if isinstance(value, Decimal) else value for name, value in found.items()}


def from_json(document: Any) -> ListedModel:
    """The model that `as_json` wrote. Raises ValueError for anything else."""
    if not isinstance(document, Mapping):
        raise ValueError("a model is an object")
    name = document.get("name")
    if not isinstance(name, str) or not name:
        raise ValueError("a model has a name")
    values: dict[str, Any] = {field: _number(document.get(field)) for field in _NUMBERS}
    values |= {field: _capability(document.get(field)) for field in _CAPABILITIES}
    values |= {field: _price(document.get(field)) for field in _PRICES}
    return ListedModel(name, **values)


def _number(value: Any) -> int | None:
    if value is not None and (type(value) is not int or not 0 < value <= _MAX_TOKENS):
        raise ValueError("a number of tokens is a whole number")
    return value


def _capability(value: Any) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise ValueError("a capability is true or false")
    return value


def _price(value: Any) -> Decimal | None:
    try:
        price = None if value is None else Decimal(value if isinstance(value, str) else "none")
    except InvalidOperation as error:
        raise ValueError("a price is a number in a text") from error
    if price is not None and not (price.is_finite() and price >= 0):
        raise ValueError("a price is a finite number")
    return price
