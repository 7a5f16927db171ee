"""A provider's own batches: submitted now, and fetched whenever they are over, from any machine with the state file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from decimal import Decimal
from pathlib import Path
from typing import Any

from chatbot.cli.ask.arguments import Arguments
from chatbot.cli.ask.setup import Setup
from chatbot.cli.ask.target import Wanted, choose_target
from chatbot.cli.batch.form import formed
from chatbot.cli.batch.planning import Planner
from chatbot.cli.cost.answer_cost import Spending, entries_of
from chatbot.cli.cost.booking import NOT_WRITTEN, booked, open_ledger
from chatbot.cli.cost.prices import price_now
from chatbot.cli.route import chosen_route, settled
from chatbot.cli.settings.loading import load_settings, settings_of
from chatbot.core.batch.result import EXPIRED, Result, is_complete
from chatbot.core.batch.row import key_of
from chatbot.core.cost.answer import Cost, cost_of
from chatbot.core.cost.ledger import LedgerUnavailable
from chatbot.core.errors import (
    ChatError,
    ConfigurationError,
    MalformedAnswer,
    ProviderError,
    SchemaMismatch,
    ServerFault,
    UsageError,
)
from chatbot.core.events import Event, Finished, TextDelta
from chatbot.core.options import Options
from chatbot.core.redaction.events import EventRedactor
from chatbot.core.request import MAX_ERROR_BYTES, HttpFailure, HttpRequest, Route, read_at_most
from chatbot.layers.batch.folded import folded, without_result
from chatbot.options.chat import Connection, Who
from chatbot.outside.batch.results import ResultFile
from chatbot.outside.batch.state import BatchFile, Submitted, read_state, state_path
from chatbot.outside.http.transport import IDLE_TIMEOUT_S, LiveTransport
from chatbot.providers.batches.base import BatchAnswer, BatchEngine, BatchRequest, BatchState
from chatbot.providers.batches.lookup import engine_for
from chatbot.providers.choice import ModelTarget
from chatbot.providers.services import LAB
from chatbot.providers.wires.lookup import provider_for
from chatbot.records import NamedTuple
from chatbot.terminal.answer.show_events import AnswerResult
from chatbot.terminal.notices import Notices

_MAX_BYTES = 200_000_000
_NOT_OVER, _INCOMPLETE = 75, 74


class Remote(NamedTuple):
    """The engine of a service, and what sends to it."""

    engine: BatchEngine
    transport: LiveTransport

    def send(self, request: HttpRequest) -> Any:
        """See chatbot.providers.batches.base.Send."""
        body = b"".join(self._chunks(request))
        try:
            return json.loads(body) if body.strip() else {}
        except (ValueError, RecursionError):
            raise MalformedAnswer("the server sent something that is not JSON about the batch") from None

    def lines(self, request: HttpRequest) -> Iterator[bytes]:
        """See chatbot.providers.batches.base.Lines."""
        begun = b""
        for chunk in self._chunks(request):
            *whole, begun = (begun + chunk).split(b"\n")
            yield from filter(None, whole)
        if begun:
            yield begun

    def _chunks(self, request: HttpRequest) -> Iterator[bytes]:
        response = self.transport(request)
        try:
            if response.status >= 300:
                body = read_at_most(response.chunks, MAX_ERROR_BYTES, may_break_off=True)
                raise self.engine.provider.read_error(HttpFailure(response.status, response.headers, body), 0.0)
            yield from response.chunks
        finally:
            response.close()


def remote_at(target: ModelTarget, options: Options, route: Route, connection: Connection) -> Remote:
    """The engine of the service. Raises UsageError for the lab of this process, which ends with it."""
    if target.service.source == LAB:
        raise UsageError(
            "the lab inside this program keeps no batches",
            advice="Serve it: chat lab serve , and name it: --provider openai --base-url http://127.0.0.1:8765/v1",
        )
    transport = LiveTransport(os.environ, route=route, idle_timeout_s=connection.timeout or IDLE_TIMEOUT_S)
    return Remote(engine_for(provider_for(target.service, target.endpoint), options), transport)


def _book_at_end(remote: Remote, target: ModelTarget, open_things: ExitStack, notices: Notices) -> None:
    """What was sent is written into the ledger, however it ends."""
    book = booked("batch", target.service.name, notices)

    def book_rest() -> None:
        if traffic := remote.transport.take_traffic():
            book(traffic)

    open_things.callback(book_rest)


def submit(setup: Setup, planner: Planner, out: Path, redo: tuple[str, ...], notices: Notices) -> int:
    """Hands the rows over, in as many batches as it takes; each is noted before it leaves, and again with its id."""
    target = setup.target
    remote = remote_at(target, setup.options, setup.route, setup.arguments.connection)
    _book_at_end(remote, target, setup.open_things, notices)
    path, schema = state_path(out), setup.arguments.schema
    about = (target.service.name, target.service.wire, setup.options.model, target.endpoint.base_url)
    state = read_state(path) if path.exists() else BatchFile(path, *about, schema=schema)
    if (state.service, state.wire, state.model, state.base_url) != about:
        raise UsageError(
            f"{state.name} is of batches of {state.service}/{state.model} at {state.base_url}",
            advice="Another service or model has results of its own: name another --out.",
        )
    if state.schema != schema:
        raise UsageError(
            f"{state.name} is of batches with another schema, or none",
            advice="Answers of another form have results of their own: name another --out.",
        )
    if "lost" in redo:
        state = state._replace(batches=tuple(batch for batch in state.batches if batch.id))
    for rows, lines in _chunks(remote.engine, planner):
        state = state._replace(batches=(*state.batches, Submitted("", rows)))
        state.save()
        batch_id = _handed_over(remote, lines, state)
        state = state._replace(batches=(*state.batches[:-1], Submitted(batch_id, rows)))
        state.save()
        notices.warn(f"{len(rows)} rows are submitted as {batch_id}")
    notices.warn(f"{state.name} says so; from any machine that has it: chat batch fetch {out}")
    return 0


def _handed_over(remote: Remote, lines: list[bytes], state: BatchFile) -> str:
    """The id of the batch. Where the service refused it, the state is as before; where nobody knows, it stays noted."""
    try:
        return remote.engine.submit(lines, remote.send)
    except ChatError as error:
        if isinstance(error, ProviderError) and not isinstance(error, ServerFault):
            state._replace(batches=state.batches[:-1]).save()
        else:
            lost = "Whether the service has the rows is not known: look there; --redo lost submits them again."
            error.advice = f"{lost}\n{error.advice}".rstrip()
        if error.status in (404, 405):
            error.advice = "Perhaps it has no batches: chat batch without submit asks the rows one by one."
        raise


def _chunks(engine: BatchEngine, planner: Planner) -> Iterator[tuple[tuple[tuple[int, str], ...], list[bytes]]]:
    rows: list[tuple[int, str]] = []
    lines: list[bytes] = []
    size = 0
    for each in planner.rows():
        payload = engine.provider.payload(each.conversation, engine.options)
        line = engine.line(BatchRequest(_custom_id(each.row.number), payload))
        if lines and (len(lines) == engine.max_rows or size + len(line) > engine.max_bytes):
            yield tuple(rows), lines
            rows, lines, size = [], [], 0
        rows.append((each.row.number, each.row.id))
        lines.append(line)
        size += len(line)
    if lines:
        yield tuple(rows), lines


def _custom_id(number: int) -> str:
    return f"r{number}"


class Batches:
    """The batches that a state file knows. The address is the person's: a file from elsewhere sends no key anywhere."""

    def __init__(self, out: Path, connection: Connection, open_things: ExitStack, notices: Notices) -> None:
        self.state = read_state(state_path(out))
        connection = settled(connection)
        if self.state.wire == "responses":
            connection = connection._replace(api="responses")
        who = Who((self.state.model,), None if self.state.service == "custom" else self.state.service)
        self.target = choose_target(who, connection, open_things, Wanted())
        notices.hide(self.target.secrets)
        if self.target.endpoint.base_url != self.state.base_url:
            raise ConfigurationError(
                f"the batch is at {self.state.base_url}, not at {self.target.endpoint.base_url}",
                advice=f"If that is where its service is: --base-url {self.state.base_url}",
            )
        options = Options(self.state.model, stream=False)
        self._remote = remote_at(self.target, options, chosen_route(connection, notices), connection)
        self._notices = notices
        _book_at_end(self._remote, self.target, open_things, notices)
        arguments = Arguments(settings=load_settings())
        arguments = arguments.settled(settings_of(arguments.settings, self.target.service, self.state.model))
        money, keeps = arguments.money, not arguments.kept.no_log
        self._spending = Spending(self.target, money, arguments.settings, is_said=False, keeps=keeps)
        self._price = price_now(self.target, self.state.model, money.price)

    def status(self) -> Iterator[str]:
        """A line for each batch."""
        for batch in self.state.batches:
            count = len(batch.rows)
            if batch.is_fetched or not batch.id:
                what = "fetched" if batch.is_fetched else "not known: it broke off while it was submitted"
                yield f"{batch.id or '-'}  {what}  {count} rows"
                continue
            found = self._remote.engine.state(batch.id, self._remote.send)
            failed = f", {found.failed} failed" if found.failed else ""
            yield f"{batch.id}  {found.word}  {found.done} of {count} done{failed}"

    def cancel(self) -> int:
        """Ends those that are not fetched; how many."""
        pending = [batch for batch in self.state.batches if batch.id and not batch.is_fetched]
        for batch in pending:
            self._remote.engine.cancel(batch.id, self._remote.send)
        return len(pending)

    def fetch(self, results: ResultFile) -> int:
        """Adds what is there of the batches that are over; returns the exit code."""
        paid: list[Cost] = []
        try:
            return self._fetch(results, paid)
        finally:
            self._book(paid)

    def _book(self, paid: Sequence[Cost]) -> None:
        usd = sum((cost.usd for cost in paid if cost.usd is not None), Decimal(0))
        unpriced = sum(cost.usd is None for cost in paid)
        rows = entries_of(self._spending, "batch", self._remote.transport.take_traffic(), usd, unpriced)
        try:
            with closing(open_ledger(self._notices)) as ledger:
                ledger.add(rows)
        except LedgerUnavailable as error:
            self._notices.warn(f"{NOT_WRITTEN} ({error})")

    def _fetch(self, results: ResultFile, paid: list[Cost]) -> int:
        complete = others = misfits = running = 0
        for index, batch in enumerate(self.state.batches):
            if batch.is_fetched or not batch.id:
                continue
            found = self._remote.engine.state(batch.id, self._remote.send)
            if not found.is_over:
                running += 1
                continue
            before = dict(results.known(batch.id))  # where a fetch broke off
            for result, cost in self._results(batch, found):
                is_whole = is_complete(result.finished)
                complete, others = complete + is_whole, others + (not is_whole)
                misfits += isinstance(result.finished.error, SchemaMismatch)
                is_new = key_of(result.id) not in before
                if is_new and (fault := results.add(result._replace(batch=batch.id).line())):
                    raise fault  # the batch stays to be fetched
                paid += [cost] if is_new else []
            batches = list(self.state.batches)
            batches[index] = batch._replace(is_fetched=True)
            self.state = self.state._replace(batches=tuple(batches))
            self.state.save()
        self._notices.warn(f"{complete} complete, {others} not, {running} batches not over; see {results.name}")
        if running or not others:
            return _NOT_OVER if running else 0
        return SchemaMismatch.exit_code if misfits == others else _INCOMPLETE

    def _results(self, batch: Submitted, found: BatchState) -> Iterator[tuple[Result, Cost]]:
        left = {_custom_id(number): (number, identity) for number, identity in batch.rows}
        for answer in self._remote.engine.answers(batch.id, found, self._remote.lines):
            if row := left.pop(answer.custom_id, None):
                yield self._result(row, answer, found)
        for row in left.values():
            yield self._result(row, BatchAnswer("", ended=found.ended), found)

    def _result(self, row: tuple[int, str], answer: BatchAnswer, found: BatchState) -> tuple[Result, Cost]:
        model = self.state.model
        if answer.ended:
            text, finished = "", without_result(answer.ended, found.reason)
        else:
            text, finished = self._redacted(*folded(self._remote.engine.provider, answer, model))
        verdict = EXPIRED if answer.ended == "expired" else ""
        # Of what a batch did not come to, nothing is charged.
        cost = cost_of(self._price, finished._replace(attempts=0) if answer.ended else finished, batch=True)
        told, misfit, data = formed(AnswerResult(text, "", finished, cost), self.state.schema)
        about = (row[1], row[0], self.state.service, model)
        # Without a price for batches the full one counts in a budget; the result says that it is not known.
        charged = cost if cost.usd is not None else cost_of(self._price, finished)
        return Result(*about, text, told.finished, 1, cost.usd, verdict or misfit, data), charged

    def _redacted(self, text: str, finished: Finished) -> tuple[str, Finished]:
        events: list[Event] = [TextDelta(text), finished]
        redacted = list(EventRedactor(self.target.secrets, self._notices.redacted)(events))
        ends = [event for event in redacted if type(event) is Finished]
        return "".join(event.text for event in redacted if type(event) is TextDelta), ends[0]
