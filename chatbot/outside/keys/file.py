"""The person's file of keys in the folder of settings: private, and written whole or not at all."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Collection, Mapping
from pathlib import Path

from chatbot.core.errors import ConfigurationError
from chatbot.core.text import decode
from chatbot.options.stored_keys import StoredKey, read_keys
from chatbot.outside.files.locked import change
from chatbot.outside.files.private import require_ours
from chatbot.outside.files.reading import display_name, read_file
from chatbot.records import NamedTuple

_MAX_BYTES = 256 * 1024
_UNUSED = "no key is read from it"


class KeyFile(NamedTuple):
    """The file at `path`, which may not be there. `names` are the variables that may hold a key."""

    path: Path
    names: Collection[str]

    def read(self) -> dict[str, StoredKey]:
        """What it says, by variable; nothing where there is no file. Without one this costs a stat.

        Raises ConfigurationError where it is broken, or others could have read or written it; FileUnreadable.
        """
        if not self._is_there():
            return {}
        require_ours(self.path.parent, ConfigurationError, _UNUSED)
        return read_keys(self._text(), display_name(self.path), self.names)

    def write(self, name: str, stored: StoredKey | None) -> StoredKey | None:
        """Puts this in the place of what it says of a variable, and returns that; None removes it. Comments and order
        stay.

        Raises as `read` does, and ConfigurationError where it cannot be written.
        """
        before = None

        def edited() -> bytes:
            nonlocal before
            text = self._text() if self._is_there() else ""
            before = read_keys(text, display_name(self.path), self.names).get(name)  # what is broken stays as it is
            fields = {field: value for field, value in stored._asdict().items() if value} if stored else {}
            return _with_fields(text, name, fields).encode()

        folder = self.path.parent
        change(self.path, edited, "no key is stored")
        if os.name == "posix" and Path(os.path.realpath(self.path)).parent == Path(os.path.realpath(folder)):
            folder.chmod(0o700)
        return before

    def _is_there(self) -> bool:
        """Raises ConfigurationError where other users may read it, or it is another's."""
        name = display_name(self.path)
        try:
            status = self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise ConfigurationError(f"{name} cannot be read: {(error.strerror or str(error)).lower()}") from error
        if hasattr(os, "geteuid") and status.st_uid != os.geteuid():
            raise ConfigurationError(f"{_UNUSED}: {name} belongs to another user")
        if os.name == "posix" and status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigurationError(
                f"{_UNUSED}: other users may read {name}", advice=f"Make it private: chmod 600 {name}"
            )
        return True

    def _text(self) -> str:
        return decode(read_file(self.path, _MAX_BYTES), display_name(self.path)).text.removeprefix("\ufeff")


def _with_fields(text: str, name: str, fields: Mapping[str, str | bool]) -> str:
    """The file's text with these fields in the table of a variable, or without the table. Comments stay where they are:
    one at the end of a table is mostly about the next.
    """
    import tomlkit  # only who writes needs it
    from tomlkit.items import Table

    document = tomlkit.parse(text)
    table = document.get(name)
    head = None
    if isinstance(table, Table):
        begins = rf"^[ \t]*\[[ \t]*[\"']?{name}[\"']?[ \t]*\][^\n]*\n?"
        head = re.search(begins + re.escape(table.as_string()), text := tomlkit.dumps(document), re.MULTILINE)
    if head is None or not isinstance(table, Table):  # NAME.command = "...", or nothing
        document.pop(name, None)
        if fields:
            document[name] = dict(fields)
        return tomlkit.dumps(document)
    comments = "".join(item.as_string() for key, item in table.value.body if key is None)
    written = f"[{name}]\n" + "".join(
        f"{field} = {tomlkit.item(value).as_string()}\n" for field, value in fields.items()
    )
    return text[: head.start()] + (written if fields else "") + comments + text[head.end() :]
