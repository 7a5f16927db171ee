"""A choice, declared once: a field of a group. From it come the option, its help, `/set`, the variable, the setting.

A group is a NamedTuple of fields `name: Annotated[type, Choice(...)] = default`; its docstring is the heading it stands
under. Types: bool, str, int, float, Path and a Literal of words, each also `| None`; `tuple[str, ...]` for what may be
said again. An int without a metavar is a switch that counts how often it was said.
"""

# Without `from __future__ import annotations`: the annotations are read as they stand.

from collections.abc import Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

from chatbot.core.errors import ChatError, ConfigurationError, UsageError
from chatbot.core.text import clean
from chatbot.records import NamedTuple

VARIABLES_BEGIN_WITH = "CHAT_"
_NOT_SAID = (None, ())
_ON, _OFF = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")
_USUALLY = {bool: "1 or 0", int: "a whole number", float: "a number", Path: "a path"}

Group = TypeVar("Group")

# What the Tab key offers for a value, other than words and paths, which a declaration shows already.
Completes = Literal[
    "",
    "models",
    "providers",
    "templates",
    "conversations",
    "exchanges",
    "settings",
    "shells",
    "tools",
    "mcp_servers",
]


class Choice(NamedTuple):
    """What the field itself does not say.

    `flags` stand for the option `--field-name`, where that is not the only name; the first long one is its name.
    `old_flags` go on working and are not shown. `metavar` stands for its value, `least` and `most` are its bounds;
    `says` is what it is, in a sentence, where type and bounds do not say it. `is_text` is made safe to send (a path
    must keep its bytes).
    `in_variable`: CHAT_NAME may set it where the command line does not, and where neither does, the settings file.
    `value_in`: for a switch, the field whose value its variable may also hold, which turns it on. `against`: the field
    that it turns off, where nothing that comes before it said that one. `in_session`: `/set` does. `completes`: what
    the Tab key offers.
    """

    help: str
    flags: tuple[str, ...] = ()
    old_flags: tuple[str, ...] = ()
    metavar: str = ""
    least: float | None = None
    most: float | None = None
    says: str = ""
    is_text: bool = False
    in_variable: bool = True
    value_in: str = ""
    against: str = ""
    in_session: bool = False
    completes: Completes = ""


by_flag = partial(Choice, in_variable=False)
"""A choice for one command: neither a variable nor the settings file makes it."""


class Option(NamedTuple):
    """A choice with all that its field says. `kind` is the type of one value; `repeats` means a tuple of them."""

    field: str
    kind: type
    repeats: bool
    default: Any
    words: tuple[str, ...]
    heading: str
    choice: Choice

    @property
    def counts(self) -> bool:
        """Whether it is a switch that says more the more often it is said."""
        return self.kind is int and not self.choice.metavar

    @property
    def is_switch(self) -> bool:
        """Whether no value follows it."""
        return self.kind is bool or self.counts

    @property
    def flags(self) -> tuple[str, ...]:
        """Its names on the command line."""
        return self.choice.flags or ("--" + self.field.replace("_", "-"),)

    @property
    def flag(self) -> str:
        """The one it is called by."""
        return next(flag for flag in self.flags if flag.startswith("--"))

    @property
    def off_flag(self) -> str:
        """What turns a switch off that a variable or a setting turns on; empty where neither can."""
        if self.kind is not bool or not self.choice.in_variable:
            return ""
        return (
            self.flag.replace("--no-", "--") if self.flag.startswith("--no-") else self.flag.replace("--", "--no-", 1)
        )

    @property
    def key(self) -> str:
        """Its name in `/set`, and in the settings file."""
        return self.flag.lstrip("-").replace("-", "_")

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return VARIABLES_BEGIN_WITH + self.key.upper()

    @property
    def says(self) -> str:
        """What a value is: a number from 0 to 1."""
        choice = self.choice
        if self.words:
            return ", ".join(self.words[:-1]) + " or " + self.words[-1]
        if choice.says:
            return choice.says
        bounds = [
            f" from {choice.least:g}" if choice.least is not None else "",
            f" to {choice.most:g}" if choice.most is not None else "",
        ]
        return _USUALLY.get(self.kind, "a text") + "".join(bounds)

    def read(self, text: str) -> Any:
        """The value that a text means: one for an option, a tuple for one that may be said again. Raises ValueError."""
        if self.kind is bool:
            return _read_switch(text)
        value = self._checked(self.kind(clean(text) if self.choice.is_text else text))
        return (value,) if self.repeats else value

    def read_value(self, value: object) -> Any:
        """The same of a value as TOML has it: of its type, and not empty. Raises ValueError, or OverflowError."""
        if self.repeats:
            parts = value if isinstance(value, list) else [value]
            return tuple(self._one(part) for part in parts)
        return self._one(value)

    def _one(self, value: object) -> Any:
        types = [int, float] if issubclass(self.kind, float) else [self.kind]
        if self.kind not in (bool, int, float):  # a path, a duration
            types.append(str)
        of_type = isinstance(value, tuple(types))
        if not of_type or isinstance(value, bool) != (self.kind is bool) or value == "":
            raise ValueError(value)
        return self._checked(self.kind(value))

    def _checked(self, value: Any) -> Any:
        least, most = self.choice.least, self.choice.most
        is_beyond = (least is not None and not value >= least) or (most is not None and not value <= most)
        if is_beyond or (self.words and value not in self.words):
            raise ValueError(value)
        return value

    def read_said(self, said: Any) -> Any:
        """The value of what the command line says: True or a number for a switch, a text, or several.

        Raises UsageError.
        """
        if self.is_switch:
            return said
        return self._read_all(self.flag, [said] if isinstance(said, str) else said, UsageError)

    def read_variable(self, text: str, name: str = "") -> Any:
        """The value of its variable, or of the one of that name; a line each where it may be said again.

        Raises ConfigurationError.
        """
        return self._read_all(name or self.variable, text.splitlines() if self.repeats else [text], ConfigurationError)

    def _read_all(self, name: str, texts: Sequence[str], error: type[ChatError]) -> Any:
        values = []
        for text in texts:
            try:
                values.append(self.read(text))
            except ValueError:
                raise error(f"{name} is {self.says}, not {clean(text)!r}") from None
        return tuple(value for part in values for value in part) if self.repeats else values[-1]


@cache
def options_of(group: type) -> tuple[Option, ...]:
    """The options that a group declares."""
    heading = (group.__doc__ or "").partition("\n")[0].rstrip(".")
    return tuple(_option(group, field, annotated, heading) for field, annotated in group.__annotations__.items())


def _option(group: Any, field: str, annotated: Any, heading: str) -> Option:
    kind, choice = get_args(annotated)
    assert get_origin(annotated) is Annotated and isinstance(choice, Choice), f"{group.__name__}.{field} is no choice"
    parts = [kind] if get_origin(kind) is Literal else get_args(kind) or [kind]
    words = tuple(word for part in parts if get_origin(part) is Literal for word in get_args(part))
    [one] = {str} if words else {part for part in parts if part not in (NoneType, ...)}
    return Option(field, one, get_origin(kind) is tuple, group._field_defaults[field], words, heading, choice)


class Found(NamedTuple):
    """What a choice was found to be, and what says so: an option or a variable, by its name."""

    value: Any
    source: str


def chosen(group: type[Group], said: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> Group:
    """The group as it was chosen: by the command line (`said`, by field), else by a variable, else as it usually is.

    Raises UsageError or ConfigurationError for a value that is none.
    """
    return group(**{field: one.value for field, one in found(group, said, environ).items()})


def found(group: type, said: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> dict[str, Found]:
    """What the command line or a variable says, by field. Raises as `chosen` does."""
    options = {option.field: option for option in options_of(group)}
    words = {
        field: Found(option.read_said(said[field]), option.flag)
        for field, option in options.items()
        if said.get(field) not in _NOT_SAID and not (option.counts and not said[field])
    }
    _turn_off(options, words)
    variables = _found_in(environ, [option for option in options.values() if option.field not in words], options)
    _turn_off(options, variables)
    return {**variables, **words}


def _found_in(
    environ: Mapping[str, str] | None, wanted: Sequence[Option], options: Mapping[str, Option]
) -> dict[str, Found]:
    values: dict[str, Found] = {}
    for option in wanted:
        if not environ or not option.choice.in_variable or not (text := environ.get(option.variable)):
            continue
        valued = options.get(option.choice.value_in)
        if valued and text.lower() not in _ON + _OFF:
            values[valued.field] = Found(valued.read_variable(text, option.variable), option.variable)
            continue
        values[option.field] = Found(option.read_variable(text), option.variable)
        if valued and not values[option.field].value:
            values[valued.field] = Found(valued.default, option.variable)
    return values


def _turn_off(options: Mapping[str, Option], values: dict[str, Found]) -> None:
    for field, one in list(values.items()):
        against = options[field].choice.against
        if one.value and against:
            values.setdefault(against, Found(options[against].default, one.source))


def _read_switch(text: str) -> bool:
    if text.lower() not in _ON + _OFF:
        raise ValueError(text)
    return text.lower() in _ON
