"""All the tools of a run: those of -T, and those of the servers of --mcp."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from chatbot.core.request import Route
from chatbot.core.tools.calling import Tool
from chatbot.options.chat import Tools
from chatbot.terminal.notices import Notices

if TYPE_CHECKING:
    from chatbot.outside.http.public_fetch import PublicNetwork


def chosen_tools(
    wanted: Tools, route: Route, closed: Sequence[str | Path], notices: Notices, open_things: ExitStack
) -> tuple[Tool, ...]:
    """The tools that were named; `route` is the way that `fetch` goes, `closed` are files that none reads. Servers run
    until `open_things` is closed. Raises as `tools_named` and `opened_servers` do.
    """

    def network() -> PublicNetwork:
        from chatbot.cli.cost.booking import booked
        from chatbot.outside.http.public_fetch import PublicNetwork

        return PublicNetwork(route=route, environ=os.environ, on_close=booked("fetch", "", notices))

    named: tuple[Tool, ...] = ()
    if wanted.tool:
        from chatbot.cli.tools.named import tools_named

        named = tools_named(wanted.tool, network, closed)
    if not wanted.mcp:
        _tell_unknown(wanted.allow, [tool.definition.name for tool in named], notices)
        return named
    from chatbot.cli.mcp.opened import opened_servers

    taken = [tool.definition.name for tool in named]
    opened = open_things.enter_context(opened_servers(wanted.mcp, notices, taken, wanted.allow))
    tools = (*named, *opened.tools)
    if not opened.failed:  # what those have is not known
        servers = [word.partition(":")[0] for word in wanted.mcp]
        _tell_unknown(wanted.allow, [*(tool.definition.name for tool in tools), *servers], notices)
    return tools


def _tell_unknown(allowed: Sequence[str], there: Sequence[str], notices: Notices) -> None:
    """A call that somebody believes to have allowed would be refused where nobody is looking."""
    for name in allowed:
        if name not in there:
            notices.warn(f"--allow {name} allows nothing: there are {', '.join(there)}")
