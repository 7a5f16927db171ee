"""A file that is attached, whatever it is: read here or fetched from an address, and told by its bytes."""

from __future__ import annotations

import os
import posixpath
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from chatbot.core.attachments.kinds import FileKind, kind_of
from chatbot.core.errors import FileUnreadable
from chatbot.core.messages import TEXT
from chatbot.outside.files.reading import display_name, read_file
from chatbot.records import NamedTuple

if TYPE_CHECKING:
    from chatbot.outside.http.public_fetch import PublicNetwork

MAX_FILE_BYTES = 50_000_000
MAX_FETCHED_BYTES = 20_000_000
FETCH_WITHIN_S = 60.0
_IS_URL = re.compile(r"https?://", re.IGNORECASE)


class FoundFile(NamedTuple):
    """The bytes of a file, what it is called, and what it is."""

    name: str
    data: bytes
    kind: FileKind

    @property
    def is_text(self) -> bool:
        """Whether it is sent as a part of the question."""
        return self.kind.media_type == TEXT


def find_file(path: str, network: PublicNetwork | None = None) -> FoundFile:
    """The file of that name, or at that address of the web. Raises FileUnreadable and NetworkError."""
    if _IS_URL.match(path):
        return found(*_fetched(path, network))
    return found(display_name(path), read_file(path, MAX_FILE_BYTES))


def found(name: str, data: bytes) -> FoundFile:
    """The file with these bytes. Raises FileUnreadable for what cannot be sent, whoever is asked."""
    if not data:
        raise FileUnreadable(f"{name} is empty", advice="Fetch or export it again.")
    kind = kind_of(data)
    if not kind.media_type:
        raise FileUnreadable(f"{name} cannot be sent: it is {kind.words}", advice=kind.advice)
    return FoundFile(name, data, kind)


def _fetched(url: str, network: PublicNetwork | None) -> tuple[str, bytes]:
    """The name that the address ends in, and what is there. What it is, its bytes say, and not the server."""
    from chatbot.outside.http.public_fetch import PublicNetwork, fetch_public, require_whole

    network = network or PublicNetwork(environ=os.environ)
    came = fetch_public(url, max_bytes=MAX_FETCHED_BYTES, within_s=FETCH_WITHIN_S, network=network)
    parts = urlsplit(came.url)
    name = display_name(posixpath.basename(unquote(parts.path)) or parts.hostname or url)
    return name, require_whole(came, MAX_FETCHED_BYTES)
