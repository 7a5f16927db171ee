"""One command's worth of answering: from words to an exit code."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from chatbot.cli.ask import inputs
from chatbot.cli.ask.command import Arguments
from chatbot.cli.ask.history import HistoryRecorder
from chatbot.cli.ask.target import choice_for
from chatbot.core.errors import UsageError
from chatbot.core.messages import Conversation, Image
from chatbot.outside.desktop.keyboard import SilentKeyboard
from chatbot.outside.desktop.streams import is_terminal
from chatbot.outside.http import lean_requests
from chatbot.providers import services
from chatbot.terminal.notices import Notices

if TYPE_CHECKING:
    from chatbot.core.conversations.resume import Resumed
    from chatbot.core.conversations.stored import Summary
    from chatbot.core.templates.template import Filled
    from chatbot.providers.choice import ModelTarget


def answer(words: Arguments, notices: Notices) -> int:
    """Answers the question, or opens a session where there is none to answer, or where the person wants to stay."""
    if words.save_template is not None:
        return _save_template(words, notices)
    with ExitStack() as open_things:
        filled, words = _templated(words)
        memory = HistoryRecorder(notices, off=not words.log)
        open_things.callback(memory.close)
        stored, words = _stored(words, memory)
        text = inputs.question(words, notices, filled)  # what is wrong here is wrong whoever answers
        choice = choice_for(words, open_things)
        notices.hide(choice.secrets)
        if is_terminal(2):
            for notice in choice.remarks:
                notices.warn(notice)
        conversation = stored[1].conversation if stored else Conversation()
        system = inputs.system(words, notices) or (filled.system if filled else None) or conversation.system
        conversation = conversation._replace(system=system)
        images = inputs.images(words, choice.service.images, notices)
        if text is None or words.interactive:
            _stay(words, choice, stored, conversation, images, memory, notices, open_things, text)
            return 0
        for notice in stored[1].remarks if stored else ():
            notices.warn(notice)
        lean_requests.load()
        from chatbot.cli.ask.runner import AnswerRunner  # loads the network's libraries

        asking = AnswerRunner(words, choice, notices, memory, SilentKeyboard())
        asked = conversation.asking(text, images)
        if conversation.messages:
            asked = _continued(conversation, text, images, words.truncate, notices)
        return asking.exit_code(asking(asked))


def _templated(words: Arguments) -> tuple[Filled | None, Arguments]:
    """The template, filled in, and the words with its model and options where they say nothing themselves."""
    if words.template is None:
        if words.variables:
            raise UsageError(
                "--var belongs to a template", advice="Name one with -t, or make one with --save-template."
            )
        return None, words
    from chatbot.cli.templates import template_folder
    from chatbot.core.templates.template import applied, read_variables, with_flags

    template = with_flags(
        template_folder().read(words.template),
        provider=words.provider,
        model=words.model,
        system=words.system,
        options=words.options,
        extra=words.extra,
    )
    filled = applied(template, read_variables(words.variables))
    return filled, words._replace(
        provider=filled.provider, model=filled.model, options=dict(filled.options), extra=dict(filled.extra)
    )


def _save_template(words: Arguments, notices: Notices) -> int:
    """Keeps what the command line says; `$name` in it becomes a variable."""
    from chatbot.cli.templates import template_folder
    from chatbot.core.templates.template import Template, read_variables

    if words.template is not None:
        raise UsageError(
            "-t and --save-template do not go together", advice="Copy a template with chat templates edit."
        )
    path = template_folder().write(
        Template(
            words.save_template or "",
            provider=words.provider,
            model=words.model,
            system=inputs.system(words, notices),
            prompt=words.question,
            options={name: value for name, value in words.options.items() if value not in (None, ())},
            extra=words.extra,
            variables=read_variables(words.variables),
        )
    )
    notices.warn(
        f"the template {words.save_template} is saved in {path}; it is used with chat -t {words.save_template}"
    )
    return 0


def _stay(
    words: Arguments,
    choice: ModelTarget,
    stored: tuple[Summary, Resumed] | None,
    conversation: Conversation,
    images: tuple[Image, ...],
    memory: HistoryRecorder,
    notices: Notices,
    open_things: ExitStack,
    first: str | None,
) -> None:
    """The session: begun with the question `first`, or with a look at where the stored conversation stopped."""
    from chatbot.cli.ask.session import run_repl
    from chatbot.core.conversations.resume import Resumed
    from chatbot.terminal.repl.loop import asking_first, resuming

    resumed = stored[1]._replace(conversation=conversation) if stored else Resumed(conversation)
    opening = asking_first(first) if first is not None else None
    if stored and opening is None:
        opening = resuming(stored[0], resumed.remarks)
    run_repl(words, choice, resumed, images, memory, notices, open_things, opening)


def _stored(words: Arguments, memory: HistoryRecorder) -> tuple[tuple[Summary, Resumed] | None, Arguments]:
    """The conversation to go on with, and the words with its provider and model where they name none."""
    if not words.go_on and words.resume is None:
        return None, words
    history = memory.history
    found = history.last_conversation_id() if words.resume is None else history.find(words.resume)
    if found is None:
        raise UsageError("there is no conversation to continue yet", advice="Ask without --continue.")
    stored = memory.go_on(found)
    before = stored[0]
    if not (words.provider or words.model or words.base_url) and before.provider in services.BY_NAME:
        words = words._replace(provider=before.provider, model=before.model or None)
    return stored, words


def _continued(
    conversation: Conversation, text: str, images: tuple[Image, ...], max_tokens: int | None, notices: Notices
) -> Conversation:
    """The next question of a stored conversation; without its oldest turns, where the person asked for that."""
    from chatbot.core.conversations.resume import truncated

    asked = conversation.asking(text, images)
    if max_tokens is None:
        return asked
    kept, dropped = truncated(asked, max_tokens)
    if dropped:
        notices.warn(f"the oldest {dropped} messages are left out of what is sent; the history keeps them")
    return kept
