"""Storing a key, a key command or a mark for the keyring, and taking them away again."""

from __future__ import annotations

from chatbot.cli.settings.own_providers import own_table
from chatbot.cli.settings.stored_keys import key_file
from chatbot.core.errors import ConfigurationError, UsageError
from chatbot.options.stored_keys import StoredKey, nearest
from chatbot.outside.files.reading import display_name
from chatbot.providers.choice import key_names
from chatbot.providers.credentials import bare_key, clean_key, fingerprint
from chatbot.providers.service import Service
from chatbot.records import NamedTuple


class Kept(NamedTuple):
    """Where a key is, in words ("kept in ..."), and what tells it from others; None for a command."""

    name: str
    where: str
    fingerprint: str | None = None


def key_names_meant(word: str) -> tuple[str, ...]:
    """The variable of that name, or those of a service of that name; the first is its usual one. Raises UsageError,
    which does not repeat the word: that may be a key.
    """
    table = own_table()
    if word.upper() in key_names(table):
        return (word.upper(),)
    service = table.get(word)
    if service is None:
        known = [*key_names(table), *table.by_name, *table.aliases]
        raise UsageError(
            f"there is no service and no key variable of that name{nearest(word, known)}",
            advice="For example: chat keys set openai, or chat keys set OPENAI_API_KEY",
        )
    if not service.keys:
        raise UsageError(f"{service.title} has no key")
    return tuple(key.name for key in service.keys)


def service_of(name: str) -> Service:
    """The service whose key the variable `name` holds."""
    return next(row for row in own_table().rows if name in {key.name for key in row.keys})


def store_key(name: str, text: str, *, in_keyring: bool = False) -> Kept:
    """Keeps a key for the variable `name`. Raises ConfigurationError: it is no key, or cannot be kept."""
    file = key_file()
    if not bare_key(text):
        raise UsageError("no key was given; nothing is stored")
    key = clean_key(text, "the input")
    if not in_keyring:
        _replace(name, StoredKey(key=key))
        return Kept(name, f"kept in {display_name(file.path)}", fingerprint(key))
    from chatbot.outside.keys import keyring

    file.read()  # before anything is kept
    keyring.store(name, key)
    _replace(name, StoredKey(keyring=True))
    return Kept(name, f"kept in the keyring (marked in {display_name(file.path)})", fingerprint(key))


def store_command(name: str, command: str) -> Kept:
    """Keeps a command that prints the key. It is not run. Raises ConfigurationError."""
    from chatbot.outside.keys.command import words_of

    words_of(command, name)
    _replace(name, StoredKey(command=command))
    return Kept(name, f"taken from the command in {display_name(key_file().path)}")


def remove_key(name: str) -> Kept | None:
    """Takes away what is stored for a variable, and tells where it was; None where nothing is. Raises
    ConfigurationError.
    """
    file = key_file()
    stored = file.read().get(name)
    if stored is None:
        return None
    _replace(name, None)
    return Kept(name, f"kept in {'the keyring' if stored.keyring else display_name(file.path)}")


def _replace(name: str, stored: StoredKey | None) -> None:
    """What the keyring had for the variable goes with its mark."""
    before = key_file().write(name, stored)
    if before and before.keyring and not (stored and stored.keyring):
        from chatbot.outside.keys import keyring

        try:
            keyring.delete(name)
        except ConfigurationError as error:
            raise ConfigurationError(f"the key {name} is still in the keyring, and not used: {error}") from error
