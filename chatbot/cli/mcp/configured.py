"""The servers that are named in files: the person's own, and that of the current folder, which anybody may have made.

A server of the person's own file counts before one of the same name in the folder's.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from chatbot.core.errors import ConfigurationError, FileUnreadable, UsageError
from chatbot.core.likeness import likeliest
from chatbot.core.mcp.entries import ServerEntry, read_entries
from chatbot.outside.files.folders import config_folder
from chatbot.outside.files.reading import display_name, read_text_file
from chatbot.records import NamedTuple

FOLDER_FILE = ".mcp.json"
_OWN_FILE = "mcp.json"
_MAX_BYTES = 1_000_000


class Configured(NamedTuple):
    """A server with the whole path of its file, and the only tools of it that are wanted; all where none is named."""

    entry: ServerEntry
    place: Path
    wanted: tuple[str, ...] = ()


Servers = Mapping[str, ServerEntry | ConfigurationError]


def own_file() -> Path | None:
    """Where the person's own servers are, or would be; None without a home."""
    folder = config_folder()
    return folder and folder / _OWN_FILE


def folder_file() -> Path:
    """Where those of the current folder are, or would be."""
    return Path(FOLDER_FILE).absolute()


def own_servers() -> Servers:
    """Those of the person's own file. Raises ConfigurationError where it is broken, or others may write it."""
    from chatbot.outside.files.settings import read_text

    path = own_file()
    text = read_text(path) if path else None
    return {} if path is None or text is None else read_entries(text, display_name(path), is_shared=False)


def folder_servers() -> Servers:
    """Those of the current folder's file. Raises ConfigurationError where it is broken."""
    path = folder_file()
    if not path.exists():
        return {}
    try:
        text = read_text_file(path, _MAX_BYTES).text
    except FileUnreadable as error:
        raise ConfigurationError(str(error), advice=error.advice) from error
    return read_entries(text.removeprefix("\ufeff"), f"./{FOLDER_FILE}", is_shared=True)


def find_servers(words: tuple[str, ...]) -> list[Configured]:
    """The servers that are meant: each word is a name, or `NAME:TOOL` for one of its tools alone.

    Raises UsageError for a name that is none, and ConfigurationError for a file or an entry that is broken.
    """
    found: dict[str, Configured] = {}
    own, in_folder = own_servers(), None
    for word in words:
        if not _named(word, own) and in_folder is None:
            in_folder = folder_servers()
        servers = own if _named(word, own) else in_folder or {}
        name, tool = _named(word, servers) or _unknown(word, [*own, *(in_folder or ())])
        entry = servers[name]
        if isinstance(entry, ConfigurationError):
            raise entry
        path = own_file() if servers is own else folder_file()
        before = found.get(name)
        wanted = (*before.wanted, tool) if before and before.wanted and tool else (tool,) if tool and not before else ()
        found[name] = Configured(entry, path or Path(), wanted)
    return list(found.values())


def _named(word: str, servers: Servers) -> tuple[str, str] | None:
    """The name in a word, and the tool."""
    if word in servers:
        return word, ""
    name, _, tool = word.partition(":")
    return (name, tool) if name in servers else None


def _unknown(word: str, names: list[str]) -> tuple[str, str]:
    if not word.strip():
        raise UsageError("--mcp wants the name of a server", advice="chat mcp lists them.")
    near = likeliest(word.partition(":")[0], names)
    path = own_file()
    places = " or ".join([*([display_name(path)] if path else []), f"./{FOLDER_FILE}"])
    meant = f"Did you mean {' or '.join(near)}?" if near else f"Servers are named in {places}; chat mcp lists them."
    raise UsageError(f"there is no MCP server {word}", advice=meant)
