"""The short form of a schema: `name, age int, tags str[], mood good|bad, note?: what else there is to say`.

The form is that of llm (llm.datasette.io, "Schemas"), with three additions: lists, words to choose from, and `?`.
Fields stand between commas, or on lines of their own, where a description may have commas. A field without a type is
a text. What may be missing (`?`) is there all the same, and null: so every service takes it.
"""

from __future__ import annotations

import re
from typing import Any

from chatbot.core.errors import UsageError

_SHORT = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
_TYPES = {**_SHORT, **{name: name for name in _SHORT.values()}}
_NAME = re.compile(r"[^\W\d][\w-]*")
_ADVICE = (
    "The short form: --schema 'name, age int, tags str[], mood good|bad, note?: a description'\n"
    "It may also be a file, or the text of a JSON Schema."
)


def read_short_form(text: str) -> dict[str, Any]:
    """The JSON Schema that the short form means. Raises UsageError with the place of the mistake."""
    properties: dict[str, Any] = {}
    fields = [field.strip() for field in (text.split("\n") if "\n" in text.strip() else text.split(","))]
    for number, field in enumerate(fields, 1):
        if not field:
            continue
        try:
            name, schema = _field(field)
            if name in properties:
                raise ValueError(f"there is a {name!r} already")
        except ValueError as error:
            place = f"field {number}, {field[:60]!r}"
            raise UsageError(f"the schema is not understood at {place}: {error}", advice=_ADVICE) from None
        properties[name] = schema
    if not properties:
        raise UsageError("the schema has no field", advice=_ADVICE)
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def _field(field: str) -> tuple[str, dict[str, Any]]:
    declared, _, description = (part.strip() for part in field.partition(":"))
    name, _, kind = declared.partition(" ")
    is_optional = name.endswith("?")
    name = name.removesuffix("?")
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name" if name else "a name is missing")
    schema = _type(kind.strip(), is_optional=is_optional)
    return name, {**schema, "description": description} if description else schema


def _type(kind: str, *, is_optional: bool) -> dict[str, Any]:
    if "|" in kind:
        words = [word.strip() for word in kind.split("|")]
        if not all(words) or len({*words}) < len(words) or any(" " in word for word in words):
            raise ValueError(f"{kind!r} is no choice of words such as good|bad")
        if is_optional:
            return {"type": ["string", "null"], "enum": [*words, None]}
        return {"type": "string", "enum": words}
    of_one = kind.removesuffix("[]") or "str"
    if of_one not in _TYPES:
        raise ValueError(f"{of_one!r} is no type; there are str, int, float, bool, each also with []")
    schema: dict[str, Any] = {"type": _TYPES[of_one]}
    if kind.endswith("[]"):
        schema = {"type": "array", "items": schema}
    return {**schema, "type": [schema["type"], "null"]} if is_optional else schema
