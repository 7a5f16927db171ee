"""A name of `chat config`, to the keys it has in the file, and the words of its value, to what TOML has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chatbot.core.errors import UsageError
from chatbot.options.chat import SETTINGS
from chatbot.options.declared import Option
from chatbot.options.settings.reading import OF_A_PROVIDER, unknown_name
from chatbot.options.settings.settings import ALIASES, MODELS, PROVIDERS, TABLES, WHO, Settings, canonical, dashed

_OPTIONS = {option.key: option for option in SETTINGS}


def keys_of(name: str, *, is_known: bool = True) -> tuple[str, ...]:
    """`models.openai/gpt-4.1.temperature` is `("models", "openai/gpt-4.1", "temperature")`: no name of an option has a
    dot. Raises UsageError, where `is_known` also for a name that is no setting.
    """
    table, dot, rest = name.partition(".")
    if not dot or table not in TABLES:
        keys: tuple[str, ...] = (dashed(name),)
    elif table == ALIASES:
        keys = (table, rest.strip("\"'"))
    else:
        inner, _, key = rest.rpartition(".")
        keys = (table, inner.strip("\"'"), dashed(key))
    if not all(keys) or name in TABLES:
        raise UsageError(
            f"{name} is a table, not one setting",
            advice="Name one in it: aliases.fast, providers.openai.timeout, models.openai/gpt-4o-mini.temperature",
        )
    if is_known and keys[0] != ALIASES and canonical(keys[-1]) not in [*_OPTIONS, *_texts_of(keys)]:
        raise unknown_name(keys[-1], [*_OPTIONS, *_texts_of(keys)])
    return keys


def option_of(keys: Sequence[str]) -> Option | None:
    """The option at the top of the file that these keys are; None for other names."""
    return _OPTIONS.get(canonical(keys[0])) if len(keys) == 1 else None


def read_words(name: str, keys: Sequence[str], words: Sequence[str]) -> Any:
    """The value that words mean. Raises UsageError for words that mean none."""
    option = None if keys[0] == ALIASES else _OPTIONS.get(canonical(keys[-1]))
    if len(words) > 1 and not (option and option.repeats):
        raise UsageError(f"{name} has one value", advice="Put quotes around one with blanks in it.")
    if option is None:
        return words[0]
    valued = next((other for other in SETTINGS if other.field == option.choice.value_in), None)
    try:
        values = [_read(option, valued, word) for word in words]
    except ValueError:
        raise UsageError(f"{name} is {option.says}, not {' '.join(words)!r}") from None
    return values if option.repeats else values[0]


def _read(option: Option, valued: Option | None, word: str) -> Any:
    """A value that TOML has: what it has not is written as a text."""
    try:
        value = option.read(word)
    except ValueError:
        if valued is None:
            raise
        value = valued.read(word)
    if type(value) is float and word.isdigit():
        return int(word)
    return value if type(value) in (bool, int, float) else word


def value_at(settings: Settings, keys: Sequence[str]) -> Any:
    """What the file says there; None where it says nothing."""
    if keys[0] == ALIASES:
        return settings.aliases.get(keys[1])
    section = {MODELS: settings.models, PROVIDERS: settings.providers}[keys[0]].get(keys[1], {})
    option = _OPTIONS.get(canonical(keys[2]))
    return section.get(option.field if option else canonical(keys[2]))


def _texts_of(keys: Sequence[str]) -> Sequence[str]:
    return WHO if len(keys) == 1 else OF_A_PROVIDER if keys[0] == PROVIDERS else ()
