"""`chat help`: the help pages, and all of them as one manual page."""

# Without `from __future__ import annotations`: chatbot.options.declared reads the annotations as they stand.

from typing import Annotated

from chatbot.cli import commands
from chatbot.cli.command_line.declared import Command, Positional
from chatbot.cli.command_line.parsing import parse
from chatbot.cli.output import stdio
from chatbot.core.errors import UsageError
from chatbot.options.declared import Choice
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices


class Showing(NamedTuple):
    """Options"""

    man: Annotated[bool, Choice("Print the manual page instead; chat help --man | man -l - shows it.")] = False


def help(argv: list[str], notices: Notices) -> int:
    """Shows a help page; `chat help logs show` is `chat logs show --help`."""
    said = parse(DECLARED, argv, "chat help")
    return 0 if said is None else int(DECLARED.run(notices, *DECLARED.values(said, {})))


def _help(notices: Notices, words: list[str] | None, showing: Showing) -> int:
    if showing.man:
        from chatbot.cli.help.man_page import man_page

        stdio.write_answer(man_page().encode())
        return 0
    if words and not commands.is_taken(words[0]):
        raise UsageError(
            f"there is no command {words[0]}",
            advice=f'The commands: {", ".join(commands.names())}. To ask it: chat -- "help {" ".join(words)}"',
        )
    if words and not (called := commands.entry(words)).is_there:
        raise commands.not_there(called, ["help", *words])
    run, rest = commands.find([*(word for word in words or () if word != "version"), "--help"])
    return run(rest, notices)


DECLARED = Command(
    "help",
    "Shows the help of chat, or of a command.",
    _help,
    (Positional("words", "COMMAND", "The command, and one of its own.", repeats=True),),
    (Showing,),
)
