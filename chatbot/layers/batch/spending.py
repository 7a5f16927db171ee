"""What a batch has cost, and whether one more row may be begun: for all workers together."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from chatbot.core.batch.told_limits import Cost
from chatbot.core.events import Usage
from chatbot.providers.prices import Price, cost_usd


class Spending:
    """`price` is None where it is not known; `most_usd` is what all of it may cost."""

    def __init__(self, price: Price | None, most_usd: Decimal | None = None) -> None:
        self._price, self._most_usd = price, most_usd
        self.spent_usd = Decimal(0)

    @property
    def is_known(self) -> bool:
        """Whether there is a price."""
        return self._price is not None

    def estimate_usd(self, cost: Cost) -> Decimal:
        """What a row would cost; 0 where no price is known."""
        return cost_usd(self._price, Usage(*cost)) or Decimal(0)

    def has_room(self, cost: Cost, in_flight: Iterable[Cost]) -> bool:
        """Whether a row may be begun beside those in flight."""
        if self._most_usd is None:
            return True
        reserved_usd = sum(map(self.estimate_usd, in_flight), Decimal(0))
        return self.spent_usd + reserved_usd + self.estimate_usd(cost) <= self._most_usd

    def end(self, cost: Cost, usage: Usage | None) -> Decimal | None:
        """What a row cost, which was estimated so; None where that is not known: then the estimate counts."""
        usd = cost_usd(self._price, usage) if usage else None
        self.spent_usd += self.estimate_usd(cost) if usd is None else usd
        return usd
