"""Slash commands that show the HTTP of the last answer."""

from __future__ import annotations

from chatbot.core.errors import UsageError
from chatbot.options.chat import FORMS
from chatbot.terminal.repl.actions import CommandContext, needed
from chatbot.terminal.repl.state import ReplState

NO_HTTP = "this session has no HTTP"


def http(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    """The last exchange, or its request in the form that is named."""
    form = argument.lower() or "http"
    if form not in FORMS:
        raise UsageError(f"there is no form {argument}", advice=f"The forms: {', '.join(FORMS)}")
    context.actions.show(needed(context.actions.http, NO_HTTP)(form), True)
    return state


def curl(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    """The last request as a command of curl."""
    return http(context, state, "curl")
