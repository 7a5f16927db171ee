"""Whether a person agreed to a server that a folder's file names: it runs a program, or sends to an address."""

from __future__ import annotations

from pathlib import Path

from chatbot.cli.asking_back import agreed, is_somebody_there
from chatbot.cli.mcp.configured import Configured
from chatbot.core.errors import ConfigurationError
from chatbot.outside.files.folders import data_folder
from chatbot.outside.mcp.seen import SeenServers
from chatbot.terminal.notices import Notices

_FILE = "mcp.json"


def seen_servers() -> SeenServers | None:
    """What is remembered of servers; None without a home."""
    folder = data_folder()
    return SeenServers(folder / _FILE) if folder else None


def is_trusted(server: Configured) -> bool:
    """Whether it may be started without a question: the person's own, and what was agreed to as it stands now."""
    seen, entry = seen_servers(), server.entry
    return not entry.is_shared or bool(seen and seen.is_trusted(server.place, entry.name, entry.fingerprint))


def require_trust(server: Configured, notices: Notices, *, yes: bool = False) -> bool:
    """Whether the person agrees to it, now or before; a yes is remembered.

    Raises ConfigurationError where nobody is there to ask, or the yes cannot be kept.
    """
    if is_trusted(server):
        return True
    entry = server.entry
    if not yes:
        if not is_somebody_there():
            raise ConfigurationError(
                f"the MCP server {entry.name} of {entry.file} was not agreed to, as it stands now: {entry.where}",
                advice=f"Agree to it with: chat mcp trust {entry.name} (without a terminal add --yes)",
            )
        notices.warn(*_told(server))
        if not agreed("Agree?", notices):
            notices.warn(f"the MCP server {entry.name} is left out")
            return False
    _keep(server.place, server)
    return True


def _told(server: Configured) -> list[str]:
    entry = server.entry
    does = "is at this address" if entry.url else "runs this"
    lines = [f"{entry.file} of this folder names an MCP server {entry.name}, which {does}:", entry.where]
    lines += [f"in the folder {entry.cwd}"] if entry.cwd else []
    lines += [f"It would get these variables of yours: {', '.join(entry.reads)}"] if entry.reads else []
    given = (*entry.env, *entry.headers)
    return [*lines, *([f"and is given: {', '.join(given)}"] if given else [])]


def _keep(place: Path, server: Configured) -> None:
    if seen := seen_servers():
        seen.trust(place, server.entry.name, server.entry.fingerprint)
