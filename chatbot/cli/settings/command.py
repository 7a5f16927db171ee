"""`chat config`: what is in force and why, and the settings file changed without losing a word of it."""

# Without `from __future__ import annotations`: chatbot.options.declared reads the annotations as they stand.

import os
from pathlib import Path
from typing import Annotated, Any

from chatbot.cli.command_line.declared import Command, Group, Positional
from chatbot.cli.command_line.parsing import run_one_of
from chatbot.cli.output import stdio
from chatbot.cli.output.paged import write_json, write_lines
from chatbot.cli.settings.loading import load_settings, read
from chatbot.core.errors import ConfigurationError
from chatbot.core.redaction.redactor import without_login
from chatbot.options.chat import Who
from chatbot.options.declared import Choice, Found
from chatbot.options.durations import Duration
from chatbot.outside.files import settings as file
from chatbot.outside.files.folders import settings_file
from chatbot.outside.files.reading import display_name
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices

_NAME_HELP = "The name of an option, or aliases.NAME, providers.NAME.OPTION, models.NAME.OPTION."
_SKELETON = """\
# The settings of chat: its options under their own names. chat config shows them all.
# An option of the command line, or a variable CHAT_NAME, counts before them.

# model = "openai/gpt-4o-mini"
# temperature = 0.2

# [aliases]
# fast = "groq/llama-3.3-70b"

# [providers.openai]
# timeout = 60

# [models."openai/gpt-4o-mini"]
# max-tokens = 1000
"""


class Shown(NamedTuple):
    """Options"""

    where: Annotated[bool, Choice("Every name, with what says so, and what else was said.")] = False
    json: Annotated[bool, Choice("JSON for programs: an object on each line.")] = False


def config(argv: list[str], notices: Notices) -> int:
    """Runs one of the commands."""
    known = notices.redact
    notices.redact = lambda text: without_login(known(text))  # a proxy may have a password
    if run := run_one_of(DECLARED, argv, "chat config"):
        run(notices)
    return 0


def _show(notices: Notices, who: Who, shown: Shown) -> None:
    from chatbot.cli.settings.in_force import DEFAULT, Row, rows_in_force
    from chatbot.terminal.sanitise import sanitise

    rows = rows_in_force(who, load_settings())
    if shown.json:
        write_json(_plain(row, notices) for row in rows)
        return

    def line(row: Row) -> str:
        text = f"{row.name:{name_width}}  {_written(row.said.value, ', ')}"
        if shown.where:
            over = ", ".join(f"{one.source} ({_written(one.value, ', ')})" for one in row.over)
            text = f"{text:{value_width}}  {row.said.source}{f', over {over}' if over else ''}"
        return sanitise(" ".join(notices.redacted(text.rstrip()).splitlines()))

    if not any(row.name == "provider" for row in rows):
        _tell_of_no_provider(notices)
    if not shown.where:
        rows = [row for row in rows if row.said.source != DEFAULT or row.name in _ALWAYS_SHOWN]
    name_width = max([len(row.name) for row in rows], default=0)
    value_width = min(_WIDEST, name_width + 2 + max([len(_written(row.said.value, ", ")) for row in rows], default=0))
    write_lines(map(line, rows))


def _tell_of_no_provider(notices: Notices) -> None:
    path = settings_file()
    place = "There is no home folder for settings."
    if path:
        is_there = os.path.lexists(path)
        place = f"The settings are in {display_name(path)}." if is_there else f"There is no {display_name(path)} yet."
    notices.warn(
        "no provider is set up yet; one that runs on this computer answers", f"{place} To begin: chat keys set openai"
    )


def _get(notices: Notices, name: str) -> None:
    from chatbot.cli.settings.in_force import rows_in_force
    from chatbot.cli.settings.naming import keys_of, value_at

    settings, keys = load_settings(), keys_of(name)
    if len(keys) > 1:
        value = value_at(settings, keys)
    else:
        rows = {row.name: row.said.value for row in rows_in_force(Who(), settings)}
        value = rows.get(keys[0])
    if value not in (None, ()):
        stdio.write_answer(f"{notices.redacted(_written(value, chr(10)))}\n".encode("utf-8", "surrogateescape"))


def _set(notices: Notices, name: str, words: list[str]) -> None:
    from chatbot.cli.settings.naming import keys_of, option_of, read_words
    from chatbot.options.settings.reading import document_of

    keys, path = keys_of(name), file.settings_path()
    value = read_words(name, keys, words)

    def edited(text: str) -> str:
        document_of(text, display_name(path))
        changed = file.with_key(text, keys, value)
        try:
            read(changed, path)
        except ConfigurationError:
            read(text, path)  # whose mistake it is, and in which line
            raise
        return changed

    file.change(path, edited)
    notices.warn(f"{name} is {_written(value, ', ')} in {display_name(path)}")
    option = option_of(keys)
    if option and os.environ.get(option.variable):
        notices.warn(f"the variable {option.variable} is set, and counts before it")


def _unset(notices: Notices, name: str) -> None:
    from chatbot.cli.settings.naming import keys_of
    from chatbot.options.settings.reading import document_of

    path = file.settings_path()
    keys, was_there = keys_of(name, is_known=False), False

    def edited(text: str) -> str:
        nonlocal was_there
        document_of(text, display_name(path))
        changed = file.without_key(text, keys)
        was_there = changed is not None
        return text if changed is None else changed

    if file.read_bytes(path) is not None:
        file.change(path, edited)
    place = display_name(path)
    notices.warn(f"{name} is no longer set in {place}" if was_there else f"{name} was not set in {place}")


def _edit(notices: Notices) -> None:
    from chatbot.outside.desktop.editor import edit

    path = file.settings_path()
    before = file.read_bytes(path)
    text = _SKELETON if before is None else before.decode("utf-8", "surrogateescape")

    def keep(written: str) -> None:
        file.replace(path, before or b"", written.encode("utf-8", "surrogateescape"))

    if edit(text, path.parent, os.environ, name=path.name, errors="surrogateescape", keep=keep) is None:
        notices.warn("nothing was changed")
        return
    load_settings()  # a mistake is told, and what was written is kept
    notices.warn(f"{display_name(path)} is saved")


def _path(notices: Notices) -> None:
    stdio.write_answer(os.fsencode(file.settings_path()) + b"\n")


def _written(value: Any, between: str) -> str:
    """A value as a person writes it; nothing for none."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case tuple() | list():
            return between.join(map(str, value))
        case Duration():
            return f"{value:g}s"
        case float():
            return f"{value:g}"
        case _:
            return str(value)


def _plain(row: Any, notices: Notices) -> dict[str, Any]:
    def said(one: Found) -> dict[str, Any]:
        value = str(one.value) if isinstance(one.value, Path) else one.value
        return {"value": notices.redacted(value) if isinstance(value, str) else value, "source": one.source}

    return {"name": row.name, **said(row.said), "over": [said(one) for one in row.over]}


_WIDEST = 60
_ALWAYS_SHOWN = ("provider", "model", "base-url")
_NAME = Positional("name", "NAME", _NAME_HELP, required=True, completes="settings")
_VALUE = Positional("value", "VALUE", "Its value; several where the option may be said again.", True, True)
DECLARED = Group(
    (
        Command("show", "What is in force.", _show, groups=(Who, Shown), hidden=True),
        Command("get", "Prints what is in force under a name.", _get, (_NAME,)),
        Command("set", "Sets a name in the settings file.", _set, (_NAME, _VALUE)),
        Command("unset", "Takes a name out of the settings file.", _unset, (_NAME,)),
        Command("edit", "Opens the settings file in $EDITOR.", _edit),
        Command("path", "Says where the settings file is.", _path),
    ),
    "The settings. Without a command: what is in force now; with --where, what says so.",
    "show",
)
