"""The help pages, made from the declarations: no sentence is cut."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence

from chatbot.cli.command_line.declared import HELP_FLAGS, Command, Group, Positional
from chatbot.cli.output import stdio
from chatbot.options.declared import Option
from chatbot.outside.desktop.streams import is_terminal
from chatbot.terminal.screen import is_dumb

_HELP = (", ".join(HELP_FLAGS), "Show this help.")

Rows = list[tuple[str, str]]


def page(command: Command, path: str) -> str:
    """The page of one command."""
    lists: dict[str, Rows] = {}
    for word in command.positionals:
        lists.setdefault(word.heading, []).append((_word(word), word.help))
    lists |= _with_options(command)
    lists |= {heading: list(rows) for heading, rows in command.others.items()}
    return _page(usage(command, path), command.help.split("\n\n"), lists, command.epilog.split("\n\n"))


def write_page_of_all(group: Group, path: str) -> None:
    """Writes the page of a command that has others under it, each with its whole sentence; and with the options of the
    usual one, where that has no page of its own.
    """
    usual = group.find(group.usual)
    lists = _with_options(usual if usual and usual.hidden else None)
    lists["Commands"] = [(command.name, command.help) for command in group.shown]
    called = f"{path} [OPTIONS] {'[COMMAND ...]' if usual else 'COMMAND ...'}"
    stdio.write_answer(f"{_page(called, [group.about], lists, [])}\n".encode())


def _with_options(command: Command | None) -> dict[str, Rows]:
    """The options under their headings, and the one of every command."""
    options, lists = command.options if command else (), dict[str, Rows]()
    for option in options:
        lists.setdefault(option.heading, []).append((term(option), option.choice.help))
    lists.setdefault(options[-1].heading if options else "Options", []).append(_HELP)
    return lists


def _page(called: str, about: Sequence[str], lists: Mapping[str, Rows], notes: Sequence[str]) -> str:
    from chatbot.terminal.help_page import help_page  # loads only where it is read

    return help_page(
        f"Usage: {called}",
        about,
        lists,
        [note for note in notes if note],
        columns=stdio.size()[0] or shutil.get_terminal_size().columns,
        bold=is_terminal(1) and not os.environ.get("NO_COLOR") and not is_dumb(os.environ),
    )


def usage(command: Command, path: str) -> str:
    """How it is called."""
    words = [_word(word) if word.required else f"[{_word(word)}]" for word in command.positionals]
    return " ".join([path, "[OPTIONS]", *words])


def _word(word: Positional) -> str:
    return word.metavar + ("..." if word.repeats else "")


def term(option: Option) -> str:
    """`-m, --model NAME`; the short names first."""
    names = ", ".join(sorted(option.flags, key=lambda flag: flag.startswith("--")))
    return names if option.is_switch else f"{names} {option.choice.metavar}"
