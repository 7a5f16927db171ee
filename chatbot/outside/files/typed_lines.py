"""What was typed at the prompt in earlier sessions: one JSON string on each line, the newest last."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from chatbot.core.errors import FileUnreadable
from chatbot.outside.files.private import append_line, private_folder, read_end, require_ours

_MAX_BYTES = 2_000_000  # of the newest lines


def load(file: Path) -> Iterator[str]:
    """The texts, the newest first, none twice in a row. A file that is missing or damaged gives what it can."""
    try:
        require_ours(file.parent, FileUnreadable, "what was typed is not read")
        lines = read_end(file, _MAX_BYTES).splitlines()
    except (OSError, FileUnreadable):
        return
    before = None
    for line in reversed(lines):
        try:
            text = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(text, str) and text != before:
            before = text
            yield text


def append(file: Path, text: str) -> None:
    """Keeps one more text; where that is not possible, it is not kept."""
    try:
        require_ours(private_folder(file.parent), FileUnreadable, "what was typed is not kept")
        append_line(file, [json.dumps(text)])
    except (OSError, FileUnreadable):
        pass
