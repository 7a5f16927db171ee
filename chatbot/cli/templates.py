"""`chat templates`: saved prompts with their model, options and variables."""

# Without `from __future__ import annotations`: chatbot.options.declared reads the annotations as they stand.

import os
import sys
import textwrap

from chatbot.cli.asking_back import Deleting, agreed
from chatbot.cli.command_line.declared import Command, Group, Positional
from chatbot.cli.command_line.parsing import run_one_of
from chatbot.cli.output import stdio
from chatbot.core.errors import ConfigurationError
from chatbot.options.templates.template import Template
from chatbot.outside.desktop.streams import is_terminal
from chatbot.outside.files.folders import config_folder
from chatbot.outside.files.templates import TemplateFolder
from chatbot.terminal.notices import Notices
from chatbot.terminal.sanitise import sanitise

_SHOWN_WORDS = 60

_NAME = Positional("name", "NAME", "The template's name.", required=True, completes="templates")


def template_folder() -> TemplateFolder:
    """The person's own templates. Raises ConfigurationError where there is no home for them."""
    folder = config_folder()
    if folder is None:
        raise ConfigurationError("there is no home folder for templates", advice="Set HOME, or XDG_CONFIG_HOME.")
    return TemplateFolder(folder / "templates")


def templates(argv: list[str], notices: Notices) -> int:
    """Runs one of the commands."""
    if run := run_one_of(DECLARED, argv, "chat templates"):
        run(template_folder(), notices)
    return 0


def _list(folder: TemplateFolder, notices: Notices) -> None:
    found = folder.list()
    if not found.templates and not found.faults:
        notices.warn('there are no templates yet; one is made with: chat -s "You are ..." --save-template NAME')
    rows = [(template.name, _where(template), _words(template)) for template in found.templates]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (f"{text:{width}}" for text, width in zip(row, widths, strict=True) if width)
        _write(sanitise("  ".join(cells).rstrip()) + "\n")
    for fault in found.faults:
        notices.tell([f"left out: {fault}", *fault.advice.splitlines()])


def _show(folder: TemplateFolder, notices: Notices, name: str) -> None:
    text = folder.text(name)
    _write(text if text.endswith("\n") else text + "\n")
    folder.read(name)  # a mistake in it is told after it was shown


def _edit(folder: TemplateFolder, notices: Notices, name: str) -> None:
    from chatbot.options.templates.toml_form import SKELETON
    from chatbot.outside.desktop.editor import edit

    is_new = not os.path.lexists(folder.path(name))
    edited = edit(SKELETON if is_new else folder.text(name), folder.folder, os.environ)
    if edited is None:
        notices.warn("nothing was changed")
        return
    folder.replace(name, edited)  # also with a mistake in it: what was typed is not lost
    folder.read(name)
    notices.warn(f"the template {name} is saved; it is used with chat -t {name}")


def _delete(folder: TemplateFolder, notices: Notices, name: str, options: Deleting) -> None:
    folder.existing(name)
    if not options.yes and not agreed(f"Delete the template {sanitise(name)} for good?", notices):
        notices.warn("nothing was deleted")
        return
    folder.delete(name)
    notices.warn(f"the template {name} is deleted")


def _path(folder: TemplateFolder, notices: Notices) -> None:
    stdio.write_answer(os.fsencode(folder.folder) + b"\n")


def _where(template: Template) -> str:
    return " ".join("/".join(part for part in (template.provider, template.model) if part).split())


def _words(template: Template) -> str:
    """What it is for: its description, else how its prompts begin; and its variables."""
    words = template.description or template.system or template.prompt or ""
    begun = textwrap.shorten(words, _SHOWN_WORDS, placeholder=" …")
    variables = ", ".join(f"${name}" for name in template.placeholders)
    return f"{begun} ({variables})".lstrip() if variables else begun


def _write(text: str) -> None:
    """As it is, unless a terminal could take it for commands."""
    if is_terminal(1):
        stdio.write_answer(sanitise(text).encode(stdio.encoding(sys.stdout), "replace"))
    else:
        stdio.write_answer(text.encode())


DECLARED = Group(
    (
        Command("list", "Lists the templates.", _list),
        Command("show", "Shows a template as it is in its file.", _show, (_NAME,)),
        Command("edit", "Opens a template, or a new one, in $EDITOR.", _edit, (_NAME,)),
        Command("delete", "Deletes a template for good.", _delete, (_NAME,), (Deleting,)),
        Command("path", "Says where the templates are.", _path),
    ),
    "Saved prompts, used with: chat -t NAME",
    "list",
)
