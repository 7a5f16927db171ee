"""`chat [OPTIONS] [QUESTION]`: the main command, declared, and the words it was given."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from chatbot.cli import commands
from chatbot.cli.command_line.declared import Command, Positional
from chatbot.cli.command_line.parsing import parse
from chatbot.cli.output import stdio
from chatbot.cli.settings.loading import load_settings
from chatbot.core.text import clean
from chatbot.core.version import __version__
from chatbot.options.chat import GROUPS, IN_VARIABLES, Program
from chatbot.options.declared import chosen, found
from chatbot.options.settings.settings import Settings
from chatbot.terminal.notices import Notices

if TYPE_CHECKING:
    from chatbot.cli.ask.setup import Asking


def _answer(notices: Notices, question: list[str] | None, *chosen_so: Any) -> int:
    from chatbot.cli.ask.answer import answer  # help and version do without
    from chatbot.cli.ask.arguments import Arguments

    text = " ".join(clean(word) for word in question) if question else None
    return answer(Arguments(text, *chosen_so), notices, _ask_several)


def _ask_several(asking: Asking) -> int:
    from chatbot.cli.several.command import answers  # loads what one model does without

    return answers(asking)


DECLARED = Command(
    "chat",
    "Asks an AI model and prints its answer as it comes.\n\n"
    'The question may also be piped in: echo question | chat, or: cat log | chat "what broke?"',
    _answer,
    (Positional("question", "QUESTION", "What to ask; without it, a session opens.", False, True, "What to ask"),),
    GROUPS,
    "A switch that a variable or a setting turns on is turned off with --no-NAME.\n\n"
    "A question that begins with such a word: chat -- logs",
    commands.help_lists(),
    in_variables=IN_VARIABLES,
)


def chat(argv: list[str], notices: Notices) -> int:
    """Asks, opens a session, or saves a template."""
    said = parse(DECLARED, argv, "chat")
    if said is None:
        return 0
    program = chosen(Program, said)
    if program.install_completion or program.show_completion:
        install = ["--install"] if program.install_completion else []
        run, words = commands.find(["completion", *(said["question"] or ()), *install])
        return run(words, notices)
    if program.version:
        stdio.write_answer(f"chat {__version__}\n".encode())
        return 0
    saves = bool(said["save_template"])  # a template is what the command line says
    environ = {} if saves else os.environ
    values = {group: found(group, said, environ if group in IN_VARIABLES else None) for group in GROUPS}
    groups = [group(**{field: one.value for field, one in values[group].items()}) for group in GROUPS[:-1]]
    taken = frozenset(field for group in IN_VARIABLES for field in values[group])
    return int(DECLARED.run(notices, said["question"], *groups, taken, Settings() if saves else load_settings()))
