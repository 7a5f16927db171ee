"""The services that a question may name: those of the program, and a person's own after them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from chatbot.core.errors import ConfigurationError, UsageError
from chatbot.providers.service import Service


class ServiceTable:
    """`rows` in the order in which keys are looked for. `aliases` are other names of theirs; `faults` say by its name
    why a row is not there, under the empty name why any may be missing.
    """

    def __init__(
        self,
        rows: Iterable[Service],
        aliases: Mapping[str, str],
        faults: Mapping[str, ConfigurationError] | None = None,
    ) -> None:
        self.rows = tuple(rows)
        self.aliases = aliases
        self.faults = faults or {}

    @cached_property
    def by_name(self) -> dict[str, Service]:
        """Each row under its own name."""
        return {row.name: row for row in self.rows}

    def get(self, name: str) -> Service | None:
        """The service of that name or alias, in any case; None where there is none.

        Raises ConfigurationError for one whose row cannot be used.
        """
        wanted = name.strip().lower()
        service = self.by_name.get(self.aliases.get(wanted, wanted))
        if service is None and wanted and wanted in self.faults:
            raise self.faults[wanted]
        return service

    def find(self, name: str) -> Service:
        """The same; raises UsageError, with the nearest names, where there is none."""
        service = self.get(name)
        if service is not None:
            return service
        if "" in self.faults:
            raise self.faults[""]
        import difflib  # loads slowly, and only a mistake needs it

        near = difflib.get_close_matches(name.strip().lower(), [*self.by_name, *self.aliases], 3)
        raise UsageError(
            f"there is no provider {name!r}" + (f"; did you mean {' or '.join(near)}?" if near else ""),
            advice="Known providers: " + ", ".join(row for row in self.by_name if not row.startswith("lab-")) + ".",
        )

    def with_own(self, rows: Iterable[Service], faults: Mapping[str, ConfigurationError]) -> ServiceTable:
        """The same with a person's own rows after these, and with what is wrong with others."""
        return ServiceTable((*self.rows, *rows), self.aliases, faults)
