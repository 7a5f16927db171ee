"""Sessions with servers of the tests' own."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from chatbot.core.mcp.entries import ServerEntry
from chatbot.core.tools.calling import ToolOutput
from chatbot.outside.mcp.sessions import McpSessions, Opened
from tests.processes import SOON_S

NEEDS_MCP = pytest.mark.skipif(importlib.util.find_spec("mcp") is None, reason="the extra mcp is not installed")
RAW = str(Path(__file__).with_name("raw_server.py"))


def raw(name: str, *words: str, env: Mapping[str, str] | None = None) -> ServerEntry:
    """A server in plain Python that does what these words say; see `raw_server`."""
    return ServerEntry(name, "mcp.json", False, "", (sys.executable, "-S", "-E", RAW, *words), env or {})


def by_command(name: str, *command: str, cwd: str = "") -> ServerEntry:
    return ServerEntry(name, "mcp.json", False, "", command, cwd=cwd)


@contextmanager
def opened(
    *entries: ServerEntry, within_s: float = SOON_S, call_within_s: float = SOON_S
) -> Iterator[tuple[McpSessions, dict[str, Opened]]]:
    sessions = McpSessions(entries, call_within_s=call_within_s)
    try:
        found = sessions.open(within_s)
        yield sessions, {one.name: one for one in found}
    finally:
        sessions.close()


def call(sessions: McpSessions, server: str, tool: str, **arguments: Any) -> ToolOutput:
    return sessions.call(server, tool, arguments, lambda: False)
