"""`chat mcp`: the MCP servers that files name, their tools, and which of a folder's file a person agreed to."""

# Without `from __future__ import annotations`: chatbot.options.declared reads the annotations as they stand.

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated, Any

from chatbot.cli.command_line.declared import Command, Group, Positional
from chatbot.cli.command_line.parsing import run_one_of
from chatbot.cli.mcp.configured import (
    FOLDER_FILE,
    Configured,
    Servers,
    find_servers,
    folder_file,
    folder_servers,
    own_file,
    own_servers,
)
from chatbot.cli.mcp.trust import is_trusted, require_trust, seen_servers
from chatbot.cli.output import stdio
from chatbot.cli.output.paged import write_json, write_lines
from chatbot.core.errors import ConfigurationError
from chatbot.options.declared import Choice
from chatbot.outside.desktop.streams import is_terminal
from chatbot.outside.files.reading import display_name
from chatbot.records import NamedTuple
from chatbot.terminal.documents.keys import KeyRow, key_lines
from chatbot.terminal.notices import Notices

_UNAVAILABLE = 69


class AsJson(NamedTuple):
    """Options"""

    json: Annotated[bool, Choice("JSON for programs: an object on each line.")] = False


class Agreeing(NamedTuple):
    """Options"""

    yes: Annotated[bool, Choice("Do not ask.", flags=("-y", "--yes"))] = False


def mcp(argv: list[str], notices: Notices) -> int:
    """Runs one of the commands."""
    run = run_one_of(DECLARED, argv, "chat mcp")
    return (run(notices) or 0) if run else 0


def _list(notices: Notices, form: AsJson) -> None:
    own, in_folder = own_servers(), folder_servers()
    rows = [*_rows(own, own_file()), *_rows(in_folder, folder_file(), hidden=own)]
    if form.json:
        write_json({**row, "where": notices.redacted(row["where"])} for row in rows)
        return
    if not rows:
        file = own_file()
        named = f"{display_name(file)} or ./{FOLDER_FILE}" if file else f"./{FOLDER_FILE}"
        notices.warn(f"no MCP server is named in {named}", 'A file: {"mcpServers": {"time": {"command": "..."}}}')
        return
    _write([KeyRow((row["name"], row["file"], row["state"]), (notices.redacted(row["where"]),)) for row in rows])


def _rows(servers: Servers, place: Path | None, hidden: Collection[str] = ()) -> Iterator[dict[str, Any]]:
    for name, entry in servers.items():
        if isinstance(entry, ConfigurationError):
            yield {"name": name, "file": display_name(place or ""), "state": "broken", "where": str(entry)}
            continue
        state = "ready" if is_trusted(Configured(entry, place or Path())) else "not agreed to"
        state = "yours of that name counts" if name in hidden else state
        yield {"name": name, "file": entry.file, "state": state, "where": entry.where}


def _tools(notices: Notices, names: list[str], form: AsJson) -> int:
    from chatbot.cli.mcp.opened import opened_servers

    with opened_servers(tuple(names), notices) as opened:
        definitions = [(tool.source.removeprefix("mcp: "), tool.definition) for tool in opened.tools]
    if form.json:
        write_json(
            {"server": server, **one._asdict(), "parameters": dict(one.parameters)} for server, one in definitions
        )
    else:
        _write([KeyRow((one.name,), tuple(one.description.strip().splitlines())) for _, one in definitions])
    return _UNAVAILABLE if opened.failed else 0


def _trust(notices: Notices, names: list[str], options: Agreeing) -> None:
    for server in find_servers(tuple(names)):
        name = server.entry.name
        if is_trusted(server):
            notices.tell([f"{name} needs no agreement" if not server.entry.is_shared else f"{name} is agreed to"])
        elif require_trust(server, notices, yes=options.yes):
            notices.tell([f"{name} is agreed to: {server.entry.where}", "What changes its entry asks again."])


def _forget(notices: Notices, names: list[str]) -> None:
    seen = seen_servers()
    for server in find_servers(tuple(names)):
        if seen and server.entry.is_shared and is_trusted(server):
            seen.trust(server.place, server.entry.name, None)
            notices.tell([f"{server.entry.name} is not agreed to any more"])
        else:
            notices.warn(f"{server.entry.name} was not agreed to")


def _write(rows: list[KeyRow]) -> None:
    if rows:
        write_lines(key_lines(rows, stdio.size()[0] if is_terminal(1) else 0))


_NAMES = Positional(
    "names", "NAME", "A server, by its name in mcp.json.", required=True, repeats=True, completes="mcp_servers"
)

DECLARED = Group(
    (
        Command("list", "Lists the servers, and starts none.", _list, groups=(AsJson,)),
        Command("tools", "Starts servers, and lists their tools.", _tools, (_NAMES,), (AsJson,)),
        Command(
            "trust", "Agrees to servers that ./.mcp.json names, as they stand there.", _trust, (_NAMES,), (Agreeing,)
        ),
        Command("forget", "Takes an agreement back.", _forget, (_NAMES,)),
    ),
    "The MCP servers for chat --mcp, from mcp.json beside your settings and ./.mcp.json. Without a command: a list.",
    "list",
)
