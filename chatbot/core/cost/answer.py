"""What one answer cost, as it is shown, kept, and counted."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from chatbot.core.cost.price import FREE, Price, cost_usd, plain_price
from chatbot.core.errors import AnswerError, ConnectionLost, TimedOut
from chatbot.core.events import Finished, Usage, Verdict
from chatbot.records import NamedTuple

_SMALLEST = Decimal("0.000001")
_NOT_WHOLE = (Verdict.CUT, Verdict.FAILED, Verdict.CANCELLED)  # whose last count of tokens never came
_MAY_HAVE_BEGUN = (AnswerError, ConnectionLost, TimedOut)


class Cost(NamedTuple):
    """`usd` is None where it is not known: of the model no price, or of the answer no number of tokens. `price` is the
    one of that day, None where there is none. `is_paid` is False where nothing was sent.
    """

    usd: Decimal | None
    price: Price | None = None
    is_paid: bool = True


NOTHING_SENT = Cost(Decimal(0), FREE, is_paid=False)


def cost_of(price: Price | None, finished: Finished, *, batch: bool = False) -> Cost:
    """What an answer cost; nothing where it is from the cache, or where no answer to any attempt began. Of one that
    broke off it is not known.
    """
    if finished.attempts == 0 or (finished.cache and finished.cache.hit):
        return NOTHING_SENT
    price = price.batch if price and batch else price
    if finished.error is not None and not finished.has_text and not isinstance(finished.error, _MAY_HAVE_BEGUN):
        return Cost(Decimal(0), price)
    usage = Usage() if finished.verdict in _NOT_WHOLE else finished.usage or Usage()
    return Cost(cost_usd(price, usage), price)


def total(costs: Sequence[Cost]) -> Cost:
    """What the parts of an answer cost together. It is not known where one is not; no price where there are several."""
    paid = [cost for cost in costs if cost.is_paid]
    if not paid:
        return NOTHING_SENT
    amounts = [cost.usd for cost in paid if cost.usd is not None]
    price = paid[0].price if all(cost.price == paid[0].price for cost in paid) else None
    return Cost(sum(amounts, Decimal(0)) if len(amounts) == len(paid) else None, price)


def cost_json(cost: Cost | None, usage: Usage | None) -> dict[str, Any] | None:
    """For programs: the sum in USD (None where it is not known), and the rates by which it was reckoned."""
    if cost is None:
        return None
    price = plain_price(cost.price, (usage and usage.input_tokens) or 0) if cost.price and cost.is_paid else None
    return {
        "usd": None if cost.usd is None else float(cost.usd),
        "known": cost.usd is not None,
        "price_date": (price and price["date"]) or None,
        "price": price and {name: value for name, value in price.items() if name != "date"},
    }


def cost_words(cost: Cost | None) -> str:
    """`$0.00123`, or why it is not known."""
    if cost is None:
        return "cost unknown"
    if cost.usd is not None:
        return usd_words(cost.usd)
    return "price unknown" if cost.price is None else "cost unknown"


def usd_words(usd: Decimal) -> str:
    """An amount in three digits or so: `$0.00123`, `$0.5`, `$12.35`, `$1234`; next to nothing is `<$0.000001`."""
    if 0 < usd < _SMALLEST:
        return f"<${_SMALLEST:f}"
    if usd >= 1000:
        return f"${usd:.0f}"
    if usd >= 1:
        return f"${usd:.2f}"
    digits = f"{usd:.{max(2, 2 - usd.adjusted())}f}" if usd else "0"
    return "$" + (digits.rstrip("0").rstrip(".") if usd else digits)
