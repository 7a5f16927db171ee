"""`chat ledger`: every host that was ever contacted, bytes up and down, what was sent, what it cost, by day."""

# Without `from __future__ import annotations`: chatbot.options.declared reads the annotations as they stand.

from collections.abc import Iterable
from contextlib import closing
from typing import Annotated, Any, Literal

from chatbot.cli.command_line.declared import Command
from chatbot.cli.cost.booking import open_ledger
from chatbot.cli.cost.since import Since
from chatbot.core.cost.ledger import Entry
from chatbot.core.cost.sums import host_sums
from chatbot.options.declared import Choice, chosen
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices


class Listing(NamedTuple):
    """Options"""

    by: Annotated[Literal["day", "host"], Choice("What is added up; usually each host.", metavar="[day|host]")] = "host"
    json: Annotated[bool, Choice("JSON for programs: an object a line for each day, host and kind of content.")] = False


def ledger(argv: list[str], notices: Notices) -> int:
    """Shows it."""
    from chatbot.cli.command_line.parsing import parse

    said = parse(DECLARED, argv, "chat ledger")
    if said is not None:
        DECLARED.run(notices, chosen(Listing, said), chosen(Since, said))
    return 0


def _ledger(notices: Notices, listing: Listing, since: Since) -> None:
    from chatbot.cli.output.paged import write_json, write_lines

    with closing(open_ledger(notices)) as kept:
        entries = kept.entries(since.since or "")
    if listing.json:
        write_json(_plain(entries))
        return
    if not entries:
        notices.warn("nothing was sent yet" + (f" since {since.since}" if since.since else ""))
        return
    from chatbot.cli.output.screen import this_screen
    from chatbot.terminal.documents.costs import ledger_lines

    by_day = listing.by == "day"
    found = host_sums(entries, lambda entry: entry.day if by_day else entry.traffic.host)
    if not by_day:
        found.sort(key=lambda one: (not one.kinds, -one.sent_bytes - one.received_bytes))
    write_lines(ledger_lines(found, this_screen("auto").width, by_day=by_day))


def _plain(entries: Iterable[Entry]) -> Iterable[dict[str, Any]]:
    for entry in entries:
        host, *numbers = entry.traffic
        counts = dict(zip(("requests", "sent_bytes", "received_bytes"), numbers, strict=True))
        who = {"day": entry.day, "host": host or None, "provider": entry.provider or None, "kind": entry.kind or None}
        is_known = not entry.unpriced or entry.usd
        yield {**who, **counts, "usd": float(entry.usd) if is_known else None, "unpriced": entry.unpriced}


DECLARED = Command(
    "ledger",
    "Every host that chat contacted, with bytes up and down, what was sent, and what it cost.\n\n"
    "Bytes are those of HTTP messages as chat wrote and read them; TLS and TCP add some. "
    "A cost with > is more, as that of some answers is not known. Of a question with --no-log only its cost is kept.",
    _ledger,
    groups=(Listing, Since),
)
