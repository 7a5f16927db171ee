"""What the text of a settings file says, and what is wrong with it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from chatbot.core.errors import ChatError, ConfigurationError, UsageError
from chatbot.core.likeness import likeliest
from chatbot.core.redaction.redactor import is_secret_name
from chatbot.options.chat import GROUPS, SETTINGS
from chatbot.options.declared import Option, options_of
from chatbot.options.settings.settings import ALIASES, MODELS, PROVIDERS, TABLES, WHO, Settings, canonical, dashed
from chatbot.options.settings.toml import Keys, TomlFault, parsed

EDIT = "Change it with: chat config edit"
OF_A_PROVIDER = ("model", "base_url")
_SHOWN_CHARACTERS = 40
_WRITTEN_SO = {
    ALIASES: 'Write it so:\n[aliases]\nfast = "groq/llama-3.3-70b"',
    PROVIDERS: "Write it so:\n[providers.openai]\ntimeout = 60",
    MODELS: 'Write it so:\n[models."openai/gpt-4o-mini"]\ntemperature = 0.2',
}


def read_settings(text: str, name: str, folder: Path, options: Sequence[Option] = SETTINGS) -> Settings:
    """What the text of the file `name` says; paths in it begin in `folder`.

    Raises ConfigurationError: one sentence for the first mistake, with its line.
    """
    return _Reader(Settings(name, text), folder, options).settings(document_of(text, name))


def document_of(text: str, name: str) -> dict[str, Any]:
    """The TOML of the file `name`, whatever is in it. Raises ConfigurationError, with line and column."""
    try:
        return parsed(text)
    except TomlFault as fault:
        column = f":{fault.column}" if fault.column else ""
        what = str(fault)
        raise ConfigurationError(
            f"{name}:{fault.line}{column}: this is not TOML: {what[:1].lower()}{what[1:]}",
            advice=EDIT,
        ) from None


class _Reader:
    """Reads the values of one file; `settings` is for its places."""

    def __init__(self, settings: Settings, folder: Path, options: Sequence[Option]) -> None:
        self._found = settings
        self._folder = folder
        self._options = {option.key: option for option in options}

    def settings(self, document: Mapping[str, Any]) -> Settings:
        tables = {name: self._tables(name, document.get(name, {})) for name in (PROVIDERS, MODELS)}
        settings = self._found._replace(
            top=self._values((), {key: value for key, value in document.items() if key not in TABLES}, WHO),
            providers={
                name: self._values((PROVIDERS, name), v, OF_A_PROVIDER) for name, v in tables[PROVIDERS].items()
            },
            models={name: self._values((MODELS, name), values) for name, values in tables[MODELS].items()},
            aliases=self._aliases(document.get(ALIASES, {})),
        )
        for alias in settings.aliases:
            self._refuse_circle(settings.aliases, alias)
        return settings

    def _tables(self, name: str, value: object) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise self._found.fault((name,), f"{name} is a table", _WRITTEN_SO[name])
        for key, inner in value.items():
            if name != ALIASES and not isinstance(inner, dict):
                raise self._found.fault((name, key), f"{name}.{key} is a table", _WRITTEN_SO[name])
        return value

    def _aliases(self, value: object) -> dict[str, str]:
        aliases = dict(self._tables(ALIASES, value))
        for alias, model in aliases.items():
            if not isinstance(model, str) or not model.strip():
                raise self._found.fault(
                    (ALIASES, alias), f"an alias is the name of a model, not {shown(model)}", _WRITTEN_SO[ALIASES]
                )
        return aliases

    def _refuse_circle(self, aliases: Mapping[str, str], alias: str) -> None:
        met, name = [alias], aliases[alias]
        while name in aliases and name not in met:
            met.append(name)
            name = aliases[name]
        if name == alias:
            raise self._found.fault((ALIASES, alias), f"the aliases lead in a circle: {' = '.join([*met, alias])}")

    def _values(self, path: Keys, table: Mapping[str, Any], others: Sequence[str] = ()) -> dict[str, Any]:
        """The values by field; `others` are names of texts beside the options."""
        values: dict[str, Any] = {}
        seen: set[str] = set()
        for key, value in table.items():
            name = canonical(key)
            if name in seen:
                raise self._found.fault((*path, key), f"{key} stands here twice, with - and with _")
            seen.add(name)
            if name in others:
                values[name] = self._text((*path, key), value)
                continue
            option = self._options.get(name)
            if option is None:
                raise self._unknown((*path, key), others)
            try:
                values.update(read_value(option, value, self._options, self._folder))
            except (ValueError, OverflowError):
                says = "true or false" if option.kind is bool else option.says
                raise self._found.fault((*path, key), f"{key} is {says}, not {shown(value)}") from None
        return values

    def _text(self, keys: Keys, value: object) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self._found.fault(keys, f"{keys[-1]} is a text in quotes, not {shown(value)}")
        return value.strip()

    def _unknown(self, keys: Keys, others: Sequence[str]) -> ConfigurationError:
        error = unknown_name(keys[-1], [*self._options, *others, *([] if len(keys) > 1 else TABLES)])
        return self._found.fault(keys, str(error), f"{error.advice}\n{EDIT}")


def read_value(option: Option, value: object, options: Mapping[str, Option], folder: Path) -> dict[str, Any]:
    """The field that a value of TOML sets, and to what. Raises ValueError or OverflowError for one that is none."""
    valued = next((other for other in options.values() if other.field == option.choice.value_in), None)
    if valued and not isinstance(value, bool):
        option = valued
    if option.choice.metavar == "KEY=VALUE" and not all("=" in part[1:] for part in option.read_value(value)):
        raise ValueError(value)
    if option.kind is Path or (option.field == "system" and str(value).startswith("@")):
        return {option.field: _from(folder, option.read_value(value), option.kind)}
    return {option.field: option.read_value(value)}


def _from(folder: Path, value: Any, kind: type) -> Any:
    """A path of the file: not of the folder that happens to be the current one."""
    text = str(value)
    mark = "@" if kind is str else ""
    try:
        path = folder / Path(text.removeprefix(mark)).expanduser()
    except RuntimeError:  # there is no such ~user
        raise ValueError(text) from None
    return kind(f"{mark}{path}")


def unknown_name(key: str, names: Sequence[str]) -> ChatError:
    """Why a name is no setting, and what was perhaps meant."""
    name = dashed(key)
    option = next((one for group in GROUPS for one in options_of(group) if dashed(one.key) == name), None)
    if option is not None:
        return UsageError(f"{key} is no setting", advice=f"It is said with a question: {option.flag}")
    near = likeliest(name, map(dashed, names))
    if not near and (is_secret_name(f"_{canonical(key)}") or name.lower() in ("apikey", "api-keys", "keys")):
        return UsageError("settings hold no keys", advice="Keys: chat keys set NAME")
    meant = f"Did you mean {' or '.join(near)}?\n" if near else ""
    return UsageError(f"there is no setting {shown(key)}", advice=f"{meant}All of them: chat config --where")


def shown(value: object) -> str:
    """A value as a sentence names it."""
    match value:
        case str():
            return repr(value) if len(value) <= _SHOWN_CHARACTERS else f"{value[:_SHOWN_CHARACTERS]!r}..."
        case bool():
            return str(value).lower()
        case int() | float():
            return "a number of that size" if isinstance(value, int) and abs(value) > 10**15 else str(value)
        case list():
            parts = ", ".join(map(shown, value))
            return f"[{parts}]" if len(parts) <= _SHOWN_CHARACTERS else "a list"
        case dict():
            return "a table"
        case _:
            return "a date or a time"
