"""The rows of the ledger: what went to which host, by day, and what it cost."""

from __future__ import annotations

from decimal import Decimal

from chatbot.core.cost.budget import Budget
from chatbot.core.errors import ChatError
from chatbot.core.http.traffic import Traffic
from chatbot.records import NamedTuple

NANO = Decimal("1e-9")  # sums are kept in whole billionths of a dollar


class Entry(NamedTuple):
    """What is added to a day (ISO 8601, local time). `kind` is what was sent for. `usd` is what it cost; `unpriced`
    counts the answers of which that is not known. An entry without a host is a cost whose rest is not kept.
    """

    day: str
    provider: str
    kind: str
    traffic: Traffic
    usd: Decimal = Decimal(0)
    unpriced: int = 0


def entries(
    day: str, provider: str, kind: str, traffic: tuple[Traffic, ...], usd: Decimal | None = Decimal(0)
) -> list[Entry]:
    """The entries of what was sent for one thing; the host that was asked last has what it cost (None: not known)."""
    rows = [Entry(day, provider, kind, each) for each in traffic] or [Entry(day, provider, kind, Traffic(""))]
    rows[-1] = rows[-1]._replace(usd=usd or Decimal(0), unpriced=int(usd is None))
    return rows


class LedgerUnavailable(ChatError):
    """The ledger cannot be read or written."""

    exit_code = 74  # EX_IOERR


class Room(NamedTuple):
    """What is left of a budget: what was spent in its period, and what is reserved for answers that are on the way."""

    budget: Budget
    spent_usd: Decimal
    held_usd: Decimal

    @property
    def left_usd(self) -> Decimal:
        """What may still be spent; never negative."""
        return max(Decimal(0), self.budget.usd - self.spent_usd - self.held_usd)
