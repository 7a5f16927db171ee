"""The folder of templates: one TOML file each, private."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import NamedTuple

from chatbot.core.errors import ChatError, ConfigurationError, UsageError
from chatbot.options.templates.template import Template, checked, checked_name, nearest
from chatbot.options.templates.toml_form import from_toml, to_toml
from chatbot.outside.files.private import private_folder
from chatbot.outside.files.reading import display_name, read_file

MAX_TEMPLATE_BYTES = 1_000_000
_SUFFIX = ".toml"
_PRIVATE_FILE = 0o600
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


class Listing(NamedTuple):
    """The templates in the order of their names, and why others could not be read."""

    templates: tuple[Template, ...]
    faults: tuple[ChatError, ...] = ()


class TemplateFolder(NamedTuple):
    """The templates in `folder`, which is made when the first is written.

    Every method that takes a name raises UsageError for one that is not safe as a file's.
    """

    folder: Path

    def path(self, name: str) -> Path:
        """Where a template is, or would be."""
        return self.folder / (checked_name(name) + _SUFFIX)

    def names(self) -> list[str]:
        """The names of the files, sorted; also of those that cannot be read. Raises ConfigurationError."""
        try:
            files = [path.name for path in self.folder.iterdir()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _fault(self.folder, "read", error) from error
        return sorted(name.removesuffix(_SUFFIX) for name in files if name.endswith(_SUFFIX) and name[0] != ".")

    def list(self) -> Listing:
        """Every template that can be read, and a fault for each that cannot. Raises ConfigurationError."""
        templates, faults = [], []
        for name in self.names():
            try:
                templates.append(self.read(name))
            except ChatError as error:
                faults.append(error)
        return Listing(tuple(templates), tuple(faults))

    def read(self, name: str) -> Template:
        """Raises UsageError when there is no such template, FileUnreadable, and ConfigurationError for a mistake."""
        return from_toml(name, self.text(name))

    def text(self, name: str) -> str:
        """The file's text, whatever is wrong with it. Raises as `read` does."""
        path = self.existing(name)
        try:
            return read_file(path, MAX_TEMPLATE_BYTES).decode("utf-8-sig")  # editors of Windows put a mark in front
        except UnicodeDecodeError as error:
            raise ConfigurationError(
                f"the template {name} is not UTF-8", advice=f"Save {display_name(path)} as UTF-8 in your editor."
            ) from error

    def write(self, template: Template) -> Path:
        """Saves a new template; where that fails, nothing is left. Its path.

        Raises UsageError when there is one already or it says nothing, ConfigurationError when it is contradictory or
        cannot be written.
        """
        path = self.path(checked(template).name)
        if os.path.lexists(path):
            raise _taken(template.name)
        self._put(path, to_toml(template), os.O_EXCL)
        return path

    def replace(self, name: str, text: str) -> None:
        """Puts a text in the place of a template's, or begins it; a link stays one. Raises ConfigurationError.

        The old text is there until the new one is whole. The text may have mistakes.
        """
        path = Path(os.path.realpath(self.path(name)))
        growing = path.with_name(f".{path.name}.{os.getpid()}.part")
        self._put(growing, text, os.O_TRUNC)
        try:
            growing.replace(path)
        except OSError as error:
            growing.unlink(missing_ok=True)
            raise _fault(path, "written", error) from error

    def delete(self, name: str) -> None:
        """Raises UsageError when there is no such template, ConfigurationError when it cannot be deleted."""
        path = self.existing(name)
        try:
            path.unlink()
        except OSError as error:
            raise _fault(path, "deleted", error) from error

    def existing(self, name: str) -> Path:
        """Where a template is. Raises UsageError when there is no such template."""
        path = self.path(name)
        if not os.path.lexists(path):
            raise UsageError(
                f"there is no template {name}",
                advice=f"{nearest(name, self.names())}chat templates lists those there are.",
            )
        return path

    def _put(self, path: Path, text: str, flag: int) -> None:
        """Writes a private file, whole or not at all."""
        try:
            _require_ours(private_folder(self.folder))
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | flag, _PRIVATE_FILE)
        except OSError as error:
            raise _fault(path, "written", error) from error
        try:
            with os.fdopen(descriptor, "wb") as file:
                path.chmod(_PRIVATE_FILE)  # the umask may have taken more away
                file.write(text.encode("utf-8", "replace"))
        except OSError as error:
            path.unlink(missing_ok=True)
            raise _fault(path, "written", error) from error


def _require_ours(folder: Path) -> None:
    """Raises ConfigurationError where others may write: they could put words into a question."""
    if os.name != "posix":
        return
    status = folder.stat()
    if status.st_uid not in (os.geteuid(), 0):
        raise ConfigurationError(f"no template is saved: {display_name(folder)} belongs to another user")
    if status.st_mode & _OTHERS_MAY_WRITE:
        raise ConfigurationError(
            f"no template is saved: other users may write in {display_name(folder)}",
            advice=f"Make it private: chmod go-w {display_name(folder)}",
        )


def _taken(name: str) -> UsageError:
    return UsageError(
        f"there is a template {name} already",
        advice=f"Choose another name, change it with chat templates edit {name},\n"
        f"or make room with chat templates delete {name}",
    )


def _fault(path: Path, done: str, error: OSError) -> ConfigurationError:
    reason = (error.strerror or str(error)).lower()
    return ConfigurationError(f"{display_name(path)} cannot be {done}: {reason}")
