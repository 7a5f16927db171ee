"""One command's worth of answering: from arguments to an exit code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

from chatbot.cli.ask import inputs
from chatbot.cli.ask.arguments import Arguments, body_fields
from chatbot.cli.ask.recorder import HistoryRecorder
from chatbot.cli.ask.setup import Asking, AskSeveral, Setup, exchange_files
from chatbot.cli.ask.structured.wanted import (
    check_for_one_answer,
    check_taken,
    make_folder,
    schema_of,
    schema_text,
)
from chatbot.cli.ask.target import Wanted, choose_target
from chatbot.cli.route import chosen_route
from chatbot.cli.settings.loading import settings_of
from chatbot.cli.settings.own_providers import own_table
from chatbot.core.conversations.pending import PendingQuestion
from chatbot.core.errors import NothingSetUp, UsageError
from chatbot.core.messages import Conversation
from chatbot.outside.desktop.keyboard import SilentKeyboard
from chatbot.outside.desktop.streams import is_terminal
from chatbot.providers.service import api_of
from chatbot.terminal.notices import Notices

if TYPE_CHECKING:
    from chatbot.cli.receipt.writing import Receipt
    from chatbot.core.conversations.resume import Resumed
    from chatbot.core.conversations.stored import Summary
    from chatbot.core.request import Route
    from chatbot.core.tools.calling import Tool
    from chatbot.options.chat import Connection
    from chatbot.options.templates.template import Filled
    from chatbot.providers.choice import ModelTarget


def answer(arguments: Arguments, notices: Notices, ask_several: AskSeveral) -> int:
    """Answers the question, or opens a session where there is none to answer, or where the person wants to stay."""
    usual = arguments.settings.top
    notices.quiet = arguments.settled(usual).shown.quiet
    fields = body_fields(arguments.how.option)
    if arguments.asked.save_template is not None:
        return _save_template(arguments, fields, notices)
    with ExitStack() as open_things:
        receipt = _receipt(arguments, notices, open_things)
        filled, arguments = _templated(arguments, fields)
        schema = schema_of(arguments.structured, filled.schema if filled else None)
        arguments = arguments._replace(schema=schema)
        recorder = HistoryRecorder(notices, off=arguments.settled(usual).kept.no_log)
        open_things.callback(recorder.close)
        stored, arguments = _stored(arguments, recorder)
        heard = receipt.piped if receipt else lambda data: None
        text = inputs.question(arguments, notices, filled, heard)  # what is wrong here is wrong whoever answers
        is_dry = arguments.http.dry_run
        if not is_dry and is_for_several(arguments):
            if arguments.tools.tool or arguments.tools.mcp:
                raise UsageError("tools are for one model", advice="Ask each of them by itself.")
            before = stored[1].conversation if stored else Conversation()
            system = inputs.system(arguments.how, notices) or (filled.system if filled else None) or before.system
            for remark in stored[1].remarks if stored else ():
                notices.warn(remark)
            extra = filled.extra if filled else fields
            asked = before._replace(system=system)
            code = ask_several(Asking(arguments, text, asked, extra, recorder, notices, open_things, receipt=receipt))
            return _ended(code, receipt)
        is_offline = is_dry or arguments.http.replay is not None
        connection = arguments.settled(usual).connection
        arguments, target = _target(arguments, connection, open_things, notices, is_dry=is_offline)
        notices.hide(target.secrets)
        if is_terminal(2):
            for remark in target.remarks:
                notices.warn(remark)
        conversation = stored[1].conversation if stored else Conversation()
        system = inputs.system(arguments.how, notices) or (filled.system if filled else None) or conversation.system
        arguments = arguments.settled(settings_of(arguments.settings, target.service, target.model))
        notices.quiet, recorder.off = arguments.shown.quiet, arguments.kept.no_log
        route = chosen_route(arguments.connection, notices)
        conversation = conversation._replace(system=system or inputs.system(arguments.how, notices))
        attached = inputs.attachments(arguments.asked, target, notices)
        files = exchange_files(arguments, notices)
        setup = Setup(
            arguments, filled.extra if filled else fields, target, recorder, notices, open_things, files, route,
            _tools(arguments, route, notices, open_things), receipt,
        )  # fmt: skip
        check_taken(arguments.schema, target.service, notices)
        if is_dry:
            from chatbot.cli.ask.dry_run import dry_run

            dry_run(setup, conversation.asking(attached.within(text or ""), attached.files))
            return 0
        if text is None or arguments.kept.interactive:
            check_for_one_answer(arguments.structured, arguments.schema)
            if receipt:
                raise UsageError(
                    "a receipt is for one question", advice="Leave out -i, and ask it on the command line."
                )
            _stay(setup, stored, conversation, attached, text)
            return 0
        for remark in stored[1].remarks if stored else ():
            notices.warn(remark)
        asked = inputs.continued(conversation, text, attached, arguments.kept.truncate, notices)
        make_folder(arguments.structured)
        from chatbot.cli.ask.runner import AnswerRunner

        runner = AnswerRunner(setup, SilentKeyboard())
        return _ended(runner.exit_code(runner(PendingQuestion(asked, setup.options, arguments.shown.raw))), receipt)


def _receipt(arguments: Arguments, notices: Notices, open_things: ExitStack) -> Receipt | None:
    """The receipt that is wanted. Raises UsageError or OutputUnwritable, before anything is read or sent."""
    path = arguments.http.receipt
    if path is None or arguments.http.dry_run:
        return None
    from chatbot.cli.receipt.writing import Receipt

    return open_things.enter_context(Receipt(path, notices))


def _ended(code: int, receipt: Receipt | None) -> int:
    if receipt:
        receipt.exit_code = code
    return code


def _tools(arguments: Arguments, route: Route, notices: Notices, open_things: ExitStack) -> tuple[Tool, ...]:
    """Those that the model may call. Raises UsageError for what is none, and for what only tools have."""
    wanted = arguments.tools
    if not (wanted.tool or wanted.mcp):
        if wanted.allow:
            raise UsageError("--allow belongs to a tool", advice="Name one with -T, or a server of some with --mcp.")
        return ()
    if {"continue_cut", "continue_with"} & arguments.taken and arguments.continuing.is_wanted:
        raise UsageError(
            "an answer made with tools is not finished by another request",
            advice="Leave out --continue-cut. In the session /continue goes on with what was said.",
        )
    from chatbot.cli.tools.chosen import chosen_tools

    env_file = arguments.connection.env_file
    return chosen_tools(wanted, route, [env_file] if env_file else [], notices, open_things)


def is_for_several(arguments: Arguments) -> bool:
    """Whether the answer goes the way of several. Raises UsageError for what only several have."""
    wanted, several = arguments.http, arguments.several
    if len(arguments.who.models) > 1 or wanted.out is not None:
        return True
    if alone := next((name for name, value in several._asdict().items() if value), None):
        raise UsageError(f"--{alone} is for several models", advice="Name each of them with -m.")
    return False


def _target(
    arguments: Arguments, connection: Connection, open_things: ExitStack, notices: Notices, *, is_dry: bool
) -> tuple[Arguments, ModelTarget]:
    """Who is asked. Where nothing is set up and somebody is there, they are asked how to begin."""
    offers = not is_dry and not arguments.shown.json and is_terminal(0) and is_terminal(1) and is_terminal(2)
    wanted = Wanted(is_dry, with_key=False, finds_local=not offers)
    try:
        return arguments, choose_target(arguments.who, connection, open_things, wanted, arguments.settings)
    except NothingSetUp as nothing:
        if not offers:
            raise
        from chatbot.cli.first_run.offer import chosen_service

        name = chosen_service(notices, chosen_route(connection, notices), nothing)
    arguments = arguments._replace(who=arguments.who.asking(name, arguments.who.model))
    wanted = wanted._replace(finds_local=True)
    return arguments, choose_target(arguments.who, connection, open_things, wanted, arguments.settings)


def _templated(arguments: Arguments, fields: dict[str, object]) -> tuple[Filled | None, Arguments]:
    """The template, filled in, and the arguments with its model and options where they say nothing themselves."""
    asked, who, how = arguments.asked, arguments.who, arguments.how
    if asked.template is None:
        if asked.var:
            raise UsageError(
                "--var belongs to a template", advice="Name one with -t, or make one with --save-template."
            )
        return None, arguments
    from chatbot.cli.templates import template_folder
    from chatbot.options.templates.template import applied, read_variables, with_flags

    template = with_flags(
        template_folder().read(asked.template),
        provider=who.provider,
        model=who.model,
        system=how.system,
        options=arguments.sampling,
        extra=fields,
    )
    filled = applied(template, read_variables(asked.var))
    if len(who.models) < 2:
        who = who.asking(filled.provider, filled.model)
    taken = arguments.taken | filled.options.keys()
    return filled, arguments._replace(who=who, how=how._replace(**filled.options), taken=taken)


def _save_template(arguments: Arguments, fields: dict[str, object], notices: Notices) -> int:
    """Keeps what the command line says; `$name` in it becomes a variable."""
    from chatbot.cli.templates import template_folder
    from chatbot.options.templates.template import Template, read_variables
    from chatbot.outside.files.reading import display_name

    asked, who = arguments.asked, arguments.who
    if asked.template is not None:
        raise UsageError(
            "-t and --save-template do not go together", advice="Copy a template with chat templates edit."
        )
    if len(who.models) > 1:
        raise UsageError("a template has one model", advice="Name others when it is used: chat -t NAME -m A -m B")
    path = template_folder().write(
        Template(
            asked.save_template or "",
            provider=who.provider,
            model=who.model,
            system=inputs.system(arguments.how, notices),
            prompt=arguments.question,
            schema=schema_text(arguments.structured),
            options={name: value for name, value in arguments.sampling.items() if value not in (None, ())},
            extra=fields,
            variables=read_variables(asked.var),
        )
    )
    name = asked.save_template
    notices.warn(f"the template {name} is saved in {display_name(path)}; it is used with chat -t {name}")
    if left_out := list(_not_in_template(arguments)):
        notices.warn(f"a template does not keep {', '.join(left_out)}: say it again with -t {name}")
    return 0


def _not_in_template(arguments: Arguments) -> Iterator[str]:
    """The options that were said, and have no place in a template."""
    from chatbot.options.chat import GROUPS, How, Who
    from chatbot.options.declared import options_of

    kept = {"var", "save_template", "schema", "schema_multi"}
    said: dict[type, object] = {type(group): group for group in arguments}
    for kind in GROUPS:
        for option in options_of(kind) if kind in said and kind not in (Who, How) else ():
            if option.field not in kept and getattr(said[kind], option.field) != option.default:
                yield option.flag


def _stay(
    setup: Setup,
    stored: tuple[Summary, Resumed] | None,
    conversation: Conversation,
    attached: inputs.Attachments,
    first: str | None,
) -> None:
    """The session: begun with the question `first`, or with a look at where the stored conversation stopped."""
    from chatbot.cli.ask.repl import run_repl
    from chatbot.core.conversations.resume import Resumed
    from chatbot.terminal.repl.loop import asking_first, resuming

    resumed = stored[1]._replace(conversation=conversation) if stored else Resumed(conversation)
    opening = asking_first(first) if first is not None else None
    if stored and opening is None:
        opening = resuming(stored[0], resumed.remarks)
    run_repl(setup, resumed, attached, opening)


def _stored(arguments: Arguments, recorder: HistoryRecorder) -> tuple[tuple[Summary, Resumed] | None, Arguments]:
    """The conversation to go on with, and the arguments with its provider and model where they name none."""
    kept, who = arguments.kept, arguments.who
    if not kept.go_on and kept.resume is None:
        return None, arguments
    history = recorder.history
    found = history.last_conversation_id() if kept.resume is None else history.find(kept.resume)
    if found is None:
        raise UsageError("there is no conversation to continue yet", advice="Ask without --continue.")
    stored = recorder.go_on(found)
    before = stored[0]
    connection = arguments.connection
    is_open = not (who.provider or who.model or connection.base_url)
    if is_open and before.provider in own_table().by_name:
        arguments = arguments._replace(who=who.asking(before.provider, before.model))
        *_, last = stored[1].conversation.messages or [None]
        if last and last.items and not connection.api:  # else what is to be handed back would be left out
            arguments = arguments._replace(connection=connection._replace(api=api_of(last.items.wire)))
    return stored, arguments
