"""`chat limits`: what the services said is left of their limits, the last time they were asked."""

# Without `from __future__ import annotations`: chatbot.options.declared reads the annotations as they stand.

import time
from typing import Annotated

from chatbot.cli.command_line.declared import OF_PROVIDER, Command
from chatbot.cli.history import limits_folder
from chatbot.cli.output import stdio
from chatbot.cli.output.paged import write_json, write_lines
from chatbot.core.errors import ChatError
from chatbot.core.http.exchange import Exchange
from chatbot.core.http.limit_headers import seen_limits
from chatbot.core.http.limits import SeenLimits, as_json
from chatbot.core.http.safe import safe
from chatbot.options.declared import Choice, chosen
from chatbot.outside.files.seen_limits import keep, load, load_all
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices


class AsJson(NamedTuple):
    """Options"""

    json: Annotated[bool, Choice("JSON for programs: an object on each line, times in Unix seconds.")] = False


def limits(argv: list[str], notices: Notices) -> int:
    """Tells them of one service, or of all."""
    from chatbot.cli.command_line.parsing import parse

    said = parse(DECLARED, argv, "chat limits")
    if said is not None:
        DECLARED.run(notices, said["provider"], chosen(AsJson, said))
    return 0


def seen_in(last: Exchange, notices: Notices) -> SeenLimits:
    """What an answer told of limits."""
    looked_at = last._replace(request_body=b"", chunks=last.chunks if last.status == 429 else ())
    return seen_limits(safe(looked_at, notices.redacted), time.time())


def keep_limits(seen: SeenLimits) -> None:
    """Keeps them for the next run, where there is a home for them."""
    try:
        keep(limits_folder(), seen)
    except ChatError:
        pass  # the history says so


def kept_limits(service: str) -> SeenLimits | None:
    """What a service told last, as far as it is kept."""
    try:
        return load(limits_folder(), service)
    except ChatError:
        return None


def _limits(notices: Notices, provider: str | None, form: AsJson) -> None:
    if provider is None:
        found = load_all(limits_folder())
    else:
        from chatbot.cli.settings.own_providers import own_table

        service = own_table().find(provider)
        found = [seen for seen in (load(limits_folder(), service.name),) if seen]
    if form.json:
        write_json(map(as_json, found))
        return
    if not found:
        notices.warn("nothing was seen yet: services tell their limits with an answer, and are not asked for them")
        return
    from chatbot.cli.output.screen import this_screen
    from chatbot.terminal.http.limits_panel import limit_rows

    screen, now_s = this_screen("auto"), time.time()
    blocks = [limit_rows(seen, now_s, screen.width, stdio.time_words, unicode=screen.unicode) for seen in found]
    write_lines("\n".join(rows) + ("" if rows is blocks[-1] else "\n") for rows in blocks)


DECLARED = Command(
    "limits",
    "What the services said is left of their limits, the last time they were asked. Nothing is asked of them now.",
    _limits,
    (OF_PROVIDER,),
    (AsJson,),
)
