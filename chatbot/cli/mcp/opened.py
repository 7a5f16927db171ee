"""The servers of `--mcp`, started for a while, as tools; what is wrong with them is said, and the rest goes on."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from chatbot.cli.mcp.configured import Configured, find_servers
from chatbot.cli.mcp.trust import require_trust, seen_servers
from chatbot.core.errors import ChatError, ConfigurationError
from chatbot.core.mcp.entries import ServerEntry
from chatbot.core.mcp.listed import MAX_TOOLS, ListedTool, call_names, changes, offered, prints_of
from chatbot.core.redaction.redactor import Redactor
from chatbot.core.tools.calling import Tool, ToolDefinition, ToolOutput
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices

if TYPE_CHECKING:
    from chatbot.outside.mcp.sessions import McpSessions, Opened

OPENED_WITHIN_S = 10.0
_TOLD_AFTER_S = 3.0
_SOURCE = "mcp: "


class OpenedServers(NamedTuple):
    """The tools of those that answer, and the names of the others."""

    tools: tuple[Tool, ...]
    failed: tuple[str, ...] = ()


@contextmanager
def opened_servers(
    words: tuple[str, ...], notices: Notices, taken: Collection[str] = (), allowed: Collection[str] = ()
) -> Iterator[OpenedServers]:
    """Starts the servers that are named, each word as `find_servers` reads it; at the end nothing of them is left.
    No tool has a name that is `taken`; those of a server that is `allowed`, by its name, need no yes.

    Raises UsageError and ConfigurationError for what is wrong before any is started.
    """
    require_package()
    servers = [server for server in find_servers(words) if require_trust(server, notices)]
    filled, failed = _filled(servers, notices)
    from chatbot.outside.mcp.sessions import McpSessions

    sessions = McpSessions(filled)
    try:
        opened = sessions.open(OPENED_WITHIN_S, _waiting(notices))
        for one in opened:
            if one.fault:
                failed.append(one.name)
                _tell_failed(one.name, one.fault, notices, said=one.said, advice=one.advice)
        answering = {one.name: one for one in opened if not one.fault}
        offers = _offered([server for server in servers if server.entry.name in answering], answering, notices)
        tools = _tools(sessions, filled, offers, taken)
        safe = [tool._replace(is_safe=tool.source.removeprefix(_SOURCE) in allowed) for tool in tools]
        yield OpenedServers(tuple(safe), tuple(failed))
    finally:
        sessions.close()


def require_package() -> None:
    """Raises ConfigurationError where the extra is not installed."""
    if find_spec("mcp") is None:
        raise ConfigurationError("MCP servers need a package", advice="Install it: pip install 'chat-cli[mcp]'")


def _filled(servers: Sequence[Configured], notices: Notices) -> tuple[list[ServerEntry], list[str]]:
    """The entries with their variables, whose secrets are not shown from now on; the names of those that lack one."""
    filled, failed = [], []
    for server in servers:
        try:
            entry = server.entry.filled(os.environ)
        except ConfigurationError as error:
            failed.append(server.entry.name)
            _tell_failed(server.entry.name, str(error), notices, advice=error.advice)
            continue
        notices.hide(entry.secrets)
        filled.append(entry)
    return filled, failed


def _tell_failed(name: str, fault: str, notices: Notices, *, said: str = "", advice: str = "") -> None:
    lines = [f"the MCP server {name} is left out: {fault}", f"It said: {said}" if said else "", advice]
    notices.warn(*(line for line in lines if line))


def _waiting(notices: Notices) -> Callable[[Sequence[str]], None]:
    """What says once whom the start waits for, if it does so for long."""
    until_s: float | None = time.monotonic() + _TOLD_AFTER_S

    def tell(names: Sequence[str]) -> None:
        nonlocal until_s
        if until_s is not None and time.monotonic() > until_s:
            until_s = None
            notices.warn(f"waiting for the MCP server {' and '.join(names)}, at most {OPENED_WITHIN_S:g} s")

    return tell


def _offered(
    servers: Sequence[Configured], answering: Mapping[str, Opened], notices: Notices
) -> list[tuple[str, ListedTool]]:
    """The tools with their servers' names; no request takes more of them."""
    found: list[tuple[str, ListedTool]] = []
    for server in servers:
        name = server.entry.name
        listing = offered(answering[name].tools, server.wanted, MAX_TOOLS - len(found))
        found += [(name, tool) for tool in listing.tools]
        if listing.remarks:
            notices.warn(f"the MCP server {name}:", *listing.remarks)
        elif not listing.tools:
            notices.warn(f"the MCP server {name} has no tools")
        _tell_changes(server, answering[name].tools, notices)
    return found


def _tell_changes(server: Configured, tools: Sequence[ListedTool], notices: Notices) -> None:
    """What the server lists otherwise than the last time: that goes to the model as if the person had written it."""
    seen, name, now = seen_servers(), server.entry.name, prints_of(tools)
    before = seen.listed(server.place, name) if seen else None
    if seen is None or before == now:
        return
    if before is not None:
        again = f"To read them: chat mcp tools {name}"
        notices.warn(
            f"the tools of the MCP server {name} have changed since the last time", *changes(before, now), again
        )
    try:
        seen.keep(server.place, name, now)
    except ChatError as error:
        notices.warn(str(error))


def _tools(
    sessions: McpSessions,
    filled: Sequence[ServerEntry],
    offers: Sequence[tuple[str, ListedTool]],
    taken: Collection[str],
) -> tuple[Tool, ...]:
    secrets = {entry.name: entry.secrets for entry in filled}
    names = call_names(((server, tool.name) for server, tool in offers), taken)
    return tuple(
        Tool(
            ToolDefinition(name, tool.description or tool.name, tool.schema),
            _run(sessions, server, tool.name, secrets[server]),
            source=_SOURCE + server,
        )
        for name, (server, tool) in zip(names, offers, strict=True)
    )


def _run(
    sessions: McpSessions, server: str, tool: str, secrets: tuple[str, ...]
) -> Callable[[Mapping[str, Any], Callable[[], bool]], ToolOutput]:
    """What calls the tool. What the server was given as a secret does not come back."""

    def run(arguments: Mapping[str, Any], stopped: Callable[[], bool]) -> ToolOutput:
        output = sessions.call(server, tool, arguments, stopped)
        return output._replace(text=Redactor(secrets)(output.text)) if secrets else output

    return run
