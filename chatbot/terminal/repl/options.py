"""The command `/set`: the options of the requests, read from words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from chatbot.core.errors import UsageError
from chatbot.core.options import Options
from chatbot.terminal.repl.actions import NOTHING, CommandContext
from chatbot.terminal.repl.state import ReplState


class _Setting(NamedTuple):
    """How the text of a setting is read, and what it must be."""

    read: Callable[[str], Any]
    words: str


def _natural(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _up_to(most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        number = float(text)
        if not 0 <= number <= most:  # NaN is not less either
            raise ValueError(text)
        return number

    return read


SETTINGS = {
    "temperature": _Setting(_up_to(1e6), "a number, for example 0.2"),
    "top_p": _Setting(_up_to(1), "a number from 0 to 1"),
    "max_tokens": _Setting(_natural, "a whole number of tokens"),
    "stop": _Setting(lambda text: (text,), "words that end the answer"),
    "seed": _Setting(int, "a whole number"),
    "reasoning_effort": _Setting(str, "low, medium, high or another word of the provider's"),
}
_BODY = "body."


def set_(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    """`key value`; the key alone tells it, the value `none` takes it back. `body.name` is any field of the request."""
    key, _, text = argument.replace("=", " ", 1).partition(" ")
    text = text.strip()
    if not key:
        context.notices.tell(["what is set:", *(_told(state.options) or ["nothing: the provider's defaults hold"])])
        return state
    key = key.replace("-", "_").lower() if not key.startswith(_BODY) else key
    if key.startswith(_BODY) and len(key) > len(_BODY):
        options = _with_field(state.options, key.removeprefix(_BODY), text) if text else state.options
    elif key in SETTINGS:
        options = state.options._replace(**{key: _value(key, text)}) if text else state.options
    else:
        raise UsageError(f"there is no setting {key!r}", advice=_advice(key))
    context.notices.tell([line for line in _told(options) if line.startswith(f"{key} ")] or [f"{key} is not set"])
    return state._replace(options=options)


def _value(key: str, text: str) -> Any:
    if text == NOTHING:
        return Options._field_defaults[key]
    try:
        return SETTINGS[key].read(text)
    except ValueError:
        raise UsageError(f"{key} is {SETTINGS[key].words}, not {text!r}") from None


def _with_field(options: Options, name: str, text: str) -> Options:
    extra = {key: value for key, value in options.extra.items() if key != name}
    if text != NOTHING:
        import json  # a prompt stands sooner without

        try:
            extra[name] = json.loads(text)
        except ValueError:
            extra[name] = text
    return options._replace(extra=extra)


def _told(options: Options) -> list[str]:
    import json

    chosen = {key: getattr(options, key) for key in SETTINGS}
    lines = [
        f"{key} {value[0] if key == 'stop' else value}" for key, value in chosen.items() if value not in (None, ())
    ]
    return lines + [f"{_BODY}{name} {json.dumps(value, ensure_ascii=False)}" for name, value in options.extra.items()]


def _advice(key: str) -> str:
    from difflib import get_close_matches  # loads slowly, and only a mistake needs it

    near = get_close_matches(key, SETTINGS, 1)
    names = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(SETTINGS)}."
    return f"{names}\nAny other field of the request is set as {_BODY}{key}."
