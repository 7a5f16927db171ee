"""What services said of their limits, kept between runs: a small file of JSON for each service, private."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from chatbot.core.errors import FileUnreadable
from chatbot.core.http.limits import SeenLimits, as_json, from_json
from chatbot.outside.files.private import private_folder, read_end, require_ours, write_new

_MAX_BYTES = 200_000
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,60}")


def keep(folder: Path, seen: SeenLimits) -> None:
    """Keeps what a service told, in the place of what it told before. An answer that told nothing takes nothing away.

    A reader finds the old file or the new one, never a part. Where that is not possible, it is not kept.
    """
    before = load(folder, seen.service)
    if not _NAME.fullmatch(seen.service) or (before and any(before.limits) and not any(seen.limits)):
        return
    growing = folder / f".{seen.service}.{os.getpid()}.part"
    try:
        require_ours(private_folder(folder), FileUnreadable, "limits are not kept")
        growing.unlink(missing_ok=True)
        write_new(growing, [json.dumps(as_json(seen)).encode()])
        growing.replace(folder / f"{seen.service}.json")
    except (OSError, FileUnreadable):
        pass  # the history, which is in the same folder, says so


def load(folder: Path, service: str) -> SeenLimits | None:
    """What a service told last; None where nothing is kept, or the file is damaged."""
    if not _NAME.fullmatch(service):
        return None
    try:
        require_ours(folder, FileUnreadable, "limits are not read")
        return from_json(json.loads(read_end(folder / f"{service}.json", _MAX_BYTES)))
    except (OSError, FileUnreadable, ValueError, RecursionError):
        return None


def load_all(folder: Path) -> list[SeenLimits]:
    """What each service told last, the newest first."""
    try:
        names = [path.stem for path in folder.glob("*.json")]
    except OSError:
        return []
    found = [seen for name in names if (seen := load(folder, name))]
    return sorted(found, key=lambda seen: -seen.seen_s)
