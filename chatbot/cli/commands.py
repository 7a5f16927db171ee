"""The commands: what a first word means that is exactly one of these; any other is a question.

Words that people type as commands elsewhere are kept free: they are never sent, and paid for, as questions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import NamedTuple

from chatbot.core.errors import UsageError
from chatbot.terminal.notices import Notices

Run = Callable[[list[str], Notices], int]


class Command(NamedTuple):
    """`module` has a function of the command's name; a word without one is reserved, and `instead` is the way today."""

    name: str
    help: str
    module: str = ""
    instead: str = ""


COMMANDS = (
    Command("lab", "The offline provider: its scenarios, and a server of it.", "chatbot.cli.lab"),
    Command("logs", "What was asked and answered, kept on this computer.", "chatbot.cli.logs"),
    Command("templates", "Saved prompts.", "chatbot.cli.templates"),
    Command("help", "The help of chat, or of a command.", "chatbot.cli.commands"),
    Command("version", "The version.", "chatbot.cli.commands"),
    Command("models", "", instead="In a session, /model and the Tab key list the models of a service."),
    Command("keys", "", instead="Keys are variables: export OPENAI_API_KEY=... , or in ./.env ."),
    Command("config", "", instead="Choices are options and variables: chat --help."),
    Command("settings", "", instead="Choices are options and variables: chat --help."),
    Command("doctor", "", instead="chat -m SERVICE/MODEL hi says in plain words what is wrong."),
    Command("login", "", instead="Keys are variables: export OPENAI_API_KEY=... , or in ./.env ."),
    *(
        Command(name, "")
        for name in "batch bench cache completion grade http learn ledger limits probe relay report serve".split()
    ),
)
_BY_NAME = {command.name: command for command in COMMANDS}


def find(argv: Sequence[str]) -> Run:
    """What runs these words. Raises UsageError for a word that is kept free."""
    command = _BY_NAME.get(argv[0]) if argv else None
    if command is None:
        from chatbot.cli.ask.command import ask

        return ask
    if not command.module:
        raise UsageError(
            f"there is no command {command.name} yet",
            advice="\n".join(filter(None, (command.instead, f'To ask it: chat -- "{" ".join(argv)}"'))),
        )
    run: Run = getattr(import_module(command.module), command.name)
    return lambda words, notices: run(words[1:], notices)


def names() -> tuple[str, ...]:
    """The commands that are there."""
    return tuple(command.name for command in COMMANDS if command.module)


def help(words: list[str], notices: Notices) -> int:
    """`chat help`, `chat help logs`, `chat help logs show`."""
    if words and words[0] not in names():
        advice = f'The commands: {", ".join(names())}. To ask it: chat -- "help {" ".join(words)}"'
        raise UsageError(f"there is no command {words[0]}", advice=advice)
    asked = [word for word in words if word not in ("help", "version")]
    return find(asked)([*asked, "--help"], notices)


def version(words: list[str], notices: Notices) -> int:
    """`chat version`."""
    if words:
        raise UsageError("chat version takes nothing", advice=f'To ask it: chat -- "version {" ".join(words)}"')
    return find([])(["--version"], notices)
