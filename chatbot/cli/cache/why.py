"""`chat cache why`: the entry that is nearest to a question, and the fields in which it differs."""

from __future__ import annotations

import time
from contextlib import ExitStack

from chatbot.cli.ask import inputs
from chatbot.cli.ask.arguments import Arguments, body_fields
from chatbot.cli.ask.target import Wanted, choose_target
from chatbot.cli.output.paged import write_lines
from chatbot.cli.settings.loading import settings_of
from chatbot.core.cache.entries import DEFAULT_TTL_S, Entry, Question
from chatbot.core.errors import UsageError
from chatbot.core.http.canonical import differences
from chatbot.core.messages import Conversation
from chatbot.layers.cached import question_of
from chatbot.outside.cache.store import AnswerCache
from chatbot.providers.wires.lookup import provider_for
from chatbot.terminal.notices import Notices

_COMPARED = 200


def why(store: AnswerCache, notices: Notices, arguments: Arguments) -> None:
    """Writes what it finds. Raises UsageError where no model is named, of which there may be entries."""
    from chatbot.terminal.documents.cached import why_lines

    question = _question(arguments, notices)
    ttl_s = float(arguments.cache.cache_ttl or DEFAULT_TTL_S)
    nearest = store.find(question.key) or _nearest(store, question)
    compared = differences(question.fields, nearest.question.fields) if nearest else []
    write_lines(why_lines(question, nearest, compared, time.time(), ttl_s))


def _question(arguments: Arguments, notices: Notices) -> Question:
    with ExitStack() as open_things:
        settings = arguments.settings
        target = choose_target(arguments.who, arguments.connection, open_things, Wanted(is_dry=True), settings)
        arguments = arguments.settled(settings_of(settings, target.service, target.model))
        if not target.model:
            raise UsageError("which model is meant?", advice="Name it with -m.")
        conversation = Conversation(system=inputs.system(arguments.how, notices))
        attached = inputs.attachments(arguments.asked, target, notices)
        text = attached.within(inputs.question(arguments, notices) or "")
        asked = conversation.asking(text, attached.files)
        options = arguments.options(target.model, body_fields(arguments.how.option))
        provider = provider_for(target.service, target.endpoint)
        request = provider.request(provider.payload(asked, options), options)
    return question_of(target.service, request, target.model)


def _nearest(store: AnswerCache, question: Question) -> Entry | None:
    entries = store.of_model(question.provider, question.model, _COMPARED)
    return min(entries, key=lambda entry: len(differences(question.fields, entry.question.fields)), default=None)
