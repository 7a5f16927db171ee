"""A sum of what answers cost, with how many there were of which that is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatbot.records import NamedTuple

if TYPE_CHECKING:  # a session begins without
    from decimal import Decimal

    from chatbot.core.cost.answer import Cost


class Spent(NamedTuple):
    """`usd` of `answers`; of `unknown` more the cost is not known."""

    usd: Decimal | int = 0
    answers: int = 0
    unknown: int = 0

    def plus(self, cost: Cost | None) -> Spent:
        """With one more answer; nothing comes to it where nobody looked."""
        if cost is None:
            return self
        if cost.usd is None:
            return self._replace(unknown=self.unknown + 1)
        return self._replace(usd=self.usd + cost.usd, answers=self.answers + 1)

    def since(self, before: Spent) -> Spent:
        """What came to it since."""
        return Spent(self.usd - before.usd, self.answers - before.answers, self.unknown - before.unknown)

    @property
    def words(self) -> str:
        """`$0.012`, `$0.012 and 2 answers of unknown cost`; empty where there were none."""
        from chatbot.core.cost.answer import usd_words

        unknown = f"{self.unknown} answer{'s' * (self.unknown != 1)} of unknown cost" if self.unknown else ""
        return " and ".join(filter(None, (usd_words(self.usd + _zero()) if self.answers else "", unknown)))


def _zero() -> Decimal:
    from decimal import Decimal

    return Decimal(0)
