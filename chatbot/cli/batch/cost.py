"""What the rows of a batch cost: reserved before each is begun, settled when it is over, kept in the ledger."""

from __future__ import annotations

import time
from decimal import Decimal

from chatbot.cli.ask.setup import Setup
from chatbot.cli.batch.planning import Plan
from chatbot.cli.batch.workers import BatchRow
from chatbot.cli.cost.answer_cost import Spending, entries_of, is_local, limits_of, unknown_price
from chatbot.cli.cost.booking import NOT_WRITTEN, open_ledger
from chatbot.cli.cost.gate import Gate, Held, Limits
from chatbot.cli.cost.prices import price_now
from chatbot.cli.model_lists import kept_list
from chatbot.core.conversations.resume import text_tokens
from chatbot.core.cost.answer import Cost, cost_of
from chatbot.core.cost.estimate import Estimate, LongestAnswer, estimated, longest_answer
from chatbot.core.cost.ledger import Entry, LedgerUnavailable
from chatbot.core.cost.price import cost_usd
from chatbot.core.events import Usage
from chatbot.core.messages import Conversation
from chatbot.layers.batch.paced import Asked
from chatbot.providers.wires.lookup import provider_for

_BOOKED_EACH_S = 1.0  # where no budget has to know at once


class BatchCost:
    """For all rows of one command. Raises PriceUnknown where a limit is to be kept that cannot be."""

    def __init__(self, setup: Setup) -> None:
        arguments, self._notices = setup.arguments, setup.notices
        target, money = setup.target, arguments.money
        is_said, keeps = "budget" in arguments.taken, not arguments.kept.no_log
        self._spending = Spending(target, money, arguments.settings, is_said, keeps)
        self.price = price_now(target, target.model or "", money.price)
        self.limits = limits_of(self._spending)
        if self.limits and self.price is None:
            if not is_local(target):
                raise unknown_price(target, target.model or "")
            self.limits = Limits()
        self.max_answer = self._longest_answer(setup)
        self._gate = Gate(self.limits, target.service.name, lambda: open_ledger(self._notices))
        self._held: dict[int, Held] = {}
        self._unbooked: list[Entry] = []
        self._booked_s = time.monotonic()
        self._works = True

    @property
    def spent_usd(self) -> Decimal | None:
        """What all have cost so far; None where no price is known."""
        return self._gate.spent_usd if self.price is not None else None

    def reserve(self, row: BatchRow) -> None:
        """Takes what the row may cost out of what is left, once, however often it is tried. Raises TooDear, and
        LedgerUnavailable.
        """
        if self.limits and self.price is not None and row.row.number not in self._held:
            estimate = estimated(self.price, row.input_tokens, self.max_answer)
            self._held[row.row.number] = self._gate.reserve(estimate)

    def check(self, plan: Plan) -> None:
        """Whether all rows fit at once, as those of a provider's batch must. Raises TooDear, and LedgerUnavailable."""
        if not self.limits or self.price is None:
            return
        count, answer = plan.to_ask, self.max_answer
        one = estimated(self.price, -(-plan.input_tokens // count), answer, batch=True)
        longest = LongestAnswer(answer.tokens * count, answer.why)
        self._gate.settle(self._gate.reserve(Estimate(one.usd * count, plan.input_tokens, longest)), Decimal(0))

    def over(self, asked: Asked[BatchRow]) -> Cost:
        """What a row cost, which is over. Where that is not known, what it was about counts. Raises LedgerUnavailable
        where a budget has to know of it.
        """
        row = asked.asking.row
        cost = cost_of(self.price, asked.finished)
        about = Usage(row.input_tokens, text_tokens(asked.text))
        usd = cost.usd if cost.usd is not None else cost_usd(cost.price, about) or Decimal(0)
        self._unbooked += entries_of(self._spending, "batch", asked.traffic, usd, int(cost.usd is None))
        self._settle(self._held.pop(row.row.number, Held(Decimal(0))), usd)
        return cost

    def close(self) -> None:
        """Gives back what was reserved for rows that are not over, and writes the rest into the ledger."""
        self._booked_s = float("-inf")
        try:
            for held in (*self._held.values(), Held(Decimal(0))):
                self._settle(held, Decimal(0))
        except LedgerUnavailable as error:
            self._notices.warn(f"{NOT_WRITTEN} ({error})")
        self._gate.close()

    def _settle(self, held: Held, usd: Decimal) -> None:
        is_due = held.number is not None or time.monotonic() - self._booked_s >= _BOOKED_EACH_S
        entries: list[Entry] = []
        if is_due and self._works:
            entries, self._unbooked, self._booked_s = self._unbooked, [], time.monotonic()
        try:
            self._gate.settle(held, usd, entries)
        except LedgerUnavailable as error:
            self._unbooked = [*entries, *self._unbooked]
            if self.limits.budgets:
                raise
            self._works = False
            self._notices.warn(f"{NOT_WRITTEN} ({error})")

    def _longest_answer(self, setup: Setup) -> LongestAnswer:
        target = setup.target
        kept = kept_list(target)
        models = kept.models if kept else ()
        limit = next((model.max_output_tokens for model in models if model.name == target.model), None)
        payload = provider_for(target.service, target.endpoint).payload(Conversation().asking("?"), setup.options)
        return longest_answer(payload, limit)
