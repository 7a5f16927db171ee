"""The keys that the person stored, as settings that may count."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from chatbot.cli.settings.own_providers import own_table
from chatbot.core.errors import ChatError, ConfigurationError
from chatbot.core.options import SettingSource
from chatbot.outside.desktop.streams import is_terminal
from chatbot.outside.files.folders import keys_file
from chatbot.providers.choice import key_names

if TYPE_CHECKING:
    from chatbot.options.stored_keys import StoredKey
    from chatbot.outside.keys.file import KeyFile


def key_file() -> KeyFile:
    """The person's file of keys. Raises ConfigurationError without a home."""
    path = keys_file()
    if path is None:
        raise ConfigurationError(
            "there is no home folder in which keys are kept", advice="Set HOME, or export the key."
        )
    from chatbot.outside.keys.file import KeyFile  # most people have none

    return KeyFile(path, key_names(own_table()))


def stored_variables() -> tuple[dict[str, SettingSource], ChatError | None]:
    """What is stored, by variable; or nothing, and why the file cannot be used. No key is asked for."""
    path = keys_file()
    if path is None or not path.exists():
        return {}, None
    file = key_file()
    try:
        return {name: source_of(name, stored, file.path) for name, stored in file.read().items()}, None
    except ChatError as error:
        return {}, error


def source_of(name: str, stored: StoredKey, path: Path) -> SettingSource:
    """One stored key, with what fetches it where that is still to be done."""
    fetch = None
    if stored.command:
        command = stored.command

        def fetch() -> str:
            return _from_command(name, command)
    elif stored.keyring:

        def fetch() -> str:
            return _from_keyring(name)

    from chatbot.outside.files.reading import display_name

    where = "" if stored.keyring else f" in {display_name(path)}" if stored.command else f" {display_name(path)}"
    origin = f"the {stored.source}{where}"
    return SettingSource(stored.key, origin, stored=True, fetch=fetch)


def unread_here() -> tuple[str, ...]:
    """A sentence for a file of keys in the current folder: it comes with the folder, and not from the person."""
    own, here = keys_file(), Path("keys.toml")
    if not here.is_file() or (own and own.parent.resolve() == Path().resolve()):
        return ()
    return (f"./{here} is ignored: keys and key commands are never taken from the current folder",)


@cache
def _from_command(name: str, command: str) -> str:
    from chatbot.outside.keys.command import key_from

    keys = key_names(own_table())
    environ = {variable: value for variable, value in os.environ.items() if variable not in keys}
    return key_from(command, name, environ, _tell)


@cache
def _from_keyring(name: str) -> str:
    from chatbot.outside.keys.keyring import fetch

    return fetch(name)


def _tell(text: str) -> None:
    """What a key command says to the person while it waits."""
    if is_terminal(2):
        from chatbot.cli.output import stdio
        from chatbot.terminal.sanitise import sanitise

        stdio.write_aside(sanitise(text).encode("utf-8", "replace"))
