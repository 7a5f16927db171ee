"""`chat models`: the models of the services, with what is known of each."""

# Without `from __future__ import annotations`: chatbot.options.declared reads the annotations as they stand.

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any

from chatbot.cli.command_line.declared import OF_PROVIDER, Command, Group
from chatbot.cli.command_line.parsing import run_one_of
from chatbot.cli.models.chosen import CHANGES
from chatbot.cli.output import stdio
from chatbot.cli.output.paged import write_json, write_lines
from chatbot.core.errors import ChatError
from chatbot.core.models.listed import ListedModel, as_json
from chatbot.options.chat import Connection
from chatbot.options.declared import Choice
from chatbot.outside.desktop.streams import is_terminal
from chatbot.records import NamedTuple
from chatbot.terminal.documents.models import PLAIN_COLUMNS, model_lines, plain_lines, price_note
from chatbot.terminal.notices import Notices

if TYPE_CHECKING:
    from chatbot.cli.model_lists import FoundList
    from chatbot.providers.choice import ModelTarget
    from chatbot.providers.service import Service


class Listing(NamedTuple):
    """Options"""

    query: Annotated[
        str | None,
        Choice("Only those with these words in their names.", flags=("-q", "--query"), metavar="WORDS", is_text=True),
    ] = None
    refresh: Annotated[bool, Choice("Ask again, although the list is not an hour old.")] = False
    json: Annotated[bool, Choice("JSON for programs: one object with everything.")] = False


def models(argv: list[str], notices: Notices) -> int:
    """Lists them, or runs one of the other commands."""
    if run := run_one_of(DECLARED, argv, "chat models"):
        run(notices)
    return 0


def _list(notices: Notices, provider: str | None, listing: Listing, connection: Connection) -> None:
    from chatbot.cli.models.asking import ask_all, from_servers
    from chatbot.cli.route import settled

    connection = settled(connection)
    with ExitStack() as open_things:
        targets, errors = _targets(provider, connection, open_things)
        notices.hide([secret for target in targets for secret in target.secrets])
        if is_terminal(2):
            for remark in dict.fromkeys(remark for target in targets for remark in target.remarks):
                notices.warn(remark)
        outcomes = ask_all(targets, from_servers(connection, notices), refresh=listing.refresh)
    errors += [(outcome.target.service.name, outcome.error) for outcome in outcomes if outcome.error]
    answered = [(outcome.target, outcome.found) for outcome in outcomes if outcome.found]
    if errors and not answered:
        raise errors[0][1]
    for name, error in errors:
        notices.warn(f"{name} is left out: {error}")
    for target, found in answered:
        _tell_of_age(target.service, found, notices)
    rows = [row for target, found in answered for row in _rows(target, found, connection, listing.query or "")]
    if listing.json:
        write_json([_document(answered, rows)])
    elif rows:
        _show(rows, notices)
    else:
        notices.warn(f"no model has {listing.query!r} in its name" if listing.query else "there are no models")


def _targets(
    provider: str | None, connection: Connection, open_things: ExitStack
) -> "tuple[list[ModelTarget], list[tuple[str, ChatError]]]":
    """The services to ask: the one that is named or at the address, else all that are set up, else the usual one, whose
    error says what can be done.
    """
    from chatbot.cli.ask.target import Wanted, choose_target
    from chatbot.cli.models.asking import set_up_services
    from chatbot.options.chat import Who

    targets: list[ModelTarget] = []
    errors: list[tuple[str, ChatError]] = []
    if provider is None and connection.base_url is None:
        for name, found in set_up_services(connection, open_things):
            if isinstance(found, ChatError):
                errors.append((name, found))
            else:
                targets.append(found)
    if not targets and not errors:
        targets.append(
            choose_target(Who(provider=provider), connection, open_things, Wanted(lists=True, with_key=False))
        )
    return targets, errors


def _rows(target: "ModelTarget", found: "FoundList", connection: Connection, query: str) -> list[ListedModel]:
    from chatbot.cli.model_lists import shown
    from chatbot.providers.choice import spoken_name

    words = query.lower().split()
    models = [model for model in found.kept.models if all(word in model.name.lower() for word in words)]
    return shown(target, models, lambda name: name if connection.base_url else spoken_name(target.service, name))


def _tell_of_age(service: "Service", found: "FoundList", notices: Notices) -> None:
    when = stdio.time_words(found.kept.asked_s)
    if found.error:
        notices.warn(f"{found.error}; this is the list of {service.title} from {when}")
    elif not found.is_new and is_terminal(1) and when != "just now":
        notices.warn(f"the list of {service.title} is from {when}; --refresh asks again")
    if service.model_required:
        notices.warn(f"{service.title} is asked for a deployment, whose name may be another than its model's")


def _show(rows: Sequence[ListedModel], notices: Notices) -> None:
    if not is_terminal(1):
        write_lines(plain_lines(rows))
        return
    from chatbot.cli.output.screen import this_screen

    lines = model_lines(rows, this_screen("auto").width)
    write_lines(lines)
    if note := price_note(rows, lines):
        notices.warn(note)


def _document(answered: "Sequence[tuple[ModelTarget, FoundList]]", rows: Sequence[ListedModel]) -> dict[str, Any]:
    from chatbot.cli.cost.prices import price_table

    lists = [
        {
            "provider": target.service.name,
            "address": target.endpoint.base_url,
            "asked_s": found.kept.asked_s,
            "error": str(found.error) if found.error else None,
        }
        for target, found in answered
    ]
    table = price_table()
    models = [{**ListedModel("")._asdict(), **_as_numbers(row)} for row in rows]
    return {"models": models, "lists": lists, "prices": {"date": table.date, "source": table.source}}


def _as_numbers(row: ListedModel) -> dict[str, Any]:
    prices = {
        field: float(value) for field in ("input_usd", "output_usd") if (value := getattr(row, field)) is not None
    }
    return {**as_json(row), **prices}


DECLARED = Group(
    (
        Command(
            "list",
            "The models of a service, or of all that are set up: what their servers say of them, and what is known "
            "here.\n\n"
            "What is not known stays empty. The list is kept for an hour. Prices are USD per million tokens. Into a "
            f"pipe goes a line for each model, with tabs between: {PLAIN_COLUMNS}.",
            _list,
            (OF_PROVIDER,),
            (Listing, Connection),
            others={"Other commands": [(f"chat models {command.name}", command.help) for command in CHANGES]},
            hidden=True,
            in_variables=(Connection,),
            without=("api", "max_time", "max_retries", "no_stream"),
        ),
        *CHANGES,
    ),
    "The models of the services.",
    "list",
    takes_words=True,
)
