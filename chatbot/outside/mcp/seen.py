"""What is remembered of MCP servers: which of a folder's file a person agreed to, and what each listed last.

A small private file of JSON: `{"trusted": {PLACE: {NAME: FINGERPRINT}}, "listed": {PLACE: {NAME: {TOOL: PRINTS}}}}`;
a place is the whole path of a file of servers.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chatbot.core.errors import ConfigurationError, FileUnreadable
from chatbot.core.json_text import dumps
from chatbot.core.mcp.listed import Prints
from chatbot.outside.files.locked import change
from chatbot.outside.files.private import require_ours
from chatbot.outside.files.reading import read_file
from chatbot.records import NamedTuple

_MAX_BYTES = 8_000_000
_UNUSED = "who was agreed to is not read"
_TRUSTED, _LISTED = "trusted", "listed"


class SeenServers(NamedTuple):
    """The file at `path`, which may not be there; a damaged one says nothing."""

    path: Path

    def is_trusted(self, place: Path, name: str, fingerprint: str) -> bool:
        """Whether a person agreed to just this entry."""
        return self._part(self._read(), _TRUSTED, place).get(name) == fingerprint

    def trust(self, place: Path, name: str, fingerprint: str | None) -> None:
        """From now on it is agreed to; None takes that back. Raises ConfigurationError."""
        self._change(_TRUSTED, place, name, fingerprint)

    def listed(self, place: Path, name: str) -> Prints | None:
        """What it listed last; None where nobody knows."""
        found = self._part(self._read(), _LISTED, place).get(name)
        if not isinstance(found, dict):
            return None
        return {tool: [str(one) for one in prints] for tool, prints in found.items() if isinstance(prints, list)}

    def keep(self, place: Path, name: str, prints: Prints) -> None:
        """What it lists now. Raises ConfigurationError."""
        self._change(_LISTED, place, name, prints)

    def _change(self, part: str, place: Path, name: str, value: object) -> None:
        def edited() -> bytes:
            document = self._read()
            found = {**self._part(document, part, place), name: value}
            document[part] = {**self._object(document.get(part)), str(place): found}
            if value is None:
                del found[name]
            return dumps(document, indent=1).encode()

        change(self.path, edited, "what was seen of MCP servers is not kept")

    def _read(self) -> dict[str, Any]:
        try:
            require_ours(self.path.parent, ConfigurationError, _UNUSED)
            return self._object(json.loads(read_file(self.path, _MAX_BYTES)))
        except (OSError, FileUnreadable, ValueError, RecursionError):
            return {}

    def _part(self, document: dict[str, Any], part: str, place: Path) -> dict[str, Any]:
        return self._object(self._object(document.get(part)).get(str(place)))

    def _object(self, value: object) -> dict[str, Any]:
        return value if isinstance(value, dict) else {}
