"""`chat http`: the exchanges behind the last answers, in any form."""

# Without `from __future__ import annotations`: chatbot.options.declared reads the annotations as they stand.

from contextlib import closing
from pathlib import Path
from typing import Annotated

from chatbot.cli.asking_back import Deleting, agreed
from chatbot.cli.command_line.declared import Command, Group, Positional
from chatbot.cli.command_line.parsing import run_one_of
from chatbot.cli.history import open_history
from chatbot.core.errors import UsageError
from chatbot.core.http.exchange import SafeExchange
from chatbot.core.http.kept import KeptExchange
from chatbot.core.http.outcome import asking
from chatbot.options.chat import Form
from chatbot.options.declared import Choice
from chatbot.outside.history.store import History
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices

_ID = Positional("id", "ID", "An id, or its beginning; that of the last question if left out.", completes="exchanges")


class Shown(NamedTuple):
    """Options"""

    form: Annotated[
        Form, Choice("How it is printed, usually http.", flags=("--as",), metavar="[http|curl|python|js|httpie|body]")
    ] = "http"
    out: Annotated[Path | None, Choice("A folder for a body that is too long for a command.", metavar="DIR")] = None


class AsJson(NamedTuple):
    """Options"""

    json: Annotated[bool, Choice("JSON for programs: an object on each line.")] = False


def http(argv: list[str], notices: Notices) -> int:
    """Runs one of the commands; an id alone is shown."""
    names = [command.name for command in DECLARED.commands]
    words = ["show", *argv] if argv and argv[0] not in names and not argv[0].startswith("-") else argv
    if run := run_one_of(DECLARED, words, "chat http"):
        with closing(open_history(notices)) as history:
            run(history, notices)
    return 0


def _show(history: History, notices: Notices, prefix: str | None, shown: Shown) -> None:
    from chatbot.cli.output.written import write_as

    exchange = found(history, prefix).record
    write_as(exchange, shown.form, key_variable_of(exchange), shown.out)


def key_variable_of(exchange: SafeExchange) -> str:
    """The variable that usually has the key of its service."""
    from chatbot.cli.settings.own_providers import own_table

    service = own_table().by_name.get(exchange.provider)
    return service.keys[0].name if service and service.keys else ""


def _view(history: History, notices: Notices, prefix: str | None) -> None:
    from chatbot.cli.output import stdio
    from chatbot.cli.output.screen import this_screen
    from chatbot.providers.wires.lookup import reader_for
    from chatbot.terminal.http.slow_motion import watch

    exchange = found(history, prefix).record
    screen = this_screen("auto")
    watch(
        exchange,
        reader_for(exchange.wire),
        screen,
        lambda text: stdio.write_answer(text.encode(screen.encoding, "replace")),
    )


def _list(history: History, notices: Notices, form: AsJson) -> None:
    from chatbot.cli.output import stdio
    from chatbot.cli.output.paged import write_json, write_lines
    from chatbot.cli.output.screen import this_screen
    from chatbot.terminal.http.exchange_list import exchange_lines

    rows = history.exchanges()
    if form.json:
        write_json({name: value for name, value in row._asdict().items() if name != "lines"} for row in rows)
        return
    if not rows:
        notices.warn("no exchange is kept yet")
    write_lines(exchange_lines(rows, this_screen("auto").width, stdio.time_words))


def _clear(history: History, notices: Notices, options: Deleting) -> None:
    if not options.yes and not agreed("Delete all exchanges for good?", notices):
        notices.warn("nothing was deleted")
        return
    notices.warn(f"{history.clear_exchanges()} deleted")


def found(history: History, prefix: str | None) -> KeptExchange:
    """The exchange that is meant: the one that asked the last question, or by the beginning of its id. Raises
    UsageError.
    """
    rows = history.exchanges(prefix or "")
    if not rows:
        what = f"no exchange begins with {prefix}" if prefix else "no exchange is kept yet"
        raise UsageError(what, advice="chat http list shows them all." if prefix else "Ask something first.")
    if prefix and len({row.id for row in rows}) > 1:
        raise UsageError(f"several exchanges begin with {prefix}", advice="chat http list shows them all.")
    return rows[0] if prefix else asking(history.exchanges_beside(rows[0].id))


DECLARED = Group(
    (
        Command("show", "Shows an exchange, or its request as a program.", _show, (_ID,), (Shown,)),
        Command("view", "Steps through a stream in slow motion: bytes, events, text so far.", _view, (_ID,)),
        Command("list", "Lists the exchanges, the newest first.", _list, groups=(AsJson,)),
        Command("clear", "Deletes all exchanges for good.", _clear, groups=(Deleting,)),
    ),
    "The HTTP of the last answers. Without a command: of the last question; with an id: that one.",
    "show",
)
