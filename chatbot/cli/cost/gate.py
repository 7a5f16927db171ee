"""The gate before every answer that costs: what it may cost at most is reserved, or it is not asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from threading import Lock
from typing import TYPE_CHECKING

from chatbot.cli.cost.booking import today
from chatbot.core.cost.answer import usd_words
from chatbot.core.cost.budget import Budget
from chatbot.core.cost.estimate import Estimate
from chatbot.core.cost.ledger import Entry, Room
from chatbot.core.errors import BudgetTooSmall, BudgetUsedUp, TooDear
from chatbot.records import NamedTuple

if TYPE_CHECKING:
    from chatbot.outside.ledger.store import Ledger


class Limits(NamedTuple):
    """`max_usd` is that of one command, None where there is none; `budgets` are those of the person that hold."""

    max_usd: Decimal | None = None
    budgets: tuple[Budget, ...] = ()

    def __bool__(self) -> bool:
        return self.max_usd is not None or bool(self.budgets)


class Held(NamedTuple):
    """What is reserved for an answer; `number` is that of the ledger, None where no budget has to know."""

    usd: Decimal
    number: int | None = None


class Gate:
    """For all answers of one command, which may be asked for in many threads. Budgets are shared with all processes,
    through the ledger, which `open_ledger` opens where there is one to hold.
    """

    def __init__(self, limits: Limits, provider: str, open_ledger: Callable[[], Ledger]) -> None:
        self._limits = limits
        self._provider = provider
        self._open_ledger = open_ledger
        self._lock = Lock()
        self._ledger: Ledger | None = None
        self._spent = self._held = Decimal(0)

    @property
    def ledger(self) -> Ledger:
        """The ledger, opened at the first use. Raises LedgerUnavailable."""
        if self._ledger is None:
            self._ledger = self._open_ledger()
        return self._ledger

    @property
    def spent_usd(self) -> Decimal:
        """What the answers of this command have cost so far, as far as that is known."""
        return self._spent

    @property
    def taken_usd(self) -> Decimal:
        """The same with what is reserved."""
        return self._spent + self._held

    def reserve(self, estimate: Estimate) -> Held:
        """Takes what the answer may cost out of all that is left. Raises TooDear where it does not fit, and
        LedgerUnavailable: what cannot be counted is not spent.
        """
        usd, limit = estimate.usd, self._limits.max_usd
        with self._lock:
            if limit is not None and self._spent + self._held + usd > limit:
                raise self._over(estimate, limit)
            number = None
            if self._limits.budgets:
                found = self.ledger.hold(usd, self._provider, self._limits.budgets, today())
                if isinstance(found, Room):
                    raise _no_room(estimate, found)
                number = found
            self._held += usd
            return Held(usd, number)

    def settle(self, held: Held, usd: Decimal, entries: Iterable[Entry] = ()) -> None:
        """The answer has cost so much; what was reserved for it is given back. `entries` go into the ledger in the same
        moment, if there are any. Raises LedgerUnavailable.
        """
        with self._lock:
            self._held -= held.usd
            self._spent += usd
            rows = list(entries)
            if rows or held.number is not None:
                self.ledger.add(rows, held.number)

    def close(self) -> None:
        """Closes the ledger, if it was opened."""
        if self._ledger is not None:
            self._ledger.close()

    def _over(self, estimate: Estimate, limit: Decimal) -> TooDear:
        gone = self._spent + self._held
        before = f", after {usd_words(gone)} for those before it" if gone else ""
        return TooDear(
            f"this answer could cost {usd_words(estimate.usd)}{before}; --max-cost allows {usd_words(limit)}",
            advice=_advice(estimate, "--max-cost"),
        )


def _no_room(estimate: Estimate, room: Room) -> TooDear:
    budget, could_cost = room.budget, f"this answer could cost {usd_words(estimate.usd)}"
    if estimate.usd > budget.usd:
        return BudgetTooSmall(
            f"{could_cost}; the whole budget is {budget.words}", advice=_advice(estimate, "the budget")
        )
    held = f", {usd_words(room.held_usd)} is reserved for answers on the way" if room.held_usd else ""
    return BudgetUsedUp(
        f"{could_cost}, and {usd_words(room.left_usd)} is left of the budget of {budget.words}: "
        f"{usd_words(room.spent_usd)} is spent{held}",
        advice=_advice(estimate, "the budget"),
    )


def _advice(estimate: Estimate, limit: str) -> str:
    return (
        f"Reckoned with {estimate.words}.\nAsk for a shorter answer with --max-tokens, take a cheaper model with -m, "
        f"or raise {limit}."
    )
