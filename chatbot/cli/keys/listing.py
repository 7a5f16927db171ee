"""Which keys are set, where each is from, and which sources it takes the place of."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from chatbot.cli.settings.own_providers import own_table
from chatbot.cli.settings.stored_keys import key_file, source_of, unread_here
from chatbot.core.errors import ChatError
from chatbot.core.options import SettingSource
from chatbot.outside.environment import read_variables
from chatbot.outside.files.reading import display_name
from chatbot.providers.choice import key_names, local_names, variable_names
from chatbot.providers.credentials import fingerprint
from chatbot.providers.service import Service
from chatbot.records import NamedTuple


class FoundKey(NamedTuple):
    """A key where it was found: `source` in words, `place` the file or the program. `fingerprint` is None where the key
    would have to be fetched first.
    """

    source: str
    place: str
    fingerprint: str | None


class ListedKey(NamedTuple):
    """A variable with its sources; the first counts, the others are shadowed."""

    name: str
    service: Service
    found: tuple[FoundKey, ...]


class Listing(NamedTuple):
    """Every key that is set, in the order of the table of services. `variables` are those that count, keys and others,
    `remarks` what was left out, `fault` why the file of keys is not read.
    """

    keys: tuple[ListedKey, ...]
    variables: Mapping[str, SettingSource]
    remarks: tuple[str, ...] = ()
    fault: ChatError | None = None


def list_keys(*, env_file: Path | None = None, no_env_file: bool = False) -> Listing:
    """Nothing is asked for, nothing run. Raises FileUnreadable when `env_file` cannot be read."""
    table = own_table()
    names, folder = variable_names(table), None if no_env_file else Path()
    named, _ = read_variables({}, names, env_file=env_file)
    exported, _ = read_variables(os.environ, names)
    local, remarks = read_variables({}, names, local_names=local_names(table), folder=folder)
    stored: dict[str, tuple[SettingSource, FoundKey]] = {}
    fault = None
    try:
        file = key_file()
        for name, entry in file.read().items():
            place = entry.command.split()[0] if entry.command.split() else "" if entry.keyring else str(file.path)
            known = fingerprint(entry.key) if entry.key else None
            stored[name] = source_of(name, entry, file.path), FoundKey(entry.source, place, known)
    except ChatError as error:
        fault = error
    found: dict[str, list[FoundKey]] = {}
    sources = ((named, f"--env-file {display_name(env_file or '')}"), (exported, "environment"), (local, "./.env"))
    for variables, source in sources:
        for name in variables.keys() & key_names(table):
            place = str(env_file or "") if variables is named else ""
            found.setdefault(name, []).append(FoundKey(source, place, fingerprint(variables[name].value)))
    for name, (_, key) in stored.items():
        found.setdefault(name, []).append(key)
    in_order = {key.name: row for row in reversed(own_table().rows) for key in reversed(row.keys)}
    keys = tuple(ListedKey(name, row, tuple(found[name])) for name, row in reversed(in_order.items()) if name in found)
    counting = {**{name: source for name, (source, _) in stored.items()}, **local, **exported, **named}
    return Listing(keys, counting, (*remarks, *unread_here()), fault)
