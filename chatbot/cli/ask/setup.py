"""What every answer of one run of the program shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from chatbot.cli.ask.arguments import Arguments
from chatbot.core.options import Options
from chatbot.core.request import USUAL_ROUTE, Route
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices

if TYPE_CHECKING:
    from chatbot.cli.ask.recorder import HistoryRecorder
    from chatbot.cli.ask.wire.files import ExchangeFiles
    from chatbot.cli.receipt.writing import Receipt
    from chatbot.core.messages import Conversation
    from chatbot.core.tools.calling import Tool
    from chatbot.providers.choice import ModelTarget


class Setup(NamedTuple):
    """What was said, who is asked, where it is kept. `fields` are raw fields of each request body; what is in
    `open_things` is closed when the program ends; `files` are those for its HTTP, `route` is the way to its server,
    `tools` are those that the model may call.
    """

    arguments: Arguments
    fields: Mapping[str, Any]
    target: ModelTarget
    recorder: HistoryRecorder
    notices: Notices
    open_things: ExitStack
    files: ExchangeFiles | None = None
    route: Route = USUAL_ROUTE
    tools: tuple[Tool, ...] = ()
    receipt: Receipt | None = None

    @property
    def options(self) -> Options:
        """What every request says."""
        options = self.arguments.options(self.target.model, self.fields)
        return options._replace(tools=tuple(tool.definition for tool in self.tools))


class Asking(NamedTuple):
    """What every model is asked. `conversation` is the one that it goes on with, if `recorder` knows that, with its own
    system prompt, before which the settings say nothing; `fields` are raw ones of each body.
    """

    arguments: Arguments
    text: str | None
    conversation: Conversation
    fields: Mapping[str, Any]
    recorder: HistoryRecorder
    notices: Notices
    open_things: ExitStack
    files: ExchangeFiles | None = None
    receipt: Receipt | None = None


AskSeveral = Callable[[Asking], int]
"""Asks several models, and returns the exit code of all; see chatbot.cli.several."""


def exchange_files(arguments: Arguments, notices: Notices) -> ExchangeFiles | None:
    """The files for the HTTP that were named. Raises UsageError or OutputUnwritable, before anything is sent."""
    wanted = arguments.http
    if not (wanted.log_file or wanted.har or wanted.record) or wanted.dry_run:
        return None
    from chatbot.cli.ask.wire.files import ExchangeFiles

    return ExchangeFiles(wanted, notices)
