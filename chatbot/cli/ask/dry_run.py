"""`--dry-run`: the request as it would be sent, and nothing is sent."""

from __future__ import annotations

import shutil
import sys

from chatbot.cli.ask.attached.sending import sendable
from chatbot.cli.ask.setup import Setup
from chatbot.cli.ask.target import Wanted, choose_target
from chatbot.cli.output import stdio
from chatbot.cli.output.written import write_as
from chatbot.cli.settings.loading import settings_of
from chatbot.core.errors import UsageError
from chatbot.core.http.exchange import Exchange, SafeExchange
from chatbot.core.http.safe import safe
from chatbot.core.messages import Conversation
from chatbot.core.redaction.redactor import Redactor
from chatbot.outside.http.proxies import effective
from chatbot.outside.http.transport import sent_headers
from chatbot.providers.choice import ModelTarget
from chatbot.providers.wires.lookup import provider_for


def dry_run(setup: Setup, conversation: Conversation) -> None:
    """Writes the request of each model that was named. Raises UsageError for several where only one can be written."""
    arguments = setup.arguments
    who, form = arguments.who, arguments.http.form
    models = who.models or (None,)
    if len(models) > 1 and form != "body":
        raise UsageError("several models are shown side by side as their bodies", advice="Add --as body.")
    dry = Wanted(is_dry=True)
    targets = [
        choose_target(who.asking(who.provider, model), arguments.connection, setup.open_things, dry, arguments.settings)
        for model in models
    ]
    exchanges = [_request(setup, target, conversation) for target in targets]
    if len(exchanges) > 1:
        _write_side_by_side(exchanges)
    else:
        write_as(
            exchanges[0], form, targets[0].key_variable, arguments.http.out, effective(setup.route, exchanges[0].url)
        )


def _request(setup: Setup, target: ModelTarget, conversation: Conversation) -> SafeExchange:
    provider = provider_for(target.service, target.endpoint)
    arguments = setup.arguments
    arguments = arguments.settled(settings_of(arguments.settings, target.service, target.model))
    options = setup._replace(arguments=arguments, target=target).options
    if left_out := provider.left_out(options):
        setup.notices.warn(left_out)
    sent = sendable(conversation, target, setup.notices.warn)
    request = provider.request(provider.payload(sent, options), options)
    exchange = Exchange(
        "", 1, 0.0, target.service.name, target.service.wire, target.model or "",
        request.method, request.url, sent_headers(request), request.body,
    )  # fmt: skip
    return safe(exchange, lambda text: Redactor(target.secrets)(setup.notices.redact(text)))


def _write_side_by_side(exchanges: list[SafeExchange]) -> None:
    from chatbot.cli.output.screen import this_screen
    from chatbot.terminal.http.rows import as_text
    from chatbot.terminal.http.side_by_side import side_by_side

    columns = stdio.size()[0] or shutil.get_terminal_size().columns
    text = as_text(side_by_side(exchanges, columns), styles=this_screen("auto").styles)
    stdio.write_answer(text.encode(stdio.encoding(sys.stdout), "replace"))
