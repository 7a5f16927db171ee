"""`chat templates`: saved prompts with their model, options and variables."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Callable
from typing import Annotated

import typer

from chatbot.cli import helped, stdio
from chatbot.core.errors import ConfigurationError, UsageError
from chatbot.core.templates.template import Template
from chatbot.outside.desktop.streams import is_terminal
from chatbot.outside.files.folders import config_folder
from chatbot.outside.files.templates import TemplateFolder
from chatbot.terminal.notices import Notices
from chatbot.terminal.sanitise import sanitise

Act = Callable[[TemplateFolder, Notices], None]

_SHOWN_WORDS = 60

Name = Annotated[str, typer.Argument(help="The template's name.", metavar="NAME")]


def template_folder() -> TemplateFolder:
    """The person's own templates. Raises ConfigurationError where there is no home for them."""
    folder = config_folder()
    if folder is None:
        raise ConfigurationError("there is no home folder for templates", advice="Set HOME, or XDG_CONFIG_HOME.")
    return TemplateFolder(folder / "templates")


def templates(argv: list[str], notices: Notices) -> int:
    """Runs one of the commands."""
    app = typer.Typer(
        cls=helped.Group,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        help="Saved prompts, used with: chat -t NAME",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for name, command in _COMMANDS.items():
        app.command(name, cls=helped.Command)(command)
    act = app(args=argv or ["list"], prog_name="chat templates", standalone_mode=False)
    if not callable(act):  # help was printed
        return 0
    act(template_folder(), notices)
    return 0


def _list() -> Act:
    """Lists the templates."""
    return _show_list


def _show(name: Name) -> Act:
    """Shows a template as it is in its file."""

    def act(folder: TemplateFolder, notices: Notices) -> None:
        del notices
        text = folder.text(name)
        _write(text if text.endswith("\n") else text + "\n")
        folder.read(name)  # a mistake in it is told after it was shown

    return act


def _edit(name: Name) -> Act:
    """Opens a template, or a new one, in $EDITOR."""

    def act(folder: TemplateFolder, notices: Notices) -> None:
        from chatbot.core.templates.toml_form import SKELETON
        from chatbot.outside.desktop.editor import edit

        is_new = not os.path.lexists(folder.path(name))
        edited = edit(SKELETON if is_new else folder.text(name), folder.folder, os.environ)
        if edited is None:
            notices.warn("nothing was changed")
            return
        folder.replace(name, edited)  # also with a mistake in it: what was typed is not lost
        folder.read(name)
        notices.warn(f"the template {name} is saved; it is used with chat -t {name}")

    return act


def _delete(
    name: Name,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.")] = False,
) -> Act:
    """Deletes a template for good."""

    def act(folder: TemplateFolder, notices: Notices) -> None:
        folder.existing(name)
        if not yes and not _agreed(name, notices):
            notices.warn("nothing was deleted")
            return
        folder.delete(name)
        notices.warn(f"the template {name} is deleted")

    return act


def _path() -> Act:
    """Says where the templates are."""
    return lambda folder, notices: stdio.write_answer(os.fsencode(folder.folder) + b"\n")


_COMMANDS: dict[str, Callable[..., Act]] = {
    "list": _list,
    "show": _show,
    "edit": _edit,
    "delete": _delete,
    "path": _path,
}


def _show_list(folder: TemplateFolder, notices: Notices) -> None:
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


def _where(template: Template) -> str:
    return " ".join("/".join(part for part in (template.provider, template.model) if part).split())


def _words(template: Template) -> str:
    """What it is for: its description, else how its prompts begin; and its variables."""
    words = template.description or template.system or template.prompt or ""
    begun = textwrap.shorten(words, _SHOWN_WORDS, placeholder=" …")
    variables = ", ".join(f"${name}" for name in template.placeholders)
    return f"{begun} ({variables})".lstrip() if variables else begun


def _agreed(name: str, notices: Notices) -> bool:
    if not (is_terminal(0) and is_terminal(2)):
        raise UsageError("nobody is there to ask", advice="Add --yes to delete without a question.")
    notices.write(f"Delete the template {sanitise(name)} for good? [y/N] ")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _write(text: str) -> None:
    """As it is, unless a terminal could take it for commands."""
    if is_terminal(1):
        stdio.write_answer(sanitise(text).encode(stdio.encoding(sys.stdout), "replace"))
    else:
        stdio.write_answer(text.encode())
