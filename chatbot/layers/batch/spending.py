"""What a batch has cost, and whether one more row may be begun: for all workers together."""

from __future__ import annotations

from decimal import Decimal

from chatbot.core.batch.told_limits import Cost
from chatbot.core.events import Usage
from chatbot.providers.prices import Price, cost_usd


class Spending:
    """`price` is None where it is not known; `most_usd` is what all of it may cost."""

    def __init__(self, price: Price | None, most_usd: Decimal | None = None) -> None:
        self._price, self._most_usd = price, most_usd
        self.spent_usd = Decimal(0)
        self._reserved_usd = Decimal(0)

    @property
    def is_known(self) -> bool:
        """Whether there is a price."""
        return self._price is not None

    def estimate_usd(self, cost: Cost) -> Decimal:
        """What a row would cost; 0 where no price is known."""
        return cost_usd(self._price, Usage(*cost)) or Decimal(0)

    def has_room(self, cost: Cost) -> bool:
        """Whether a row may be begun."""
        if self._most_usd is None:
            return True
        return self.spent_usd + self._reserved_usd + self.estimate_usd(cost) <= self._most_usd

    def begin(self, cost: Cost) -> None:
        """Reserves what a row may cost."""
        self._reserved_usd += self.estimate_usd(cost)

    def end(self, cost: Cost, usage: Usage | None, *, is_free: bool = False) -> Decimal | None:
        """What the row cost, None where that is not known: then what was reserved counts. `is_free`: nothing came of
        it, or it came from the cache.
        """
        reserved_usd = self.estimate_usd(cost)
        self._reserved_usd -= reserved_usd
        if is_free:
            return Decimal(0) if self.is_known else None
        usd = cost_usd(self._price, usage) if usage else None
        self.spent_usd += reserved_usd if usd is None else usd
        return usd
