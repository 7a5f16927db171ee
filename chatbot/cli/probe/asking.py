"""Asking a server for a report, while a person looks on."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chatbot.cli.ask.target import choose_target
from chatbot.cli.cost.booking import booked
from chatbot.cli.output import stdio
from chatbot.cli.route import chosen_route
from chatbot.core.errors import UsageError
from chatbot.core.http.exchange import SafeExchange
from chatbot.options.chat import Connection, Who
from chatbot.outside.desktop.streams import is_terminal
from chatbot.providers.probe.checks import wanted
from chatbot.providers.probe.course import budget, finding, learnt
from chatbot.providers.probe.finding import Check
from chatbot.providers.probe.report import Report, Row
from chatbot.providers.probe.subject import Subject
from chatbot.terminal.documents.conversations import grouped
from chatbot.terminal.notices import Notices
from chatbot.terminal.screen import is_dumb

if TYPE_CHECKING:
    from chatbot.providers.choice import ModelTarget


def subject_of(
    who: Who, connection: Connection, open_things: ExitStack, notices: Notices
) -> tuple[ModelTarget, Subject]:
    """Whom the words mean. Raises UsageError for a service of another wire format, and what `choose_target` raises."""
    target = choose_target(who, connection, open_things)
    notices.hide(target.secrets)
    for remark in target.remarks:
        notices.warn(remark)
    if target.service.wire != "openai":
        raise UsageError(
            f"{target.service.title} does not speak Chat Completions, in which chat probe asks",
            advice="Has it an address that is compatible with OpenAI? chat probe URL",
        )
    return target, Subject(target.service, target.endpoint, target.model or "")


def ask(
    target: ModelTarget, subject: Subject, connection: Connection, notices: Notices, *, deep: bool, verbose: int
) -> tuple[Report, bool]:
    """The report, and whether all was asked: Ctrl-C ends it with what was learnt so far."""
    from chatbot.cli.probe.sending import sender  # loads the network's libraries
    from chatbot.layers.probing import probing

    checks = wanted(deep=deep)
    requests, tokens = budget(subject, checks)
    notices.tell([f"asks {subject.endpoint.base_url} {requests} times, for about {grouped(tokens)} tokens at most"])
    seen: dict[str, SafeExchange] = {}
    progress = _Progress(requests if is_terminal(2) and not verbose and _may_redraw() else 0)
    is_whole = True
    try:
        book = booked("probe", target.service.name, notices)
        route = chosen_route(connection, notices)
        send = sender(target, connection, notices.redact, _telling(verbose), route, book)
        for check in probing(subject, checks, send, seen):
            progress.show(check)
    except KeyboardInterrupt:
        is_whole = False
    finally:
        progress.end()
    subject = learnt(subject, seen)
    if not is_whole:
        notices.warn("broken off: this is what was learnt so far")
    elif hint := _hint(target, subject, seen):
        notices.warn(hint)
    return _report(checks, subject, seen), is_whole


def _hint(target: ModelTarget, subject: Subject, seen: dict[str, SafeExchange]) -> str:
    """What to say otherwise where nothing could be learnt; empty where there is nothing."""
    statuses = {name: each.status for name, each in seen.items()}
    listed, asked = statuses.get("models"), statuses.get("max-tokens")
    if 401 in (listed, asked) and not subject.has_key:
        return f"it wants a key: set {target.key_variable}" if target.key_variable else "it wants a key"
    if listed == 404 and asked in (404, None) and not urlsplit(subject.endpoint.base_url).path:
        return "no such address was found there; most base URLs end with /v1"
    if not subject.model and listed is not None:
        return "the server lists no model, so none was asked; name one with -m"
    return ""


def _report(checks: Sequence[Check], subject: Subject, seen: dict[str, SafeExchange]) -> Report:
    rows = tuple(Row(check.name, check.title, finding(check, seen)) for check in checks)
    asked = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return Report(subject.endpoint.base_url, subject.model, asked, rows)


class _Progress:
    """A row on the terminal that says what is being asked, of so many requests; none for zero."""

    def __init__(self, requests: int) -> None:
        self._requests = requests
        self._number = 0

    def show(self, check: Check) -> None:
        self._number += 1
        if self._requests:
            columns = max(10, (stdio.size(2)[0] or 80) - 1)
            stdio.write_aside(f"\r\x1b[K{self._number}/{self._requests} {check.title}"[: columns + 4].encode())

    def end(self) -> None:
        if self._requests:
            stdio.write_aside(b"\r\x1b[K")


def _may_redraw() -> bool:
    return not is_dumb(os.environ) and not os.environ.get("NO_COLOR")


def _telling(level: int) -> Callable[[SafeExchange], None]:
    """What shows the HTTP of an exchange."""

    def tell(exchange: SafeExchange) -> None:
        if not level:
            return
        from chatbot.terminal.http.rows import as_text
        from chatbot.terminal.http.verbose import body_rows, end_rows, request_rows, response_rows

        rows = [*request_rows(exchange, level), *response_rows(exchange, level), *body_rows(exchange, level)]
        text = as_text([*rows, *end_rows(exchange, level)], styles=is_terminal(2) and _may_redraw())
        stdio.write_aside(text.encode("utf-8", "replace"))

    return tell
