"""`chat [OPTIONS] [QUESTION]`: the main command, declared, and the words it was given."""

from __future__ import annotations

import os
from typing import Any

from chatbot.cli import commands
from chatbot.cli.command_line.declared import Command, Positional
from chatbot.cli.command_line.parsing import parse
from chatbot.cli.output import stdio
from chatbot.core.text import clean
from chatbot.core.version import __version__
from chatbot.options.chat import GROUPS, IN_VARIABLES, Program
from chatbot.options.declared import chosen
from chatbot.terminal.notices import Notices


def _answer(notices: Notices, question: list[str] | None, groups: list[Any]) -> int:
    from chatbot.cli.ask.answer import answer  # help and version do without
    from chatbot.cli.ask.arguments import Arguments

    text = " ".join(clean(word) for word in question) if question else None
    return answer(Arguments(text, *groups), notices)


DECLARED = Command(
    "chat",
    "Asks an AI model and prints its answer as it comes.\n\n"
    'The question may also be piped in: echo question | chat, or: cat log | chat "what broke?"',
    _answer,
    (Positional("question", "QUESTION", "What to ask; without it, a session opens.", False, True, "What to ask"),),
    GROUPS,
    "A question that begins with such a word: chat -- logs",
    commands.help_lists(),
)


def chat(argv: list[str], notices: Notices) -> int:
    """Asks, opens a session, or saves a template."""
    said = parse(DECLARED, argv, "chat")
    if said is None:
        return 0
    program = chosen(Program, said)
    if program.install_completion or program.show_completion:
        from chatbot.cli.completion.command import completion

        return completion([*(said["question"] or ()), *(["--install"] if program.install_completion else [])], notices)
    if program.version:
        stdio.write_answer(f"chat {__version__}\n".encode())
        return 0
    environ = {} if said["save_template"] else os.environ  # a template is what the command line says
    groups = [chosen(group, said, environ if group in IN_VARIABLES else None) for group in GROUPS if group != Program]
    return int(DECLARED.run(notices, said["question"], groups))
