"""Where a schema holds others, and what becomes of all of them.

Source: json-schema.org, draft 2020-12, "A Vocabulary for Applying Subschemas", and draft 7 for the older words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from chatbot.records import NamedTuple

Schema = Mapping[str, Any]

ONE = frozenset("additionalProperties additionalItems contains else if items not propertyNames then".split())
SEVERAL = frozenset("allOf anyOf oneOf prefixItems items".split())
NAMED = frozenset("properties patternProperties $defs definitions dependentSchemas".split())
# Those whose schemas hold for the same value as the one they stand in.
_SAME_VALUE = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else")


class Place(NamedTuple):
    """A schema inside of another: `path` leads there ($.properties.age), through so many levels of values."""

    path: str
    schema: Schema
    depth: int


def children(place: Place) -> Iterator[tuple[str, str, Any]]:
    """What stands where a schema belongs: the keyword, its path, and what is there."""
    for keyword, value in place.schema.items():
        at = f"{place.path}.{keyword}"
        if keyword in SEVERAL and isinstance(value, list):
            yield from ((keyword, f"{at}[{number}]", item) for number, item in enumerate(value))
        elif keyword in NAMED and isinstance(value, dict):
            yield from ((keyword, f"{at}.{name}", item) for name, item in value.items())
        elif keyword in ONE:
            yield keyword, at, value


def places(schema: Schema) -> Iterator[Place]:
    """The schema and all inside of it, outermost first; what is no object is left out."""
    waiting = [Place("$", schema, 1)]
    while waiting:
        place = waiting.pop()
        yield place
        found = [
            Place(path, item, place.depth + (keyword in ("properties", "items", "prefixItems", "additionalProperties")))
            for keyword, path, item in children(place)
            if isinstance(item, dict)
        ]
        waiting += reversed(found)


def changed(schema: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """The schema with each one inside of it, and then itself, changed."""
    if not isinstance(schema, dict):
        return schema
    result: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in SEVERAL and isinstance(value, list):
            value = [changed(item, change) for item in value]
        elif keyword in NAMED and isinstance(value, dict):
            value = {name: changed(item, change) for name, item in value.items()}
        elif keyword in ONE:
            value = changed(value, change)
        result[keyword] = value
    return change(result)


def resolved(root: Schema, ref: str) -> Any:
    """What a `$ref` within the document leads to (RFC 6901). Raises LookupError or ValueError."""
    found: Any = root
    for part in unquote(ref.removeprefix("#")).split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        found = found[int(name)] if isinstance(found, list) else found[name]
    return found


def for_same_value(root: Schema, schema: Schema) -> Iterator[Schema]:
    """The schemas that a value has to meet, or may, because it is held against this one."""
    found = [resolved(root, schema["$ref"])] if "$ref" in schema else []
    for keyword in _SAME_VALUE:
        value = schema.get(keyword)
        found += value if isinstance(value, list) else [value]
    yield from (item for item in found if isinstance(item, dict))
