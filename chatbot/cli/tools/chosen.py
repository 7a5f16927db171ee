"""All the tools of a run: those of -T, and those of the servers of --mcp."""

from __future__ import annotations

from contextlib import ExitStack

from chatbot.cli.tools.named import tools_named
from chatbot.core.tools.calling import Tool
from chatbot.options.chat import Tools
from chatbot.terminal.notices import Notices


def chosen_tools(wanted: Tools, notices: Notices, open_things: ExitStack) -> tuple[Tool, ...]:
    """The tools that were named; servers run until `open_things` is closed. Raises as `tools_named` and
    `opened_servers` do.
    """
    named = tools_named(wanted.tool) if wanted.tool else ()
    if not wanted.mcp:
        return named
    from chatbot.cli.mcp.opened import opened_servers

    taken = [tool.definition.name for tool in named]
    opened = open_things.enter_context(opened_servers(wanted.mcp, notices, taken, wanted.allow))
    return (*named, *opened.tools)
