"""Commands that set how the model answers, and how that is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from chatbot.core.errors import UsageError
from chatbot.core.options import Options
from chatbot.options.declared import Option
from chatbot.terminal.repl.actions import NOTHING, CommandContext
from chatbot.terminal.repl.state import ReplState

_BODY = "body."


def set_option(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    """`key value`; the key alone tells it, the value `none` takes it back. `body.name` is any field of the request."""
    settings = context.actions.settings
    key, _, text = argument.replace("=", " ", 1).partition(" ")
    text = text.strip()
    if not key:
        told = _told(settings, state.options, context.actions.places()) or ["nothing: the provider's defaults hold"]
        context.notices.tell(["what is set:", *told])
        return state
    key = key.replace("-", "_").lower() if not key.startswith(_BODY) else key
    if key.startswith(_BODY) and len(key) > len(_BODY):
        options = _with_field(state.options, key.removeprefix(_BODY), text) if text else state.options
    elif option := next((option for option in settings if option.key == key), None):
        options = state.options._replace(**{option.field: _value(option, text)}) if text else state.options
    else:
        raise UsageError(f"there is no setting {key!r}", advice=_advice(settings, key))
    told = [line for line in _told(settings, options) if line.startswith(f"{key} ")]
    context.notices.tell(told or [f"{key} is not set"])
    return state._replace(options=options)


def raw(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    if argument not in ("", "on", "off"):
        raise UsageError(f"/raw takes on or off, not {argument!r}")
    is_raw = argument == "on" if argument else not state.raw
    context.notices.tell(["answers are shown as they are" if is_raw else "answers are shown as Markdown"])
    return state._replace(raw=is_raw)


def _value(option: Option, text: str) -> Any:
    if text == NOTHING:
        return option.default
    try:
        return option.read(text)
    except ValueError:
        raise UsageError(f"{option.key} is {option.says}, not {text!r}") from None


def _with_field(options: Options, name: str, text: str) -> Options:
    extra = {key: value for key, value in options.extra.items() if key != name}
    if text != NOTHING:
        import json  # a prompt stands sooner without

        try:
            extra[name] = json.loads(text)
        except ValueError:
            extra[name] = text
    return options._replace(extra=extra)


def _told(
    settings: Sequence[Option], options: Options, places: Mapping[str, tuple[Any, str]] = MappingProxyType({})
) -> list[str]:
    """A line for each that is set, with its place where its value is that of the settings file."""
    import json

    chosen = {option.key: getattr(options, option.field) for option in settings}
    lines = [
        f"{key} {value[0] if key == 'stop' else value}{_place(key, value, places)}"
        for key, value in chosen.items()
        if value not in (None, ())
    ]
    return lines + [f"{_BODY}{name} {json.dumps(value, ensure_ascii=False)}" for name, value in options.extra.items()]


def _place(key: str, value: Any, places: Mapping[str, tuple[Any, str]]) -> str:
    usual, place = places.get(key, (None, ""))
    return f"  ({place})" if place and usual == value else ""


def _advice(settings: Sequence[Option], key: str) -> str:
    from difflib import get_close_matches  # loads slowly, and only a mistake needs it

    names = [option.key for option in settings]
    near = get_close_matches(key, names, 1)
    found = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(names)}."
    return f"{found}\nAny other field of the request is set as {_BODY}{key}."
