"""A server written with the package, for a standard input or for an address."""

from __future__ import annotations

from typing import Any

import anyio
from mcp.server.mcpserver import MCPServer
from mcp_types import ImageContent, TextContent

server = MCPServer("packaged")


@server.tool()
def add(one: int, other: int) -> int:
    """Adds two numbers."""
    return one + other


@server.tool()
def weather() -> dict[str, Any]:
    return {"celsius": 21, "sky": "grey"}


@server.tool()
def picture() -> list[TextContent | ImageContent]:
    return [TextContent(text="a dot"), ImageContent(data="aGVsbG8=", mime_type="image/png")]


@server.tool()
def broken() -> str:
    raise RuntimeError("it is broken")


@server.tool()
async def slow() -> str:
    await anyio.sleep(60)
    return ""
