"""What answers cost, added up by day, model, provider or host."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from chatbot.core.cost.ledger import Entry
from chatbot.records import NamedTuple


class CostSum(NamedTuple):
    """Of all answers under one name: what they cost as far as that is known, how many there were, and of how many it is
    not known, with the models of those.
    """

    name: str
    usd: Decimal = Decimal(0)
    answers: int = 0
    unknown: int = 0
    unknown_models: tuple[str, ...] = ()

    def plus(self, usd: Decimal | None, model: str) -> CostSum:
        """With one more answer."""
        if usd is not None:
            return self._replace(usd=self.usd + usd, answers=self.answers + 1)
        models = tuple(dict.fromkeys((*self.unknown_models, model)))
        return self._replace(answers=self.answers + 1, unknown=self.unknown + 1, unknown_models=models)


def added_up(paid: Iterable[tuple[str, Decimal | None, str]]) -> list[CostSum]:
    """The sums of answers (name, cost, model), in the order in which the names came."""
    found: dict[str, CostSum] = {}
    for name, usd, model in paid:
        found[name] = found.get(name, CostSum(name)).plus(usd, model)
    return list(found.values())


def sum_json(one: CostSum, by: str) -> dict[str, Any]:
    """For programs. `usd` is the sum of what is known; where that is nothing at all, it is None."""
    is_known = one.unknown < one.answers
    return {
        by: one.name,
        "usd": float(one.usd) if is_known else None,
        "answers": one.answers,
        "unknown": one.unknown,
        "unknown_models": list(one.unknown_models),
    }


class HostSum(NamedTuple):
    """Of one name (a day, or a host) in the ledger: the days from first to last, hosts and kinds that are in it."""

    name: str
    first_day: str
    last_day: str
    hosts: tuple[str, ...]
    kinds: tuple[str, ...]
    requests: int
    sent_bytes: int
    received_bytes: int
    usd: Decimal
    unpriced: int


def host_sums(entries: Iterable[Entry], name: Callable[[Entry], str]) -> list[HostSum]:
    """The entries added up by what `name` gives, in the order in which the names came."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(name(entry), []).append(entry)
    return [_summed(key, group) for key, group in groups.items()]


def _summed(name: str, group: list[Entry]) -> HostSum:
    days = sorted(entry.day for entry in group)
    return HostSum(
        name,
        days[0],
        days[-1],
        tuple(dict.fromkeys(entry.traffic.host for entry in group if entry.traffic.host)),
        tuple(dict.fromkeys(entry.kind for entry in group if entry.kind)),
        sum(entry.traffic.requests for entry in group),
        sum(entry.traffic.sent_bytes for entry in group),
        sum(entry.traffic.received_bytes for entry in group),
        sum((entry.usd for entry in group), Decimal(0)),
        sum(entry.unpriced for entry in group),
    )
