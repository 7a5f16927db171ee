"""The manual page of `chat`, from the texts that stand elsewhere: declarations, the table of commands, the manual."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from chatbot.cli import commands
from chatbot.cli.command_line.declared import Command, Group
from chatbot.cli.command_line.helped import term, usage
from chatbot.core.version import __version__
from chatbot.lab.guide import manual
from chatbot.options.chat import GROUPS, IN_VARIABLES
from chatbot.options.declared import Option, options_of
from chatbot.outside.files.folders import cache_folder, config_folder, data_folder
from chatbot.outside.files.reading import display_name
from chatbot.providers.choice import MODEL_VARIABLE, PROVIDER_VARIABLE
from chatbot.providers.services import SERVICES
from chatbot.terminal.documents import man_page as page
from chatbot.terminal.documents.man_page import Part

_FIRST_WORD = "A first word that is a command is never a question, nor is NAME where chat-NAME is a program on PATH."
_VARIABLES = (
    (MODEL_VARIABLE, "The model where none is named; provider/model names both."),
    (PROVIDER_VARIABLE, "The service where none is named."),
    ("NO_COLOR", "No colours and no rows that are drawn again, whatever its value."),
)
_FILES = (
    (config_folder, "config.toml", "The settings: chat config shows and changes them."),
    (config_folder, "keys.toml", "Keys, or the commands that print them: chat keys."),
    (config_folder, "providers.toml", "Providers of one's own, a table each: chat probe --save writes one."),
    (config_folder, "templates/", "Templates, a file each."),
    (data_folder, "", "The history of conversations, and the limits that services told."),
    (cache_folder, "", "Answers that --cache keeps, and the lists of models of the last hour."),
    (None, ".env", "Keys, addresses, CHAT_MODEL and CHAT_PROVIDER for this folder."),
)


def man_page() -> str:
    """The page, of today or of SOURCE_DATE_EPOCH (reproducible-builds.org)."""
    chat = commands.declared(commands.CHAT)
    assert isinstance(chat, Command)
    date = time.strftime("%Y-%m-%d", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH") or time.time())))
    about, *more = chat.help.split("\n\n")
    return page.man_page(
        chat.name,
        about[:1].lower() + about[1:].rstrip("."),
        __version__,
        date,
        (
            ("SYNOPSIS", [Part(paragraphs=[usage(chat, chat.name)], is_code=True), _code("chat COMMAND ...")]),
            ("DESCRIPTION", [Part(paragraphs=[about, *more, _FIRST_WORD, chat.epilog])]),
            ("OPTIONS", list(_headed(chat.options))),
            ("COMMANDS", list(_commands())),
            ("EXIT STATUS", [Part(terms=_exit_codes())]),
            ("ENVIRONMENT", list(_environment())),
            ("FILES", [Part(terms=list(_files()))]),
        ),
    )


def _code(line: str) -> Part:
    return Part(paragraphs=[line], is_code=True)


def _headed(options: Sequence[Option]) -> Iterator[Part]:
    headings = dict.fromkeys(option.heading for option in options)
    for heading in headings:
        yield Part(heading, terms=_terms([option for option in options if option.heading == heading]))


def _terms(options: Sequence[Option]) -> list[tuple[str, str]]:
    return [(term(option), option.choice.help) for option in options]


def _commands() -> Iterator[Part]:
    for entry in commands.COMMANDS:
        if not entry.module:
            continue
        declared, path = commands.declared(entry), f"chat {entry.name}"
        if isinstance(declared, Command):
            yield _command(declared, path)
            continue
        usual = declared.find(declared.usual)
        yield Part(path, [declared.about], _terms(usual.options) if usual and usual.hidden else [])
        yield from _under(declared, path)


def _under(group: Group, path: str) -> Iterator[Part]:
    for command in group.shown:
        yield _command(command, f"{path} {command.name}")


def _command(command: Command, path: str) -> Part:
    """Words and options with what they mean; of those that are chat's own, their headings alone."""
    own = [group for group in command.groups if group not in GROUPS]
    headings = [options_of(group)[0].heading for group in command.groups if group in GROUPS]
    words = [(word.metavar, word.help) for word in command.positionals]
    options = [option for group in own for option in options_of(group)]
    shared = [f"It also takes options of chat: {', '.join(headings)}."] if headings else []
    return Part(usage(command, path), [*command.help.split("\n\n"), *shared], [*words, *_terms(options)])


def _exit_codes() -> list[tuple[str, str]]:
    """From the table of the manual."""
    section = manual().partition("## What do the exit codes mean?")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", section, re.MULTILINE)
    return [(code, meaning.replace("\\|", "|").replace("`", "")) for code, meaning in rows]


def _environment() -> Iterator[Part]:
    yield Part(terms=_VARIABLES)
    options = [option for group in IN_VARIABLES for option in options_of(group) if option.choice.in_variable]
    yield Part("Options", terms=[(option.variable, option.choice.help) for option in options])
    keys = {key.name: service.title for service in SERVICES for key in service.keys}
    yield Part("Keys", terms=[(name, f"The key of {title}.") for name, title in keys.items()])


def _files() -> Iterator[tuple[str, str]]:
    for folder, name, meaning in _FILES:
        if folder is None:
            yield f"./{name}", meaning
        elif (found := folder()) is not None:
            yield f"{_from_home(found)}/{name}", meaning


def _from_home(folder: Path) -> str:
    home = os.path.expanduser("~")  # noqa: PTH111  (raises nothing)
    return display_name(folder).replace(home, "~", 1) if folder.is_relative_to(home) else display_name(folder)
