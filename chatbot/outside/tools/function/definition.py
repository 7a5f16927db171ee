"""What a model is told of a function: its name, its docstring, and its type hints as JSON Schema."""

from __future__ import annotations

import dataclasses
import enum
import inspect
import json
from collections.abc import Callable
from typing import Any

from chatbot.outside.tools.function import docstring
from chatbot.outside.tools.function.hints import SIMPLE, Kind, Sorted, fields_of, kind_of, type_hints

Schema = dict[str, Any]


def described(function: Callable[..., Any]) -> str:
    """The definition as JSON: `name`, `description` and `parameters`. Raises Unusable."""
    text, told = docstring.read(inspect.getdoc(function) or "")
    hints = type_hints(function)
    properties, required = {}, []
    for parameter in parameters(function):
        properties[parameter.name] = schema = _told(parameter.name, hints, told, ())
        if parameter.default is parameter.empty:
            required.append(parameter.name)
        elif (default := _in_json(parameter.default)) is not None:
            schema["default"] = default
    return json.dumps(
        {
            "name": getattr(function, "__name__", type(function).__name__),
            "description": text,
            "parameters": _object(properties, required),
        }
    )


def parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """Those that have a name of their own; what comes in *args and **kwargs has none."""
    given = inspect.signature(function).parameters.values()
    return [one for one in given if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]


def schema_of(hint: Any, above: tuple[Any, ...] = ()) -> Schema:
    """The JSON Schema of a type; any value, where there is none for it. `above` are the classes that it is in: of one
    in itself no more is said.
    """
    found = kind_of(hint)
    if found.kind is Kind.SIMPLE:
        return {"type": SIMPLE[found.type]}
    if found.kind is Kind.ANNOTATED:
        words = [text for text in found.inner[1:] if isinstance(text, str)]
        return {**schema_of(found.inner[0], above), **({"description": words[0]} if words else {})}
    if found.kind is Kind.CHOICE:
        return _choices(found.inner)
    if found.kind is Kind.UNION:
        return _union([schema_of(each, above) for each in found.inner])
    if found.kind is Kind.LIST:
        return _list(found, above)
    if found.kind is Kind.DICT:
        values = found.inner[1:]
        return {"type": "object", **({"additionalProperties": schema_of(values[0], above)} if values else {})}
    if found.kind is Kind.FIELDS and found.type not in above:
        return _fields(found.type, (*above, found.type))
    return {}


def _told(name: str, hints: dict[str, Any], told: dict[str, str], above: tuple[Any, ...]) -> Schema:
    return {**schema_of(hints.get(name, Any), above), **({"description": told[name]} if name in told else {})}


def _in_json(default: Any) -> Any:
    if isinstance(default, enum.Enum):
        default = default.value
    elif dataclasses.is_dataclass(default) and not isinstance(default, type):
        default = dataclasses.asdict(default)
    try:
        return json.loads(json.dumps(default))
    except (TypeError, ValueError):
        return None  # the model is not told of it


def _choices(values: tuple[Any, ...]) -> Schema:
    types = {SIMPLE.get(type(value)) for value in values}
    return {**({"type": types.pop()} if len(types) == 1 and None not in types else {}), "enum": list(values)}


def _union(schemas: list[Schema]) -> Schema:
    if {} in schemas:
        return {}
    if all(list(each) == ["type"] for each in schemas):
        return {"type": list(dict.fromkeys(each["type"] for each in schemas))}
    return {"anyOf": schemas}


def _list(of: Sorted, above: tuple[Any, ...]) -> Schema:
    items = [schema_of(each, above) for each in of.inner if each is not ...]
    if of.type is tuple and items and of.inner[-1] is not ...:
        different = [each for number, each in enumerate(items) if each not in items[:number]]
        one = different[0] if len(different) == 1 else _union(different)
        return {"type": "array", "items": one, "minItems": len(items), "maxItems": len(items)}
    unique = {"uniqueItems": True} if of.type in (set, frozenset) else {}
    return {"type": "array", **({"items": items[0]} if items else {}), **unique}


def _fields(of: Any, above: tuple[Any, ...]) -> Schema:
    hints, fields = type_hints(of), fields_of(of)
    _, told = docstring.read(inspect.getdoc(of) or "")
    properties = {name: _told(name, hints, told, above) for name in fields}
    return _object(properties, [name for name, is_required in fields.items() if is_required])


def _object(properties: dict[str, Schema], required: list[str]) -> Schema:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
