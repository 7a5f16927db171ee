"""Type hints, sorted into the few kinds that JSON has."""

from __future__ import annotations

import collections.abc
import dataclasses
import enum
import inspect
import pathlib
import types
import typing
from typing import Any

from chatbot.outside.tools.function.loading import Unusable
from chatbot.records import NamedTuple

SIMPLE: dict[Any, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
    pathlib.Path: "string",
}
_LISTS = (list, tuple, set, frozenset, collections.abc.Sequence, collections.abc.Iterable, collections.abc.Collection)
_DICTS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
_UNIONS = (typing.Union, getattr(types, "UnionType", typing.Union))  # the second since Python 3.10
_REQUIRED, _NOT_REQUIRED = getattr(typing, "Required", "-"), getattr(typing, "NotRequired", "-")  # since Python 3.11
_WRAPPERS = (_REQUIRED, _NOT_REQUIRED, typing.Final, getattr(typing, "ReadOnly", "-"))  # the last since Python 3.13


class Kind(enum.Enum):
    """What a value of a type is in JSON."""

    SIMPLE = "a string, a number, true, false or null"
    CHOICE = "one of certain values"
    UNION = "of one of several types"
    LIST = "an array"
    DICT = "an object with any names"
    FIELDS = "an object with certain names"
    ANNOTATED = "another type, with a word on it"
    ANY = "anything"


class Sorted(NamedTuple):
    """`type` is the type without what stands in its brackets, which is `inner`; of an enum that is its values."""

    kind: Kind
    type: Any
    inner: tuple[Any, ...] = ()


def type_hints(of: Any) -> dict[str, Any]:
    """The hints of a function or a class, those in quotes too. Raises Unusable."""
    try:
        return typing.get_type_hints(of, include_extras=True)
    except Exception as error:
        raise Unusable(f"the type hints of {getattr(of, '__name__', of)} cannot be read: {error}") from error


def kind_of(hint: Any) -> Sorted:
    """What kind of type that is."""
    hint = getattr(hint, "__supertype__", hint)  # NewType
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    bare = origin or hint
    if origin is typing.Annotated:
        return Sorted(Kind.ANNOTATED, inner[0], (inner[0], *getattr(hint, "__metadata__", ())))
    if origin in _WRAPPERS:
        return kind_of(inner[0])
    if origin is typing.Literal:
        return Sorted(Kind.CHOICE, None, inner)
    if origin in _UNIONS:
        return Sorted(Kind.UNION, None, inner)
    if not isinstance(bare, collections.abc.Hashable):
        return Sorted(Kind.ANY, bare)
    if bare in SIMPLE:
        return Sorted(Kind.SIMPLE, bare)
    if bare in _LISTS:
        return Sorted(Kind.LIST, bare, inner)
    if bare in _DICTS:
        return Sorted(Kind.DICT, bare, inner)
    return _kind_of_class(bare)


def fields_of(of: Any) -> dict[str, bool]:
    """The fields of a dataclass, a TypedDict or a NamedTuple, and whether each must be there."""
    if dataclasses.is_dataclass(of):
        missing = dataclasses.MISSING
        given = [field for field in dataclasses.fields(of) if field.init]
        return {one.name: one.default is missing and one.default_factory is missing for one in given}
    if hasattr(of, "__required_keys__"):
        # Python does not see the mark in a hint that is a string, as each is with annotations from __future__.
        marked = {_REQUIRED: True, _NOT_REQUIRED: False}
        hints = type_hints(of).items()
        return {name: marked.get(typing.get_origin(hint), name in of.__required_keys__) for name, hint in hints}
    return {name: name not in of._field_defaults for name in of._fields}


def _kind_of_class(of: Any) -> Sorted:
    if inspect.isclass(of) and issubclass(of, enum.Enum):
        return Sorted(Kind.CHOICE, of, tuple(member.value for member in of))
    has_fields = dataclasses.is_dataclass(of) or hasattr(of, "__required_keys__") or hasattr(of, "_field_defaults")
    return Sorted(Kind.FIELDS if has_fields else Kind.ANY, of)
