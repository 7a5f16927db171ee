"""What a check found, and what a check is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from chatbot.core.http.exchange import SafeExchange
from chatbot.core.request import HttpRequest
from chatbot.providers.probe.subject import Subject
from chatbot.records import NamedTuple

Answer = Literal["yes", "no", "wrong", "unknown"]
Seen = Mapping[str, SafeExchange]
"""The exchanges so far, each under the name of the check that asked."""


class Finding(NamedTuple):
    """`wrong`: it is there, and not as it should be. `says` is the same in every run; `shown` is a part of what came,
    harmless to print; `measured` is what changes from run to run.
    """

    answer: Answer
    says: str = ""
    shown: str = ""
    measured: str = ""


class Check(NamedTuple):
    """A row. `verdict` is given the first exchange of `reads` that there is (usually its own), and all of them.

    `request` makes what it asks, None where that makes no sense; a row without one reads what others asked.
    `needs_chat`: it is not asked where no question was answered. `is_deep`: only asked when much may be asked.
    """

    name: str
    title: str
    verdict: Callable[[SafeExchange, Seen], Finding]
    request: Callable[[Subject], HttpRequest | None] | None = None
    reads: tuple[str, ...] = ()
    needs_chat: bool = False
    is_deep: bool = False
