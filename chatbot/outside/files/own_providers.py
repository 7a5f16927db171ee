"""A row of `providers.toml`, written without losing what the person wrote there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chatbot.core.errors import ConfigurationError, FileUnreadable
from chatbot.outside.files.locked import change
from chatbot.outside.files.reading import display_name, read_text_file

MAX_BYTES = 1_000_000
_NOT_SAVED = "no provider is saved"


def save_row(path: Path, name: str, fields: Mapping[str, Any], comment: str) -> None:
    """Puts these fields into the table of that name, which is begun with a comment where there is none. A reader finds
    the old file or the new one; it is private. Raises ConfigurationError; then the file is as it was.
    """

    def edited() -> bytes:
        text = read_text_file(path, MAX_BYTES).text if path.exists() else ""
        return _with_row(text, path, name, fields, comment).encode("utf-8", "replace")

    try:
        change(path, edited, _NOT_SAVED)
    except FileUnreadable as error:
        raise ConfigurationError(f"{_NOT_SAVED}: {error}", advice=error.advice) from error


def _with_row(text: str, path: Path, name: str, fields: Mapping[str, Any], comment: str) -> str:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
        own = next((key for key in document if key.lower() == name), None)
        if own is None:
            table = tomlkit.table()
            table.add(tomlkit.comment(comment))
            document[name], own = table, name
        table = document[own]
        for key, value in fields.items():
            table[key] = value
        return tomlkit.dumps(document)
    except (TOMLKitError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"{_NOT_SAVED}: {display_name(path)} is not TOML", advice=str(error)) from error
