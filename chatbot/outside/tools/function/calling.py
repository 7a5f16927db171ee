"""A function called with what came as JSON: each value becomes one of the type that it is hinted to be."""

from __future__ import annotations

import collections.abc
import dataclasses
import enum
import inspect
import json
import pathlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

from chatbot.outside.tools.function.definition import parameters
from chatbot.outside.tools.function.hints import Kind, Sorted, fields_of, kind_of, type_hints


def called(function: Callable[..., Any], arguments: str) -> str:
    """What the function returns, as text; nothing for None. Raises whatever it raises."""
    given, hints = json.loads(arguments), type_hints(function)
    before, named = [], {}
    for parameter in parameters(function):
        is_given = parameter.name in given
        value = converted(given[parameter.name], hints.get(parameter.name, Any)) if is_given else parameter.default
        if parameter.kind is parameter.POSITIONAL_ONLY:
            before.append(value)
        elif is_given:
            named[parameter.name] = value
    return as_text(_finished(function(*before, **named)))


def converted(value: Any, hint: Any) -> Any:
    """A value of JSON as one of that type; as it is where it is none of it."""
    found = kind_of(hint)
    if found.kind is Kind.ANNOTATED:
        return converted(value, found.inner[0])
    if found.kind is Kind.UNION:
        return next((made for each in found.inner if (made := _made(value, each)) is not _NONE), value)
    made = _made(value, hint)
    return value if made is _NONE else made


_NONE = object()


def _made(value: Any, hint: Any) -> Any:
    """The value as that type; _NONE where it is none of it."""
    found = kind_of(hint)
    if found.kind is Kind.SIMPLE:
        return _simple(value, found.type)
    if found.kind is Kind.CHOICE:
        is_one = any(value == each and type(value) is type(each) for each in found.inner)
        return _NONE if not is_one else found.type(value) if found.type else value
    if found.kind is Kind.LIST and isinstance(value, list):
        return _list(value, found)
    if found.kind is Kind.DICT and isinstance(value, dict):
        inner = found.inner[1] if len(found.inner) == 2 else Any
        return {name: converted(each, inner) for name, each in value.items()}
    if found.kind is Kind.FIELDS and isinstance(value, dict):
        return _with_fields(value, found.type)
    if found.kind in (Kind.ANNOTATED, Kind.UNION):
        return converted(value, hint)
    return value if found.kind is Kind.ANY else _NONE


def _simple(value: Any, kind: Any) -> Any:
    if kind is pathlib.Path:
        return pathlib.Path(value) if isinstance(value, str) else _NONE
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind is int and isinstance(value, float) and value.is_integer():  # JSON Schema takes 3.0 for an integer
        return int(value)
    return value if type(value) is kind else _NONE


def _list(value: list[Any], found: Sorted) -> Any:
    is_fixed = found.type is tuple and found.inner and found.inner[-1] is not ...
    each = found.inner if is_fixed else (found.inner[:1] or (Any,)) * len(value)
    if len(each) != len(value):
        return _NONE
    made = [converted(one, hint) for one, hint in zip(value, each)]  # noqa: B905  (since Python 3.10)
    return found.type(made) if found.type in (tuple, set, frozenset) else made


def _with_fields(value: dict[str, Any], kind: Any) -> Any:
    hints, fields = type_hints(kind), fields_of(kind)
    if not set(value) <= set(fields) or any(name not in value for name, is_needed in fields.items() if is_needed):
        return _NONE
    return kind(**{name: converted(each, hints.get(name, Any)) for name, each in value.items()})


def _finished(result: Any) -> Any:
    """What an async function, or a generator, comes to."""
    if inspect.isawaitable(result):
        return _awaited(_waited(result))
    if inspect.isasyncgen(result):
        return _awaited(_gathered(result))
    return list(result) if isinstance(result, collections.abc.Iterator) else result


def _awaited(result: Coroutine[Any, Any, Any]) -> Any:
    import asyncio  # loads slowly

    return asyncio.run(result)


async def _waited(result: Awaitable[Any]) -> Any:
    return await result


async def _gathered(results: AsyncIterator[Any]) -> list[Any]:
    return [each async for each in results]


def as_text(result: Any) -> str:
    """A result as a model reads it: text as it is, else JSON, else as Python writes it."""
    if result is None:
        return ""
    if isinstance(result, str):
        return result
    if isinstance(result, (bytes, bytearray)):
        return result.decode("utf-8", "replace")
    return json.dumps(result, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, enum.Enum):
        return value.value
    return list(value) if isinstance(value, (set, frozenset, collections.abc.Iterator)) else str(value)
