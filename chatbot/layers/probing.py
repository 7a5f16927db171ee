"""The requests of a probe, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping, Sequence

from chatbot.core.http.exchange import SafeExchange
from chatbot.core.request import HttpRequest
from chatbot.providers.probe.course import next_request
from chatbot.providers.probe.finding import Check
from chatbot.providers.probe.subject import Subject

Send = Callable[[HttpRequest], SafeExchange]
"""Sends a request and reads its answer, both within bounds. Raises nothing for what the server does."""


def probing(
    subject: Subject, checks: Sequence[Check], send: Send, seen: MutableMapping[str, SafeExchange]
) -> Iterator[Check]:
    """Each check that asks, before it does. `seen` gets the exchanges, so that whoever breaks off has them."""
    for check in checks:
        request = next_request(check, subject, seen)
        if request is not None:
            yield check
            seen[check.name] = send(request)
