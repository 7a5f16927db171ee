"""What every row of a batch is asked with: the model, the words around the row, the options."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from chatbot.cli.ask import inputs
from chatbot.cli.ask.arguments import Arguments, body_fields
from chatbot.cli.ask.recorder import HistoryRecorder
from chatbot.cli.ask.setup import Setup
from chatbot.cli.ask.structured.wanted import check_taken, schema_of
from chatbot.cli.ask.target import Wanted, choose_target
from chatbot.cli.batch.options import Rows
from chatbot.cli.route import chosen_route
from chatbot.cli.settings.loading import load_settings, settings_of
from chatbot.core.batch.row import Row, question_of
from chatbot.core.errors import UsageError
from chatbot.core.messages import Conversation
from chatbot.options.chat import Cache, Connection, How, Money, Structured, Who
from chatbot.options.templates.template import Template, applied, read_variables, with_flags
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices


class Words(NamedTuple):
    """The words around a row: those of the command line, and a template with its variables."""

    asked: str | None
    system: str | None
    template: Template | None = None
    variables: Mapping[str, str] = {}

    def conversation(self, row: Row) -> Conversation:
        """The question of a row. Raises UsageError, without saying where the row is."""
        if self.template is None:
            return Conversation(system=self.system).asking(question_of(row, self.asked))
        wanted = self.template.placeholders
        columns = {name: value for name, value in row.values.items() if name in wanted}
        filled = applied(self.template, {**columns, **self.variables})
        takes_row = filled.needs_question or self.asked is not None or not columns
        text = filled.asking(question_of(row, self.asked) if takes_row else None)
        if not text:
            raise UsageError("there is nothing to ask")
        return Conversation(system=filled.system or self.system).asking(text)


class RowOptions(NamedTuple):
    """What the command line says."""

    question: str | None
    rows: Rows
    who: Who
    how: How
    connection: Connection
    money: Money = Money()
    cache: Cache = Cache()


def prepared(said: RowOptions, open_things: ExitStack, notices: Notices, *, is_dry: bool) -> tuple[Setup, Words]:
    """Who is asked, and with which words. Raises UsageError, ConfigurationError and others before anything is sent."""
    if len(said.who.models) > 1:
        raise UsageError(
            "one model answers a batch", advice="Run it once for each model, each with an --out of its own."
        )
    words, said, fields = _templated(said, body_fields(said.how.option), notices)
    groups = (said.who, said.how, said.connection, said.money, said.cache)
    taken = {name for group in groups for name, usual in group._field_defaults.items() if getattr(group, name) != usual}
    arguments = Arguments(
        said.question, who=said.who, how=said.how, connection=said.connection, money=said.money, cache=said.cache,
        taken=frozenset(taken), settings=load_settings(),
        schema=schema_of(Structured(said.rows.schema), words.template.schema if words.template else None),
    )  # fmt: skip
    connection = arguments.settled(arguments.settings.top).connection
    target = choose_target(said.who, connection, open_things, Wanted(is_dry=is_dry), arguments.settings)
    notices.hide(target.secrets)
    arguments = arguments.settled(settings_of(arguments.settings, target.service, target.model))
    check_taken(arguments.schema, target.service, notices)
    recorder = HistoryRecorder(notices, off=False)  # of which nothing is used: the results are kept in their file
    route = chosen_route(arguments.connection, notices)
    setup = Setup(arguments, fields, target, recorder, notices, open_things, route=route)
    return setup, words._replace(system=words.system or inputs.system(arguments.how, notices))


def _templated(
    said: RowOptions, fields: dict[str, Any], notices: Notices
) -> tuple[Words, RowOptions, Mapping[str, Any]]:
    system = inputs.system(said.how, notices)
    if said.rows.template is None:
        if said.rows.var:
            raise UsageError("--var belongs to a template", advice="Name one with -t.")
        return Words(said.question, system), said, fields
    from chatbot.cli.templates import template_folder

    variables = read_variables(said.rows.var)
    sampling = Arguments(how=said.how).sampling
    who = said.who
    template = with_flags(
        template_folder().read(said.rows.template),
        provider=who.provider, model=who.model, system=system, options=sampling, extra=fields,
    )  # fmt: skip
    if unknown := [name for name in variables if name not in template.placeholders]:
        raise UsageError(f"the template {template.name} has no variable ${unknown[0]}")
    words = Words(said.question, None, template, variables)
    how = said.how._replace(**template.options)
    return words, said._replace(who=who.asking(template.provider, template.model), how=how), template.extra
