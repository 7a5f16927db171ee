"""Lists of models, kept for an hour and for when a server fails: a small file of JSON for each service, address and
key, private. Nothing of a key is in it; its name tells one key from another.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from chatbot.core.errors import FileUnreadable
from chatbot.core.models.listed import ListedModel, as_json, from_json
from chatbot.core.options import Endpoint
from chatbot.outside.files.private import private_folder, read_end, replace, require_ours
from chatbot.records import NamedTuple

FRESH_S = 3600.0
_FORGOTTEN_S = 30 * 86_400.0
_MAX_BYTES = 8_000_000
_MAX_FILES = 200
_NAME = re.compile(r"([a-z0-9][a-z0-9_.-]{0,60})-[0-9a-f]{12}")


class KeptList(NamedTuple):
    """`asked_s`: when the server was asked, in Unix seconds."""

    asked_s: float
    models: tuple[ListedModel, ...]

    def is_fresh(self, now_s: float) -> bool:
        """Whether it need not be asked for again; a time in the future means that the clock was set back."""
        return 0 <= now_s - self.asked_s < FRESH_S


def list_name(service: str, endpoint: Endpoint) -> str:
    """The name of the list of a service at this endpoint, asked for with this key."""
    parts = (
        endpoint.base_url,
        endpoint.query,
        *(endpoint.auth or ()),
        *(part for pair in endpoint.headers for part in pair),
    )
    return f"{service}-{hashlib.sha256(chr(0).join(parts).encode('utf-8', 'replace')).hexdigest()[:12]}"


def keep(folder: Path, name: str, kept: KeptList) -> None:
    """Keeps a list in the place of the one before, and forgets those that nobody asked for in a month. A reader finds
    the old file or the new one, never a part. Where that is not possible, it is not kept.
    """
    if not _NAME.fullmatch(name):
        return
    document = {"asked_s": kept.asked_s, "models": [as_json(model) for model in kept.models]}
    try:
        require_ours(private_folder(folder), FileUnreadable, "lists of models are not kept")
        for file in _files(folder):
            if kept.asked_s - file.stat().st_mtime > _FORGOTTEN_S:
                file.unlink(missing_ok=True)
        replace(folder / f"{name}.json", json.dumps(document, separators=(",", ":")).encode())
    except (OSError, FileUnreadable):
        pass  # it is asked for again


def load(folder: Path, name: str) -> KeptList | None:
    """The list of that name, however old; None where there is none, or the file is damaged."""
    try:
        require_ours(folder, FileUnreadable, "lists of models are not read")
        document = json.loads(read_end(folder / f"{name}.json", _MAX_BYTES))
        return KeptList(float(document["asked_s"]), tuple(map(from_json, document["models"])))
    except (OSError, FileUnreadable, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def kept_names(folder: Path, services: Sequence[str] = ()) -> dict[str, list[str]]:
    """The names of the models in all lists that are kept, by service; of these services alone where some are named.
    For completion: nobody is asked, and an older list is better than none.
    """
    found: dict[str, dict[str, None]] = {}
    for file in _files(folder):
        service = file.stem.rpartition("-")[0]
        if not services or service in services:
            kept = load(folder, file.stem)
            found.setdefault(service, {}).update(dict.fromkeys(model.name for model in kept.models) if kept else {})
    return {service: list(names) for service, names in found.items()}


def _files(folder: Path) -> Iterator[Path]:
    try:
        files = sorted(folder.glob("*.json"))[:_MAX_FILES]
    except OSError:
        return
    yield from (file for file in files if _NAME.fullmatch(file.stem))
