"""The person's file of keys, `keys.toml`: for each variable the key itself, a command that prints it, or a mark that
the system's keyring has it. Source of the format: toml.io/en/v1.0.0.

    [OPENAI_API_KEY]
    command = "op read op://private/openai/key"
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, NoReturn

from chatbot.core.errors import ConfigurationError
from chatbot.records import NamedTuple

FIELDS = ("key", "command", "keyring")


class StoredKey(NamedTuple):
    """How the key for one variable is had: one of the three."""

    key: str = ""
    command: str = ""
    keyring: bool = False

    @property
    def source(self) -> str:
        """What it is called in a list."""
        return "key command" if self.command else "keyring" if self.keyring else "key file"

    def __repr__(self) -> str:
        return f"StoredKey({self.source})"


def read_keys(text: str, file: str, names: Collection[str]) -> dict[str, StoredKey]:
    """What the file says, by variable. Raises ConfigurationError: one sentence with the line, and no part of a key."""
    import tomllib  # who has no such file does without

    try:
        found = tomllib.loads(text)
    except RecursionError:
        _refuse(file, 0, "is nested too deeply")
    except ValueError as error:  # also for an integer of thousands of digits
        line = re.search(r"line (\d+)", str(error))
        _refuse(file, int(line[1]) if line else text.count("\n") + 1, "is not TOML")
    return {name: _Entry(file, text, name).read(value, names) for name, value in found.items()}


class _Entry(NamedTuple):
    """One entry of the file; everything here is for its sentences."""

    file: str
    text: str
    name: str

    def read(self, value: Any, names: Collection[str]) -> StoredKey:
        if self.name not in names:
            self._refuse(f"names a variable that holds no key{nearest(self.name, names)}")
        fields = {"key": value} if isinstance(value, str) else value
        if not isinstance(fields, Mapping):
            self._refuse(f"has {self.name}, which is neither a text nor a table")
        for field, said in fields.items():
            if field not in FIELDS:
                self._refuse(f"has a field in {self.name} that means nothing here{nearest(field, FIELDS)}")
            if not isinstance(said, bool if field == "keyring" else str) or not said:
                self._refuse(f"wants {'true' if field == 'keyring' else 'a text'} for {self.name}.{field}")
        if len(fields) != 1:
            self._refuse(f"wants one of {', '.join(FIELDS)} for {self.name}")
        return StoredKey(**fields)

    def _refuse(self, what: str) -> NoReturn:
        place = re.search(rf"^\s*\[?\s*[\"']?{re.escape(self.name)}\b", self.text, re.MULTILINE)
        _refuse(self.file, self.text.count("\n", 0, place.end()) + 1 if place else 0, what)


def nearest(name: str, names: Collection[str]) -> str:
    """`; did you mean ...?`, or nothing. The name is not repeated: it may be a key."""
    from chatbot.core.likeness import likeliest  # only a mistake needs it

    near = likeliest(name, sorted(names))
    return f"; did you mean {' or '.join(near)}?" if near else ""


def _refuse(file: str, line: int, what: str) -> NoReturn:
    where = f"{file}, line {line}," if line else file
    raise ConfigurationError(f"{where} {what}", advice=f"Change it in an editor: {file}") from None
