"""The folder of templates: one TOML file each, private."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chatbot.core.errors import ChatError, ConfigurationError, UsageError
from chatbot.options.templates.template import Template, checked, checked_name, nearest
from chatbot.options.templates.toml_form import from_toml, to_toml
from chatbot.outside.files import private
from chatbot.outside.files.private import private_folder, require_ours, write_new
from chatbot.outside.files.reading import display_name, read_file
from chatbot.records import NamedTuple

MAX_TEMPLATE_BYTES = 1_000_000
_SUFFIX = ".toml"


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
        with _said_of(self.folder, "read"):
            try:
                files = [path.name for path in self.folder.iterdir()]
            except FileNotFoundError:
                return []
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
            raise UsageError(
                f"there is a template {template.name} already",
                advice=f"Choose another name, change it with chat templates edit {template.name},\n"
                f"or make room with chat templates delete {template.name}",
            )
        self._put(path, to_toml(template))
        return path

    def replace(self, name: str, text: str) -> None:
        """Puts a text in the place of a template's, or begins it; a link stays one. Raises ConfigurationError.

        The old text is there until the new one is whole. The text may have mistakes.
        """
        path = self.path(name)
        with _said_of(path, "written"):
            require_ours(private_folder(self.folder), ConfigurationError, "no template is saved")
            private.replace(path, text.encode("utf-8", "replace"))

    def delete(self, name: str) -> None:
        """Raises UsageError when there is no such template, ConfigurationError when it cannot be deleted."""
        path = self.existing(name)
        with _said_of(path, "deleted"):
            path.unlink()

    def existing(self, name: str) -> Path:
        """Where a template is. Raises UsageError when there is no such template."""
        path = self.path(name)
        if not os.path.lexists(path):
            raise UsageError(
                f"there is no template {name}",
                advice=f"{nearest(name, self.names())}chat templates lists those there are.",
            )
        return path

    def _put(self, path: Path, text: str) -> None:
        """Writes a private file, whole or not at all."""
        with _said_of(path, "written"):
            require_ours(private_folder(self.folder), ConfigurationError, "no template is saved")
            write_new(path, [text.encode("utf-8", "replace")])


@contextmanager
def _said_of(path: Path, done: str) -> Iterator[None]:
    """Turns an OSError into one sentence, as ConfigurationError."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigurationError(f"{display_name(path)} cannot be {done}: {reason}") from error
