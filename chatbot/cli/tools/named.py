"""The tools that were named with -T."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatbot.core.errors import FileUnreadable, UsageError
from chatbot.core.tools.calling import Tool, ToolDefinition, ToolOutput

if TYPE_CHECKING:
    from chatbot.outside.http.public_fetch import PublicNetwork
    from chatbot.outside.tools.process import Surroundings

NAMES = ("read", "list", "search", "fetch", "shell")
_MAX_NAME = 64  # what every provider takes


def tools_named(
    names: Sequence[str],
    network: Callable[[], PublicNetwork] | None = None,
    closed: Iterable[str | Path] = (),
) -> tuple[Tool, ...]:
    """The tools, in the order in which they were named, each once.

    A name is one of NAMES, or `FILE.py:function`; `network` gives the way that `fetch` goes, once it is called. What
    is `closed`, and this program's own folders, is not looked into.

    Raises UsageError for what is no tool, FileUnreadable for a file that is not there, ConfigurationError for one that
    fails when it is run.
    """
    from chatbot.cli.tools.built_in import built_in
    from chatbot.outside.tools.process import Surroundings

    if os.name != "posix":
        raise UsageError("tools need the processes of Linux or macOS", advice="On Windows run chat in WSL.")
    around = Surroundings(_folder(), _environment(os.environ))
    there = built_in(around, [*_own_folders(), *map(os.path.abspath, closed)], network or _public_network)
    found: dict[str, Tool] = {}
    for name in dict.fromkeys(names):
        tool = there[name] if name in there else _of_file(name, around)
        if tool.definition.name in found:
            raise UsageError(
                f"two tools are called {tool.definition.name}", advice="Rename one: a model could not tell them apart."
            )
        found[tool.definition.name] = tool
    return tuple(found.values())


def _public_network() -> PublicNetwork:
    from chatbot.outside.http.public_fetch import PublicNetwork

    return PublicNetwork(environ=os.environ)


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    from chatbot.cli.settings.own_providers import own_table
    from chatbot.outside.tools.environment import without_any_secret
    from chatbot.providers.choice import key_names

    table = own_table()
    of_headers = {name for row in table.rows for _, name in (*row.header_variables, *row.query_variables)}
    return without_any_secret(environ, key_names(table) | of_headers)


def _folder() -> Path:
    try:
        return Path.cwd()
    except OSError as error:
        raise FileUnreadable("the current folder is gone", advice="Change to one that is there.") from error


def _own_folders() -> list[str]:
    """Of this program: keys, settings, and what was asked elsewhere."""
    from chatbot.outside.files.folders import cache_folder, config_folder, data_folder

    return [str(folder) for folder in (config_folder(), data_folder(), cache_folder()) if folder]


def _of_file(name: str, around: Surroundings) -> Tool:
    from chatbot.cli.tools.built_in import guarded
    from chatbot.outside.files.reading import display_name
    from chatbot.outside.tools import calls

    path, colon, function = name.rpartition(":")
    if not colon or not path:
        raise _unknown(name)
    file = Path(path).expanduser().absolute()
    if not file.is_file():
        raise FileUnreadable(f"there is no file {display_name(path)}", advice="A function is named FILE.py:function .")
    if not function.isidentifier():
        raise UsageError(f"{name} names no function", advice="A function is named FILE.py:function .")
    said = calls.definition(file, function, around)
    definition = ToolDefinition(_usable_name(said["name"]), said["description"] or function, said["parameters"])

    def run(arguments: Mapping[str, Any], stopped: Callable[[], bool]) -> ToolOutput:
        return calls.function(file, function, arguments, around, stopped)

    return Tool(definition, partial(guarded, run), source=file.name)


def _usable_name(name: str) -> str:
    return re.sub(r"[^a-zA-Z0-9_-]", "_", name)[:_MAX_NAME]


def _unknown(name: str) -> UsageError:
    from chatbot.core.likeness import likeliest
    from chatbot.outside.files.reading import display_name

    there = f"There are {', '.join(NAMES)}, and the functions of a file: FILE.py:function ."
    if not name.strip():
        return UsageError("-T wants the name of a tool", advice=there)
    near = likeliest(name, NAMES)
    if name.endswith(".py"):
        return UsageError(
            f"which function of {display_name(name)} is meant?", advice=f"Name it: -T {display_name(name)}:function"
        )
    return UsageError(
        f"there is no tool {display_name(name)}" + (f"; did you mean {' or '.join(near)}?" if near else ""),
        advice=there,
    )
