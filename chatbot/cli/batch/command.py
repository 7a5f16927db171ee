"""`chat batch`: declared, and what comes before the first row is sent."""

from __future__ import annotations

import os
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

from chatbot.cli.batch.options import Rows, Stops, Written, read_shard
from chatbot.cli.command_line.declared import Command, Group, Positional
from chatbot.cli.command_line.parsing import run_one_of
from chatbot.cli.output import stdio
from chatbot.core.amounts import token_words
from chatbot.core.errors import UsageError
from chatbot.core.text import clean
from chatbot.options.chat import IN_VARIABLES, Cache, Connection, How, Money, Who
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices

if TYPE_CHECKING:
    from chatbot.cli.ask.setup import Setup
    from chatbot.cli.batch.planning import Plan
    from chatbot.core.batch.known_rows import KnownRows
    from chatbot.core.cost.price import Price
    from chatbot.outside.batch.results import ResultFile
    from chatbot.outside.batch.rows import RowFile


class Said(NamedTuple):
    """What the command line says, in its order."""

    file: str
    words: list[str] | None
    rows: Rows
    written: Written
    stops: Stops
    who: Who
    how: How
    connection: Connection
    money: Money
    cache: Cache


def batch(argv: list[str], notices: Notices) -> int:
    """Asks the rows of a file, or runs one of the other commands."""
    run = run_one_of(DECLARED, argv, "chat batch")
    return int(run(notices) or 0) if run else 0


def _run(notices: Notices, *said: object) -> int:
    return _batch(notices, Said(*said))  # type: ignore[arg-type]  # as the declaration has them


def _submit(notices: Notices, *said: object) -> int:
    return _batch(notices, Said(*said[:4], Stops(), *said[4:], Cache()), submits=True)  # type: ignore[arg-type,call-arg]


def _batch(notices: Notices, said: Said, *, submits: bool = False) -> int:
    from chatbot.cli.batch.asking import RowOptions, prepared

    stops, written = said.stops, said.written
    notices.quiet = written.quiet
    shard = read_shard(said.rows.shard)
    if written.out is None:
        raise UsageError("where do the results go?", advice="Name a file: --out OUT.jsonl")
    with ExitStack() as open_things:
        question = " ".join(map(clean, said.words)) if said.words else None
        chosen = RowOptions(question, said.rows, said.who, said.how, said.connection, said.money, said.cache)
        setup, words = prepared(chosen, open_things, notices, is_dry=stops.dry_run)
        from chatbot.cli.batch.cost import BatchCost
        from chatbot.cli.batch.planning import Planner
        from chatbot.core.batch.known_rows import KnownRows
        from chatbot.outside.batch.rows import open_rows

        cost = BatchCost(setup)
        open_things.callback(cost.close)
        rows, known, is_new = open_rows(said.file, said.rows.format), KnownRows(), not written.out.exists()
        open_things.callback(rows.opened.close)
        if stops.dry_run and is_new:
            open_things.callback(written.out.unlink, missing_ok=True)
        results = _results(said, rows, known, open_things, notices)
        planner = Planner(rows, words, known, shard, said.rows.redo)
        plan = planner.plan()
        if plan.same:
            notices.warn(f"{plan.same} rows are the same as an earlier one and asked with it; an id tells them apart")
        if plan.submitted:
            notices.warn(f"{plan.submitted} rows are submitted, and are left to: chat batch fetch {results.name}")
        if stops.dry_run:
            _tell_plan(setup, cost.price, plan)
            return 0
        if not plan.to_ask:
            notices.warn(f"nothing to ask: {plan.complete} of {plan.rows} rows are complete in {results.name}")
            return 0
        setup = _with_model(setup)
        if submits:
            from chatbot.cli.batch.remote import submit

            cost.check(plan)
            _tell_half_price(cost.price, plan, notices)
            return submit(setup, planner, written.out, said.rows.redo, notices)
        from chatbot.cli.batch.running import Batch

        return Batch(setup, stops, results, cost).run(planner, plan)


def _tell_half_price(price: Price | None, plan: Plan, notices: Notices) -> None:
    if price is not None and price.batch is not None:
        share = price.batch.input.base / price.input.base if price.input.base else 1
        notices.warn(f"{plan.to_ask} rows as a batch, at {float(share):.0%} of the usual price, within a day or so")


def _status(notices: Notices, out: str, connection: Connection) -> int:
    from chatbot.cli.batch.remote import Batches

    with ExitStack() as open_things:
        for line in Batches(Path(out), connection, open_things, notices).status():
            stdio.write_answer(f"{line}\n".encode())
    return 0


def _cancel(notices: Notices, out: str, connection: Connection) -> int:
    from chatbot.cli.batch.remote import Batches

    with ExitStack() as open_things:
        count = Batches(Path(out), connection, open_things, notices).cancel()
    notices.warn(f"{count} batches are told to end; what is done by then is fetched with: chat batch fetch {out}")
    return 0


def _fetch(notices: Notices, out: str, connection: Connection) -> int:
    from chatbot.cli.batch.remote import Batches
    from chatbot.outside.batch.results import ResultFile

    with ExitStack() as open_things:
        batches = Batches(Path(out), connection, open_things, notices)
        results = ResultFile(Path(out))
        open_things.callback(results.close)
        return batches.fetch(results)


def _results(said: Said, rows: RowFile, known: KnownRows, open_things: ExitStack, notices: Notices) -> ResultFile:
    """The file of results; what it says of rows, and what batches of the provider have, is noted in `known`."""
    from chatbot.cli.batch.submitted import submitted_rows
    from chatbot.outside.batch.results import ResultFile

    assert said.written.out is not None
    results = ResultFile(said.written.out, rows.opened)
    open_things.callback(results.close)
    for key, state in results.known():
        known[key] = state
    for key, state in submitted_rows(said.written.out, said.rows.redo):
        known[key] |= state
    if results.repaired:
        notices.warn(f"the last line of {results.name} was not whole, and is removed; its row is asked again")
    return results


def _with_model(setup: Setup) -> Setup:
    """With the first model of the server's list, where none is named. Raises ChatError."""
    if setup.target.model:
        return setup
    from chatbot.cli.batch.workers import session_of
    from chatbot.cli.cost.booking import booked
    from chatbot.outside.http.transport import LiveTransport

    book = booked("models", setup.target.service.name, setup.notices)
    with closing(LiveTransport(os.environ, route=setup.route, on_close=book)) as transport:
        model = session_of(setup, transport).with_model(setup.options).model
    return setup._replace(target=setup.target._replace(model=model))


def _tell_plan(setup: Setup, price: Price | None, plan: Plan) -> None:
    """What there is to do, on standard output."""
    from chatbot.core.batch.estimates import Estimates
    from chatbot.core.cost.answer import usd_words
    from chatbot.core.cost.price import cost_usd
    from chatbot.core.events import Usage

    max_tokens = setup.arguments.how.max_tokens
    each = max_tokens or Estimates().of(0).output_tokens
    answer_tokens = each * plan.to_ask
    guess = "at most" if max_tokens else "a guess; --max-tokens bounds them"
    usd = cost_usd(price, Usage(round(plan.input_tokens / max(plan.to_ask, 1)), each))
    cost = "not known; --price IN/OUT gives a price" if usd is None else f"about {usd_words(usd * plan.to_ask)}"
    lines = [
        f"rows:      {plan.rows}",
        f"complete:  {plan.complete}",
        f"to ask:    {plan.to_ask}, of {setup.target.model or 'the first model of the list'}",
        f"questions: about {token_words(plan.input_tokens)}",
        f"answers:   {token_words(answer_tokens)} ({guess})",
        f"cost:      {cost}",
    ]
    stdio.write_answer("".join(f"{line}\n" for line in lines).encode())


_FILE = Positional(
    "file", "IN", "The rows: JSON Lines, CSV with a header, or plain lines; - for standard input.", required=True
)
_QUESTION = Positional(
    "question", "QUESTION", "What to ask of each row: $name is a column; without any, the row follows.", repeats=True
)
_OUT = Positional("out", "OUT", "The file of results that was named with --out.", required=True)
_REMOTE = {
    "submit": "Hands the rows over to the provider's own batches (OpenAI, Anthropic, Gemini).",
    "status": "Says how the batches are.",
    "fetch": "Adds the results of the batches that are over to OUT.",
    "cancel": "Ends the batches that are not over.",
}
_GROUPS = (Rows, Written, Stops, Who, How, Connection, Money, Cache)

DECLARED = Group(
    (
        Command(
            "run",
            "Asks a question of each row of a file, at the pace that the service allows.\n\n"
            "Each result is a line of JSON, added to OUT as soon as it is there. Run again, the same command asks the "
            "rows that are not complete yet.",
            _run,
            (_FILE, _QUESTION),
            _GROUPS,
            'For example: chat batch cities.csv "Where is $city?" --out answers.jsonl',
            in_variables=IN_VARIABLES,
            others={"Over night, at half the price": [(f"chat batch {name}", text) for name, text in _REMOTE.items()]},
            hidden=True,
        ),
        Command(
            "submit",
            _REMOTE["submit"],
            _submit,
            (_FILE, _QUESTION),
            (Rows, Written, Who, How, Connection, Money),
            in_variables=IN_VARIABLES,
        ),
        Command("status", _REMOTE["status"], _status, (_OUT,), (Connection,), in_variables=IN_VARIABLES),
        Command("fetch", _REMOTE["fetch"], _fetch, (_OUT,), (Connection,), in_variables=IN_VARIABLES),
        Command("cancel", _REMOTE["cancel"], _cancel, (_OUT,), (Connection,), in_variables=IN_VARIABLES),
    ),
    "A question for each row of a file.",
    "run",
    takes_words=True,
)
