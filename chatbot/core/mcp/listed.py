"""What servers list: their tools with names that every provider takes, bounded, and how they differ from before."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from chatbot.records import NamedTuple

MAX_TOOLS = 128  # OpenAI takes no more in a request
MAX_NAME = 64
MAX_DESCRIPTION = 4_000  # characters
MAX_SCHEMA = 64_000  # characters of JSON
_NAMED = 5


class ListedTool(NamedTuple):
    """A tool as a server lists it: nothing of it can be relied upon."""

    name: str
    description: str
    schema: Mapping[str, Any]


class Listing(NamedTuple):
    """The tools of a server that can be offered, and what is to be said of the others."""

    tools: tuple[ListedTool, ...]
    remarks: tuple[str, ...] = ()


def offered(tools: Sequence[ListedTool], wanted: Collection[str] = (), most: int = MAX_TOOLS) -> Listing:
    """At most so many of the tools, those that are `wanted` by name or all; what is too long is cut or left out."""
    listed = {tool.name for tool in tools}
    remarks = [f"it has no tool {name}" for name in wanted if name not in listed]
    chosen = list({tool.name: tool for tool in tools if not wanted or tool.name in wanted}.values())
    fitting = [tool for tool in chosen if _fits(tool)]
    if misfits := [tool.name for tool in chosen if not _fits(tool)]:
        remarks.append(f"left out, as the schema is none that can be sent: {_some(misfits)}")
    if len(fitting) > most:
        remarks.append(f"it has {len(fitting)} tools, and {most} of them are offered: choose with --mcp NAME:TOOL")
    if long := [tool.name for tool in fitting[:most] if len(tool.description) > MAX_DESCRIPTION]:
        remarks.append(f"cut, as the description is too long: {_some(long)}")
    return Listing(
        tuple(tool._replace(description=tool.description[:MAX_DESCRIPTION]) for tool in fitting[:most]), tuple(remarks)
    )


def _fits(tool: ListedTool) -> bool:
    try:
        size = len(json.dumps(tool.schema))
    except (ValueError, TypeError, RecursionError):
        return False
    return bool(tool.name) and tool.schema.get("type") == "object" and size <= MAX_SCHEMA


def call_names(tools: Iterable[tuple[str, str]], taken: Collection[str] = ()) -> list[str]:
    """The name that a model calls each tool by, of the server's name and its own: `time_convert`.

    Each has 1 to 64 of the characters a-z, A-Z, 0-9, `_` and `-`, and none is given twice, or is `taken`.
    """
    names: list[str] = []
    for server, tool in tools:
        whole = re.sub(r"[^a-zA-Z0-9_-]", "_", f"{server}_{tool}")
        name, number = whole[:MAX_NAME], 1
        while name in names or name in taken:
            number += 1
            name = f"{whole[: MAX_NAME - 1 - len(str(number))]}_{number}"
        names.append(name)
    return names


Prints = Mapping[str, Sequence[str]]
"""By the name of a tool: a fingerprint of its description, and one of its schema."""


def prints_of(tools: Iterable[ListedTool]) -> dict[str, list[str]]:
    """The fingerprints of a server's tools."""
    return {tool.name: [_print(tool.description), _print(json.dumps(tool.schema, sort_keys=True))] for tool in tools}


def changes(before: Prints, now: Prints) -> list[str]:
    """What is another thing than before, a line each; nothing where nothing is."""
    described = [name for name in now if name in before and before[name][:1] != now[name][:1]]
    taken = [name for name in now if name in before and before[name][1:] != now[name][1:]]
    found = {
        "new": [name for name in now if name not in before],
        "gone": [name for name in before if name not in now],
        "described in other words": described,
        "with other arguments": taken,
    }
    return [f"{what}: {_some(names)}" for what, names in found.items() if names]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(name[:MAX_NAME] for name in names[:_NAMED]) + more


def _print(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
