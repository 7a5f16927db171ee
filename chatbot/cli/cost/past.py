"""What the answers in the history cost, added up. Those of a time when no price was kept are reckoned by the table."""

from __future__ import annotations

import time
from collections.abc import Iterable
from decimal import Decimal

from chatbot.cli.cost.prices import minute_of, price_table
from chatbot.core.conversations.stored import PaidTurn
from chatbot.core.cost.price import cost_usd
from chatbot.core.cost.sums import CostSum, added_up
from chatbot.providers.services import LAB
from chatbot.records import NamedTuple

_NAMED = 5


class PastCosts(NamedTuple):
    """The sums, days in their order, others with the dearest first; and what a person should know of them."""

    rows: list[CostSum]
    remarks: tuple[str, ...]


def sums(turns: Iterable[PaidTurn], by: str) -> PastCosts:
    """The costs by `day`, `model` or `provider`."""
    reckoned = 0
    paid = []
    for turn in turns:
        usd = turn.usd if turn.is_priced else _reckoned(turn)
        reckoned += not turn.is_priced and bool(usd)
        model = f"{turn.provider}/{turn.model}"
        paid.append(({"day": _day(turn), "model": model}.get(by, turn.provider), usd, model))
    rows = added_up(paid)
    if by != "day":
        rows.sort(key=lambda one: -one.usd)
    return PastCosts(rows, tuple(_remarks(rows, reckoned)))


def _day(turn: PaidTurn) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(turn.created_s))


def _reckoned(turn: PaidTurn) -> Decimal | None:
    """What a question cost by the prices of its time, as far as the table of today knows them."""
    if turn.attempts == 0 or turn.provider == LAB:
        return Decimal(0)
    price = price_table().price_of(turn.provider, turn.model, minute_of(turn.created_s))
    return cost_usd(price, turn.usage)


def _remarks(rows: list[CostSum], reckoned: int) -> Iterable[str]:
    if not rows:
        yield "nothing is kept yet"
        return
    unknown = sum(one.unknown for one in rows)
    models = list(dict.fromkeys(model for one in rows for model in one.unknown_models))
    if unknown:
        named = ", ".join(models[:_NAMED]) + (f" and {len(models) - _NAMED} more" if len(models) > _NAMED else "")
        yield f"of {_answers(unknown)} the cost is not known, and not counted: {named}"
    if reckoned:
        yield f"{_answers(reckoned)} of before prices were kept: reckoned by the table of {price_table().date}"


def _answers(count: int) -> str:
    return f"{count} answer{'s' * (count != 1)}"
