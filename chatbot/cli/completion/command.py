"""`chat completion`: the script with which a shell completes `chat`, shown or installed; and what it asks at a Tab."""

# Without `from __future__ import annotations`: chatbot.options.declared reads the annotations as they stand.

import os
import shlex
from pathlib import Path
from typing import Annotated

from chatbot.cli.command_line.declared import Command, Positional
from chatbot.cli.output import stdio
from chatbot.core.errors import ConfigurationError, UsageError
from chatbot.options.declared import Choice
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices

_AT = "--at"


class Installing(NamedTuple):
    """Options"""

    install: Annotated[bool, Choice("Install it for this account, and say what was changed.")] = False


def completion(argv: list[str], notices: Notices) -> int:
    """Shows or installs it; or answers a script."""
    if argv[:1] == [_AT]:
        _answer(argv[1:])
        return 0
    from chatbot.cli.command_line.parsing import parse

    said = parse(DECLARED, argv, "chat completion")
    if said is not None:
        DECLARED.run(notices, *DECLARED.values(said, {}))
    return 0


def _answer(words: list[str]) -> None:
    """Whatever goes wrong, there is nothing to offer: an error would be written into the line that is typed."""
    try:
        from chatbot.cli.completion.lines import lines_at

        found = "".join(f"{line}\n" for line in lines_at(words[0], words[1:])).encode("utf-8", "surrogateescape")
    except Exception:
        return
    stdio.write_answer(found)


def _completion(notices: Notices, shell: str | None, options: Installing) -> None:
    from chatbot.cli.completion.scripts import SCRIPTS
    from chatbot.outside.desktop.shell import this_shell

    name = shell or this_shell(os.environ)
    if name not in SCRIPTS:
        known = ", ".join(SCRIPTS)
        raise UsageError(
            f"there is no completion for {name}" if name else "your shell does not say which it is",
            advice=f"There is one for {known}: chat completion bash",
        )
    if options.install:
        _install(name, SCRIPTS[name], notices)
    else:
        stdio.write_answer(SCRIPTS[name].encode())


def _install(shell: str, script: str, notices: Notices) -> None:
    """The script into a file; and into the file that the shell reads at its start, a line that reads it."""
    from chatbot.outside.desktop.shell import add_line, fish_folder, replace_file, start_file
    from chatbot.outside.files.folders import data_folder
    from chatbot.outside.files.reading import display_name

    folder, home = data_folder(), Path(os.path.expanduser("~"))  # noqa: PTH111  (raises nothing)
    if folder is None or not home.is_absolute():
        raise ConfigurationError("there is no home folder for the completion", advice="Set HOME.")
    path, line = folder / f"completion.{'ps1' if shell == 'powershell' else shell}", ""
    changed = {}
    if shell == "fish":
        path = fish_folder(os.environ, home) / "chat.fish"
    elif shell == "powershell":
        quoted = str(path).replace("'", "''")
        line = f". '{quoted}'"
    else:
        quoted = shlex.quote(str(path))
        line = f"if [ -r {quoted} ]; then . {quoted}; fi"
    try:
        changed[path] = "the script" if replace_file(path, script) else ""
        if line:
            start = start_file(shell, os.environ, home)
            changed[start] = "a line at its end that reads it" if add_line(start, line) else ""
    except OSError as error:
        place, reason = display_name(error.filename or path), (error.strerror or str(error)).lower()
        raise ConfigurationError(
            f"the completion cannot be installed: {place}: {reason}",
            advice=f"Put it yourself where {shell} reads it: chat completion {shell}",
        ) from error
    rows = [f"{display_name(file)}: {what or 'as it was'}" for file, what in changed.items()]
    is_new = any(changed.values())
    head = f"the completion for {shell} is installed" if is_new else f"the completion for {shell} was installed already"
    if is_new and line:
        rows.append(f"It works in each shell that is opened from now on; in this one: . {shlex.quote(str(path))}")
    notices.tell([head, *rows])


DECLARED = Command(
    "completion",
    "Prints the script with which your shell completes chat at the Tab key.",
    _completion,
    (Positional("shell", "SHELL", "bash, zsh, fish or powershell; yours if left out.", completes="shells"),),
    (Installing,),
)
