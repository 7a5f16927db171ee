"""Budgets: so much in a day or a month, of everything or of one provider."""

from __future__ import annotations

import re
from decimal import Decimal

from chatbot.core.cost.price import amount
from chatbot.records import NamedTuple

_BUDGET = re.compile(r"\$? ?(\d+(?:\.\d+)?) ?(?:USD)? ?(?:/|per) ?(day|month)", re.IGNORECASE)


class Budget(NamedTuple):
    """`usd` in each `period` (day or month), of the answers of `provider`, or of all where that is empty."""

    usd: Decimal
    period: str
    provider: str = ""

    @property
    def words(self) -> str:
        """How a person writes it."""
        return f"{self.usd:f} USD/{self.period}" + (f" for {self.provider}" if self.provider else "")

    def first_day(self, today: str) -> str:
        """The day on which its period began; both in ISO 8601."""
        return today if self.period == "day" else f"{today[:8]}01"


def read_budget(text: str, provider: str = "") -> Budget:
    """`5 USD/day`, `$0.50/day`, `20/month`. Raises ValueError for anything else."""
    found = _BUDGET.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    return Budget(amount(found[1]), found[2].lower(), provider)
