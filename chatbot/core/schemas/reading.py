"""A schema as it was said: JSON, or the short form; and the schema of several of them."""

from __future__ import annotations

import json
from typing import Any

from chatbot.core.errors import UsageError
from chatbot.core.schemas.short_form import read_short_form
from chatbot.core.schemas.structure import Schema, changed
from chatbot.core.schemas.well_formed import check_schema

MAX_BYTES = 1_000_000
_OF_ITEMS = "/properties/items/items"


def read_schema(text: str) -> Schema:
    """The schema of a text that is JSON (an object) or the short form. Raises UsageError."""
    is_json = text.lstrip().startswith(("{", "[", '"'))
    return read_json(text, "the schema") if is_json else read_short_form(text)


def read_json(text: str, name: str) -> Schema:
    """The schema of a JSON text; `name` is what it is called in sentences. Raises UsageError."""
    try:
        document = json.loads(text.removeprefix("\ufeff"), parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise UsageError(
            f"{name} is not JSON: {place}: {error.msg}", advice="Check it with: python3 -m json.tool"
        ) from None
    except RecursionError:
        raise UsageError(f"{name} is nested too deeply") from None
    except ValueError as error:  # NaN, and a whole number of thousands of digits
        raise UsageError(f"{name} is not JSON: {error}") from None
    return check_schema(document, name)


def of_several(schema: Schema) -> Schema:
    """The schema of an object whose `items` are a list of what fits `schema`."""

    def moved(inner: dict[str, Any]) -> dict[str, Any]:
        ref = inner.get("$ref")
        return {**inner, "$ref": f"#{_OF_ITEMS}{ref[1:]}"} if isinstance(ref, str) else inner

    items = {"type": "array", "items": changed(schema, moved)}
    return {"type": "object", "properties": {"items": items}, "required": ["items"], "additionalProperties": False}


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")
