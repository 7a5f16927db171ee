"""The package `mcp` without its servers, which a client loads too: a fifth of the CPU that the package takes.

Its client asks whether it was given a server of the same process; it never is here, so that any class stands for one.
"""

from __future__ import annotations

from types import ModuleType

from chatbot.outside.late import late, stand_ins

_CLASSES = {
    "mcp.server": "Server",
    "mcp.server.mcpserver": "MCPServer",
    "mcp.server.session": "ServerSession",
}
_FUNCTIONS = {"mcp.server.runner": "modern_on_request", "mcp.server.stdio": "stdio_server"}


def load() -> None:
    """Imports `mcp`. Its servers can still be imported afterwards by whoever wants them."""
    functions = {module: late(module, name) for module, name in _FUNCTIONS.items()}
    with stand_ins({**{module: _holding(module, name) for module, name in _CLASSES.items()}, **functions}):
        import mcp  # noqa: F401


def _holding(module: str, name: str) -> ModuleType:
    """A module that loads the real one when anything but this class is asked for."""
    holder = late(module)
    vars(holder)[name] = type(name, (), {})
    return holder
