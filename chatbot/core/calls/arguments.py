"""The arguments of a call: JSON text to an object, and whether that fits the tool's schema. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from chatbot.core.surrogates import joined

INVALID = "INVALID_JSON"  # as Anthropic's "Fine-grained tool streaming" has it


class ArgumentsFault(ValueError):
    """Why arguments cannot be used, as a sentence for the model."""


def parsed(text: str) -> dict[str, Any]:
    """The object that a model wrote: an empty text is the empty object, and an object may stand in a string.

    Raises ArgumentsFault.
    """
    if not text.strip():
        return {}
    try:
        value = json.loads(text, parse_constant=_no_constant)
        if isinstance(value, str):  # Some models write their JSON twice.
            value = json.loads(value, parse_constant=_no_constant) if value.strip() else {}
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ArgumentsFault(f"the arguments are not JSON ({where}: {error.msg})") from None
    except (ValueError, RecursionError) as error:
        what = "nested too deeply" if isinstance(error, RecursionError) else error
        raise ArgumentsFault(f"the arguments are not JSON ({what})") from None
    if not isinstance(value, dict):
        raise ArgumentsFault("the arguments are not a JSON object")
    if "\\u" in text:  # halves of characters, which no encoding takes
        value = dict(json.loads(joined(json.dumps(value, ensure_ascii=False))))
    return value


def fitting(text: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The same, held against the tool's schema. Raises ArgumentsFault, and UsageError for a schema that is none."""
    from chatbot.core.schemas.fitting import fit  # a question without tools does without

    value = parsed(text)
    if fault := fit(json.dumps(value), schema).fault:
        raise ArgumentsFault(f"the arguments do not fit the schema: {fault}")
    return value


def as_object(text: str) -> dict[str, Any]:
    """The arguments of an earlier call for a wire format that takes objects only."""
    try:
        return parsed(text)
    except ArgumentsFault:
        return {INVALID: text}


def as_text(text: str) -> str:
    """The same for a wire format that takes a text: the model's own, as long as that is an object, for servers that
    read it once more.
    """
    value = as_object(text)
    try:
        is_as_written = bool(text) and json.loads(text) == value
    except (ValueError, RecursionError):
        is_as_written = False
    return text if is_as_written else json.dumps(value, ensure_ascii=False)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
