"""A command, declared: its name, its help, its words, the groups of its options, and what runs it.

The module of a command has its declaration as `DECLARED`: help, completion and the manual page read it there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from chatbot.options.declared import Completes, Option, chosen, options_of
from chatbot.records import NamedTuple

HELP_FLAGS = ("-h", "--help")


class Positional(NamedTuple):
    """A word that is no option. One that `repeats` is a list of all that are left. `completes`: see `Choice`."""

    field: str
    metavar: str
    help: str
    required: bool = False
    repeats: bool = False
    heading: str = "Arguments"
    completes: Completes = ""


OF_PROVIDER = Positional("provider", "PROVIDER", "Of this service alone.", completes="providers")


class Command(NamedTuple):
    """`run` gets what the caller hands on, then each positional, then each group as it was chosen. `others` are the
    commands named on its help page, with their sentences, by their headings. Groups `in_variables` are also chosen by
    the variables of the environment; switches of theirs can be turned off again. Options `without`, by field, are left
    out of the groups: they mean nothing here.
    """

    name: str
    help: str
    run: Callable[..., Any]
    positionals: tuple[Positional, ...] = ()
    groups: tuple[type, ...] = ()
    epilog: str = ""
    others: Mapping[str, Sequence[tuple[str, str]]] = MappingProxyType({})
    hidden: bool = False
    in_variables: tuple[type, ...] = ()
    without: tuple[str, ...] = ()

    @property
    def options(self) -> Sequence[Option]:
        """The options of all groups."""
        return [option for group in self.groups for option in self.options_in(group)]

    def options_in(self, group: type) -> Sequence[Option]:
        """Those of a group."""
        return [option for option in options_of(group) if option.field not in self.without]

    @property
    def off_flags(self) -> Mapping[str, str]:
        """What turns a switch off that a variable turned on, by field; not where that is an option of its own."""
        flags = {flag for option in self.options for flag in (*option.flags, *option.choice.old_flags)}
        groups = (group for group in self.groups if group in self.in_variables)
        switches = (option for group in groups for option in self.options_in(group))
        return {one.field: one.off_flag for one in switches if one.off_flag and one.off_flag not in flags}

    def values(self, said: Mapping[str, Any], environ: Mapping[str, str]) -> list[Any]:
        """What follows in `run`, from what the command line says. Raises UsageError."""
        words: list[Any] = [said[positional.field] for positional in self.positionals]
        variables = dict.fromkeys(self.in_variables, environ)
        return [*words, *(chosen(group, said, variables.get(group)) for group in self.groups)]


class Group(NamedTuple):
    """Commands that stand behind a common name, with the sentence about all of them. `usual` is the one that runs where
    none is named; `takes_words`: also where the first word names none, which then is one of its own, as is --help.
    """

    commands: tuple[Command, ...]
    about: str
    usual: str = ""
    takes_words: bool = False

    @property
    def shown(self) -> list[Command]:
        """Those that help names."""
        return [command for command in self.commands if not command.hidden]

    def find(self, name: str) -> Command | None:
        """The command of that name."""
        return next((command for command in self.commands if command.name == name), None)
