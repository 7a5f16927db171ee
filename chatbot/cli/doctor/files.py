"""What the person wrote: the folder of settings with its files, and `./.env`."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from chatbot.cli.doctor.looking import Looking
from chatbot.cli.settings.loading import load_settings
from chatbot.cli.settings.own_providers import providers_file, service_table
from chatbot.cli.settings.stored_keys import key_file, unread_here
from chatbot.cli.templates import template_folder
from chatbot.core.checkup.finding import Finding, fault, of_error, warning
from chatbot.core.errors import ConfigurationError, FileUnreadable
from chatbot.core.likeness import likeliest
from chatbot.options.chat import GROUPS, IN_VARIABLES
from chatbot.options.declared import VARIABLES_BEGIN_WITH, chosen, options_of
from chatbot.outside.environment import LOCAL_NAME, read_variables
from chatbot.outside.files.folders import config_folder
from chatbot.outside.files.private import require_ours
from chatbot.outside.files.reading import display_name
from chatbot.outside.files.settings import settings_path
from chatbot.providers.choice import MODEL_VARIABLE, PROVIDER_VARIABLE, local_names, variable_names

_MEND = "Mend it in an editor, as a text file of your own, or take it away."


def folder(_: Looking) -> Iterator[Finding]:
    """The folder of settings, and who may write there."""
    found = config_folder()
    if found is None:
        yield fault("there is no home folder for settings and keys", "Set HOME, or XDG_CONFIG_HOME.")
    elif not found.exists():
        yield Finding(f"{found} is not there yet, and need not be")
    else:
        require_ours(found, ConfigurationError, "its files are not read")
        yield Finding(f"{found}{_mode(found)}")


def settings(_: Looking) -> Iterator[Finding]:
    """The settings file."""
    path = settings_path()
    try:
        load_settings()
    except ConfigurationError as error:
        found = of_error(error)
        yield found._replace(advice=_MEND) if isinstance(error.__cause__, FileUnreadable) else found
    else:
        yield _there(path, path.exists())


def keys(_: Looking) -> Iterator[Finding]:
    """The file of keys, which nobody else may read."""
    file = key_file()
    try:
        stored = file.read()
        yield _there(file.path, file.path.exists(), f"{len(stored)} keys")
    except FileUnreadable as error:
        yield fault(str(error), _MEND)
    yield from (warning(said, "Take it away, or keep it where it is yours.") for said in unread_here())


def providers(_: Looking) -> Iterator[Finding]:
    """Providers of one's own."""
    path = providers_file()
    if path is None:
        return
    table, _notices = service_table()
    faults = {str(each): (name, each) for name, each in table.faults.items()}
    for name, error in faults.values():
        yield of_error(error) if name else of_error(error)._replace(advice=_MEND)
    if not faults:
        yield _there(path, path.exists())


def templates(_: Looking) -> Iterator[Finding]:
    """Each template can be read."""
    found = template_folder().list()
    yield from (warning(str(each), each.advice or "chat templates edit NAME mends it.") for each in found.faults)
    yield Finding(f"templates: {len(found.templates)}")


def env_file(_: Looking) -> Iterator[Finding]:
    """What a `.env` of this folder sets, by name."""
    path = Path(LOCAL_NAME)
    if not os.path.lexists(path):
        yield Finding("there is no ./.env in this folder, and need not be")
        return
    table, _notices = service_table()
    found, remarks = read_variables({}, variable_names(table), local_names=local_names(table), folder=Path())
    yield from (warning(remark, "Write NAME=value, a line each, in a file of your own.") for remark in remarks)
    if not remarks or found:
        yield Finding(f"./.env{_mode(path)} sets {', '.join(sorted(found)) or 'nothing that chat takes from it'}")
    if found and os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield warning("other users may read ./.env", "Make it private: chmod 600 .env")


def variables(looking: Looking) -> Iterator[Finding]:
    """The variables that choose options: each has a value that can be read, and a name that means something."""
    said = {name: value for name, value in looking.environ.items() if name.startswith(VARIABLES_BEGIN_WITH)}
    known = {option.variable for group in GROUPS for option in options_of(group) if option.choice.in_variable}
    known |= {MODEL_VARIABLE, PROVIDER_VARIABLE}
    for name in sorted(said.keys() - known):
        near = likeliest(name, sorted(known))
        advice = f"Perhaps {' or '.join(near)} is meant." if near else "Unset it, or see chat --help."
        yield warning(f"the variable {name} means nothing to chat", advice)
    wrong = list(_wrong(said))
    yield from wrong
    if set(said) & known and not wrong:
        yield Finding(f"variables that choose: {', '.join(sorted(said.keys() & known))}")
    elif not wrong:
        yield Finding("no variable chooses an option")


def _wrong(said: Mapping[str, str]) -> Iterator[Finding]:
    for group in IN_VARIABLES:
        for option in options_of(group):
            try:
                chosen(group, {}, {option.variable: said.get(option.variable, "")})
            except ConfigurationError as error:
                yield fault(str(error), error.advice or f"Set it anew, or: unset {option.variable}")


def _there(path: Path, is_there: bool, more: str = "") -> Finding:
    if not is_there:
        return Finding(f"{display_name(path)} is not there, and need not be")
    return Finding(f"{display_name(path)}{_mode(path)}" + (f", {more}" if more else ""))


def _mode(path: Path) -> str:
    """Who may do what, as chmod has it."""
    return f" (mode {stat.S_IMODE(path.stat().st_mode):04o})" if os.name == "posix" else ""
