"""Whether a JSON document is a schema that an answer can be held against, before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from chatbot.core.errors import UsageError
from chatbot.core.schemas.structure import Place, Schema, children, for_same_value, places, resolved
from chatbot.records import NamedTuple

TYPES = ("string", "integer", "number", "boolean", "object", "array", "null")
MAX_DEPTH = 100  # of the document
MAX_SCHEMAS = 5_000  # in it
_MAX_CHAIN = 100  # of references that lead to one another

_TEXT = "a text"
_COUNT = "a whole number from 0"
_NUMBER = "a number"
_SOME = "a list that is not empty"
_WORDS = "a list of names"
_TABLE = "an object"

_UNKNOWN_HERE = {
    "unevaluatedProperties": "use additionalProperties",
    "unevaluatedItems": "use items",
    "$dynamicRef": "use $ref",
    "$recursiveRef": "use $ref",
    "minContains": "use contains alone",
    "maxContains": "use contains alone",
}


class _Kind(NamedTuple):
    is_fine: Callable[[Any], bool]
    what: str


def _is_count(value: Any) -> bool:
    return type(value) in (int, float) and value >= 0 and float(value).is_integer()


def _is_type(value: Any) -> bool:
    words = value if isinstance(value, list) else [value]
    return bool(words) and all(isinstance(word, str) and word in TYPES for word in words)


def _is_pattern(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(re.compile(value))
    except (re.error, OverflowError, RecursionError):
        return False


def _are_words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) for word in value)


_TEXTS = _Kind(lambda value: isinstance(value, str), _TEXT)
_COUNTS = _Kind(_is_count, _COUNT)
_NUMBERS = _Kind(lambda value: isinstance(value, (int, float)) and not isinstance(value, bool), _NUMBER)
_LISTS = _Kind(lambda value: isinstance(value, list) and bool(value), _SOME)
_TABLES = _Kind(lambda value: isinstance(value, dict), _TABLE)
_KINDS: Mapping[str, _Kind] = {
    "type": _Kind(_is_type, f"one of {', '.join(TYPES)}, or a list of them"),
    "pattern": _Kind(_is_pattern, "a regular expression"),
    "required": _Kind(_are_words, _WORDS),
    "uniqueItems": _Kind(lambda value: isinstance(value, bool), "true or false"),
    "multipleOf": _Kind(lambda value: _NUMBERS.is_fine(value) and value > 0, "a number above 0"),
    **dict.fromkeys(("title", "description", "format", "$ref", "$schema", "$id", "$comment"), _TEXTS),
    **dict.fromkeys("minLength maxLength minItems maxItems minProperties maxProperties".split(), _COUNTS),
    **dict.fromkeys(("minimum", "maximum"), _NUMBERS),
    **dict.fromkeys(
        ("exclusiveMinimum", "exclusiveMaximum"),
        _Kind(lambda value: isinstance(value, (int, float)), _NUMBER),  # of draft 4: true or false
    ),
    **dict.fromkeys(("enum", "allOf", "anyOf", "oneOf"), _LISTS),
    **dict.fromkeys("properties patternProperties $defs definitions dependentSchemas".split(), _TABLES),
}


def check_schema(document: Any, name: str) -> Schema:
    """The document, if it is a schema. `name` is what it is called in sentences.

    Raises UsageError: one sentence for the first mistake, with its path.
    """
    if not isinstance(document, dict):
        raise UsageError(f"{name} is no JSON Schema: it is {_kind_of(document)}, not an object", advice=_ADVICE)
    if (fault := _size_fault(document)) or (fault := next(_faults(document), "")):
        raise UsageError(f"{name} is no JSON Schema that can be used: {fault}", advice=_ADVICE)
    if _leads_in_a_circle(document):
        raise UsageError(
            f"{name} is no JSON Schema that can be used: a $ref leads back to itself",
            advice="What refers to itself has to do so inside of properties or items.",
        )
    return document


_ADVICE = 'A schema is an object such as {"type": "object", "properties": {"name": {"type": "string"}}}.'


def _size_fault(document: Any) -> str:
    waiting, schemas = [(document, 1)], 0
    while waiting:
        value, depth = waiting.pop()
        if depth > MAX_DEPTH:
            return f"it is nested more than {MAX_DEPTH} levels deep"
        schemas += isinstance(value, dict)
        if schemas > MAX_SCHEMAS:
            return f"it has more than {MAX_SCHEMAS} objects"
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        waiting += [(item, depth + 1) for item in inner]
    return ""


def _faults(document: Schema) -> Iterator[str]:
    for place in places(document):
        for keyword, value in place.schema.items():
            kind = _KINDS.get(keyword)
            if kind and not kind.is_fine(value):
                yield f"{place.path}.{keyword} is {kind.what}, not {_kind_of(value)}"
            if keyword in _UNKNOWN_HERE:
                yield f"{place.path}.{keyword} cannot be checked here ({_UNKNOWN_HERE[keyword]})"
        for _, path, item in children(place):
            if not isinstance(item, (dict, bool)):
                yield f"{path} is a schema, not {_kind_of(item)}"
        yield from _ref_faults(document, place)


def _ref_faults(document: Schema, place: Place) -> Iterator[str]:
    ref = place.schema.get("$ref")
    if not isinstance(ref, str):
        return
    if ref != "#" and not ref.startswith("#/"):
        yield f"{place.path}.$ref leads out of the document ({ref[:100]}); nothing is fetched"
        return
    try:
        found = resolved(document, ref)
    except (LookupError, ValueError, TypeError):
        found = None
    if not isinstance(found, (dict, bool)):
        yield f"{place.path}.$ref leads nowhere ({ref[:100]})"


def _leads_in_a_circle(document: Schema) -> bool:
    """Whether a schema holds for a value only if it holds for the same value."""
    fine: set[int] = set()

    def is_fine(schema: Schema, trail: tuple[int, ...]) -> bool:
        if id(schema) in fine:
            return True
        if id(schema) in trail or len(trail) > _MAX_CHAIN:
            return False
        if not all(is_fine(other, (*trail, id(schema))) for other in for_same_value(document, schema)):
            return False
        fine.add(id(schema))
        return True

    return not all(is_fine(place.schema, ()) for place in places(document))


def _kind_of(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return repr(value[:60])
        case int() | float():
            return str(value)[:60]
        case list():
            return "a list" if value else "an empty list"
        case _:
            return "an object"
