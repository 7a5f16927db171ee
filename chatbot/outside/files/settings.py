"""The settings file: read with care, and changed without losing a comment or what another process wrote."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chatbot.core.errors import ConfigurationError, FileUnreadable
from chatbot.options.settings.settings import canonical
from chatbot.options.settings.toml import with_line
from chatbot.outside.files.folders import settings_file
from chatbot.outside.files.reading import display_name, read_file

MAX_BYTES = 1_000_000


def settings_path() -> Path:
    """Where the file is, or would be. Raises ConfigurationError where there is no home for it."""
    path = settings_file()
    if path is None:
        raise ConfigurationError("there is no home folder for settings", advice="Set HOME, or XDG_CONFIG_HOME.")
    return path


def read_bytes(path: Path) -> bytes | None:
    """What is in the file; None when there is none.

    Raises ConfigurationError where other users could have written it, and where it cannot be read.
    """
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        if path.is_symlink():  # a link that leads nowhere
            raise ConfigurationError(
                f"the settings cannot be read: {display_name(path)} leads to no file", advice="Mend or remove the link."
            ) from None
        return None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigurationError(f"{display_name(path)} cannot be read: {reason}") from error
    _require_ours(path, status)
    try:
        return read_file(path, MAX_BYTES)
    except FileUnreadable as error:
        raise ConfigurationError(f"the settings are not read: {error}", advice=error.advice) from error


def read_text(path: Path) -> str | None:
    """The text of the file; None when there is none. Raises as `read_bytes` does, and where it is not UTF-8."""
    data = read_bytes(path)
    return None if data is None else _decoded(path, data)


def change(path: Path, edited: Callable[[str], str]) -> None:
    """Puts what `edited` makes of the file's text in its place; of several processes, one after the other.

    What `edited` raises leaves the file as it is, and so does a full disk. Raises ConfigurationError.
    """
    _change(path, lambda data: edited(_decoded(path, data or b"")).encode("utf-8", "replace"))


def replace(path: Path, before: bytes, after: bytes) -> None:
    """Puts `after` in the place of `before`. Raises ConfigurationError, and leaves what another program wrote since."""

    def replaced(data: bytes | None) -> bytes:
        if (data or b"") != before:
            raise ConfigurationError(f"{display_name(path)} was changed by another program meanwhile")
        return after

    _change(path, replaced)


def _change(path: Path, edited: Callable[[bytes | None], bytes]) -> None:
    from chatbot.outside.files import locked  # most only read

    locked.change(path, lambda: edited(read_bytes(path)), "no setting is saved")


def _decoded(path: Path, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")  # editors of Windows put a mark in front
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(
            f"{display_name(path)}:{line}: this is not UTF-8", advice="Save the file as UTF-8 in your editor."
        ) from error


def with_key(text: str, keys: tuple[str, ...], value: Any) -> str:
    """The TOML `text` with one key set, its comments and its order kept; tables that are missing are begun.

    `("model",)` is a key at the top, `("aliases", "fast")` one of a table. `value`: bool, int, float, text or list
    of texts. Raises ConfigurationError for a text that is no TOML, or has a value where a table is wanted.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
        table: Any = document
        for key in keys[:-1]:
            table = table.setdefault(key, {})
        name = next((own for own in table if canonical(own) == canonical(keys[-1])), None)
        longer = _with_new_key(text, keys, value) if name is None else None
        if longer is not None:
            return longer
        table[name or keys[-1]] = value
        return tomlkit.dumps(document)
    except (TOMLKitError, TypeError, AttributeError, ValueError) as error:
        raise ConfigurationError(
            f"{'.'.join(keys)} cannot be set: {error}", advice="Change the file with: chat config edit"
        ) from error


def _with_new_key(text: str, keys: tuple[str, ...], value: Any) -> str | None:
    """The text with one more line: tomlkit would put it behind the comment of the next table. None where its table has
    no lines of its own.
    """
    import tomllib

    import tomlkit

    *table, key = (tomlkit.key(key).as_string() for key in keys)
    longer = with_line(text, keys[:-1], f"{key} = {tomlkit.item(value).as_string()}", f"[{'.'.join(table)}]")
    try:
        tomllib.loads(longer)
    except tomllib.TOMLDecodeError:
        return None
    return longer


def without_key(text: str, keys: tuple[str, ...]) -> str | None:
    """The text without one key; None where it does not have it. Raises ConfigurationError for what is no TOML."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
        table: Any = document
        for key in keys[:-1]:
            table = table[key]
        name = next(own for own in table if canonical(own) == canonical(keys[-1]))
        del table[name]
        return tomlkit.dumps(document)
    except (KeyError, TypeError, StopIteration):
        return None
    except TOMLKitError as error:
        raise ConfigurationError(
            f"{'.'.join(keys)} cannot be unset: {error}", advice="Change the file with: chat config edit"
        ) from error


def _require_ours(path: Path, status: os.stat_result) -> None:
    if hasattr(os, "geteuid") and status.st_uid not in (os.geteuid(), 0):
        raise ConfigurationError(
            f"the settings are not read: {display_name(path)} belongs to another user", advice="Make the file yours."
        )
    if os.name == "posix" and status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise ConfigurationError(
            f"the settings are not read: other users may write {display_name(path)}",
            advice=f"Make it private: chmod go-w {display_name(path)}",
        )
