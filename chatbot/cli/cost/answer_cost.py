"""What the answers of one run cost: refused before, known after, and written down."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from chatbot.records import NamedTuple

if TYPE_CHECKING:
    from decimal import Decimal

    from chatbot.cli.cost.gate import Gate, Held, Limits
    from chatbot.core.cost.answer import Cost
    from chatbot.core.cost.ledger import Entry
    from chatbot.core.cost.price import Price
    from chatbot.core.events import Finished, Usage
    from chatbot.core.http.traffic import Traffic
    from chatbot.core.messages import Conversation
    from chatbot.core.request import Payload
    from chatbot.options.chat import Money
    from chatbot.options.settings.settings import Settings
    from chatbot.providers.choice import ModelTarget
    from chatbot.terminal.notices import Notices


class Spending(NamedTuple):
    """Who is asked, and what the person says of its cost. `is_said`: the budget is from the command line or a variable,
    not from the settings. `keeps`: the ledger may have more than the sum; `is_replayed`: nothing is sent.
    """

    target: ModelTarget
    money: Money
    settings: Settings
    is_said: bool
    keeps: bool
    is_replayed: bool = False


class AnswerCost:
    """One answer at a time; as a context manager it gives back what was reserved for one that never ended."""

    def __init__(self, spending: Spending, notices: Notices, beside: AnswerCost | None = None) -> None:
        self._spending = spending
        self._notices = notices
        self._gate: Gate | None = None
        self._held: list[Held] = []
        self._asked: list[Conversation] = []
        self._beside = beside
        self._other: AnswerCost | None = None
        if beside is not None:
            beside._other = self

    def begin(self) -> None:
        """The next thing that is reserved is for another answer."""
        self._held, self._asked = [], []
        if self._other:
            self._other.begin()

    def reserve(
        self,
        conversation: Conversation,
        payload: Callable[[], Payload],
        model: str,
        limit: Callable[[], int | None],
        so_far: Finished | None = None,
    ) -> None:
        """Takes what one more request for the answer may cost out of what is left; `payload` is the body that will be
        sent, `limit` the longest answer of the model, `so_far` are the steps of the answer before this one. Raises
        TooDear, ConfigurationError, or LedgerUnavailable. Nothing is loaded where there is no limit.
        """
        self._asked.append(conversation)
        spending = self._spending
        if spending.is_replayed or not _may_have_limits(spending):
            return
        from decimal import Decimal

        from chatbot.cli.cost.booking import open_ledger
        from chatbot.cli.cost.gate import Gate
        from chatbot.core.conversations.resume import estimated_tokens
        from chatbot.core.cost.estimate import estimated, longest_answer

        limits = limits_of(spending)
        price = self._price(model) if limits else None
        if not limits or (price is None and is_local(spending.target)):
            return
        if price is None:
            raise unknown_price(spending.target, model)
        estimate = estimated(price, estimated_tokens(conversation), longest_answer(payload(), limit()))
        if self._gate is None:
            taken = self._beside._gate.taken_usd if self._beside and self._beside._gate else 0
            if limits.max_usd is not None:
                limits = limits._replace(max_usd=limits.max_usd - taken)
            self._gate = Gate(limits, spending.target.service.name, lambda: open_ledger(self._notices))
        if so_far is not None:
            estimate = estimate._replace(usd=estimate.usd + (self.of(so_far).usd or 0))
            if self._held:
                self._gate.settle(self._held.pop(), Decimal(0))  # it is part of what is reserved now
        self._held.append(self._gate.reserve(estimate))

    def of(self, finished: Finished) -> Cost:
        """What an answer cost, by the prices of now."""
        from chatbot.core.cost.answer import NOTHING_SENT, cost_of

        if self._spending.is_replayed:
            return NOTHING_SENT
        return cost_of(self._price(finished.model or self._spending.target.model or ""), finished)

    def book(self, cost: Cost, traffic: tuple[Traffic, ...], came: str) -> None:
        """Writes it into the ledger; for an answer whose cost is not known, what it was about, reckoned with the text
        that `came`. Raises LedgerUnavailable.
        """
        from decimal import Decimal

        from chatbot.core.cost.price import cost_usd

        usd = cost.usd if cost.usd is not None else cost_usd(cost.price, self.about(came)) or Decimal(0)
        rows = entries_of(self._spending, "chat", traffic, usd, unpriced=int(cost.usd is None))
        held, self._held = self._held, []
        if self._gate is not None and held:
            self._gate.settle(held[0], usd, rows)
            for each in held[1:]:
                self._gate.settle(each, Decimal(0))
        elif rows:
            from contextlib import closing

            from chatbot.cli.cost.booking import open_ledger

            with closing(open_ledger(self._notices)) as ledger:
                ledger.add(rows)

    def about(self, came: str) -> Usage:
        """About how many tokens the last answer took, of which that is not known; `came` is its text."""
        from chatbot.core.conversations.resume import estimated_tokens, text_tokens
        from chatbot.core.events import Usage

        return Usage(sum(map(estimated_tokens, self._asked)), text_tokens(came))

    def _price(self, model: str) -> Price | None:
        from chatbot.cli.cost.prices import price_now

        return price_now(self._spending.target, model, self._spending.money.price)

    def __enter__(self) -> AnswerCost:
        return self

    def __exit__(self, *_: object) -> None:
        if self._other:
            self._other.__exit__()
        gate, held = self._gate, self._held
        self._gate, self._held = None, []
        if gate is None:
            return
        from decimal import Decimal

        from chatbot.core.cost.ledger import LedgerUnavailable

        with suppress(LedgerUnavailable):  # it is given back by itself within an hour
            for each in held:
                gate.settle(each, Decimal(0))
        gate.close()


def _may_have_limits(spending: Spending) -> bool:
    money, providers = spending.money, spending.settings.providers
    return bool(
        money.max_cost is not None
        or money.budget
        or any("budget" in section for section in (*providers.values(), *spending.settings.models.values()))
    )


def limits_of(spending: Spending) -> Limits:
    """What answers of this model of this service may cost. The budget at the top of the settings is of everything, one
    in the section of a provider of that provider, and both hold. Raises ConfigurationError for one of a model.
    """
    from decimal import Decimal

    from chatbot.cli.cost.gate import Limits
    from chatbot.cli.settings.loading import sections_of
    from chatbot.core.cost.budget import read_budget
    from chatbot.options.settings.settings import MODELS, PROVIDERS

    money, settings, service = spending.money, spending.settings, spending.target.service
    budgets = []
    general = money.budget if spending.is_said else settings.top.get("budget")
    if general:
        budgets.append(read_budget(general))
    for path, section in sections_of(settings, service, spending.target.model):
        if "budget" in section and path[:1] == (MODELS,):
            raise settings.fault((*path, "budget"), "a budget is of everything, or of a provider")
        if "budget" in section and path[:1] == (PROVIDERS,):
            budgets.append(read_budget(section["budget"], service.name))
    limit = None if money.max_cost is None else Decimal(repr(float(money.max_cost)))
    return Limits(limit, tuple(budgets))


def entries_of(spending: Spending, kind: str, traffic: tuple[Traffic, ...], usd: Decimal, unpriced: int) -> list[Entry]:
    """What goes into the ledger: the traffic with what it cost, or the sum alone where the rest is not to be kept."""
    from chatbot.cli.cost.booking import today
    from chatbot.core.cost.ledger import Entry, entries
    from chatbot.core.http.traffic import Traffic

    name = spending.target.service.name
    if spending.keeps:
        rows = entries(today(), name, kind, traffic) if traffic else []
        return [*rows[:-1], *(row._replace(usd=usd, unpriced=unpriced) for row in rows[-1:])]
    if not usd:
        return []
    own = name if any(budget.provider for budget in limits_of(spending).budgets) else ""
    return [Entry(today(), own, "", Traffic(""), usd)]


def is_local(target: ModelTarget) -> bool:
    """Whether it is a server that runs here, as those that want no money do."""
    from urllib.parse import urlsplit

    from chatbot.core.addresses import is_loopback

    return bool(target.service.probe) and is_loopback(urlsplit(target.endpoint.base_url).hostname or "")


def unknown_price(target: ModelTarget, model: str) -> Exception:
    """Why no limit can be held, and the way out."""
    from chatbot.cli.cost.prices import is_at_home
    from chatbot.core.errors import PriceUnknown

    name = f"{target.service.name}/{model}" if model else f"a model of {target.service.name} that is not named"
    where = "" if is_at_home(target) else " at this address"
    return PriceUnknown(
        f"what {name} costs{where} is not known, so no limit can be held",
        advice="Say it, in USD per million tokens in and out: --price 2.50/10 (0/0 where it is free),\n"
        'or in the settings: [models."' + name + '"] price = "2.50/10"',
    )
