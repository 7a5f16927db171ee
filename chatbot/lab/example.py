"""A document that fits a JSON Schema."""

from __future__ import annotations

from typing import Any

_DEEPEST = 20  # of a schema
_SHORT_FROM = 4  # levels, from where on only what has to be there is: what refers to itself comes to an end
_USUAL = {"string": "text", "integer": 1, "number": 1.5, "boolean": True}
_FORMATS = {
    "date": "2025-11-21",
    "time": "12:00:00Z",
    "date-time": "2025-11-21T12:00:00Z",
    "email": "lab@example.com",
    "hostname": "example.com",
    "ipv4": "127.0.0.1",
    "ipv6": "::1",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def example(schema: Any, depth: int = 0, root: Any = None) -> Any:
    """A document that fits the schema, as far as its types, bounds, constants and words say what does; always the same.
    A `$ref` is looked up in `root`, the whole schema.
    """
    root = schema if root is None else root
    schema = _looked_up(schema, root)
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return None
    if "const" in schema:
        return schema["const"]
    for chosen in ("enum", "anyOf", "oneOf"):
        if isinstance(schema.get(chosen), list) and schema[chosen]:
            choice = schema[chosen][-1 if depth > _SHORT_FROM else 0]
            return choice if chosen == "enum" else example(choice, depth + 1, root)
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    if kind == "object":
        properties = schema.get("properties")
        required = schema.get("required")
        named = properties if isinstance(properties, dict) else {}
        wanted = required if depth > _SHORT_FROM and isinstance(required, list) else named
        return {name: example(part, depth + 1, root) for name, part in named.items() if name in wanted}
    if kind == "array":
        least = _number(schema.get("minItems"), 0)
        count = least if depth > _SHORT_FROM or schema.get("maxItems") == 0 else max(1, least)
        return [example(schema.get("items"), depth + 1, root)] * min(int(count), 100)
    return _plain(kind, schema)


def _plain(kind: object, schema: dict[str, Any]) -> Any:
    """A text, a number or a truth within its bounds."""
    usual = _USUAL.get(kind) if isinstance(kind, str) else None
    if kind == "string":
        text = _FORMATS.get(str(schema.get("format")), "text")
        longest = _number(schema.get("maxLength"), len(text))
        return text.ljust(min(int(_number(schema.get("minLength"), 0)), 1_000), "x")[: int(max(longest, 0))]
    if kind in ("integer", "number"):
        least, most = (_number(schema.get(name), None) for name in ("minimum", "maximum"))
        if least is not None and usual < least:
            return least
        return most if most is not None and usual > most else usual
    return usual


def _number(value: Any, otherwise: Any) -> Any:
    return value if type(value) in (int, float) else otherwise


def _looked_up(schema: Any, root: Any) -> Any:
    for _ in range(_DEEPEST):
        if not isinstance(schema, dict) or not isinstance(schema.get("$ref"), str):
            break
        schema = _at(root, schema["$ref"].removeprefix("#").split("/")[1:])
    return schema


def _at(holder: Any, path: list[str]) -> Any:
    for name in path:
        holder = holder.get(name.replace("~1", "/").replace("~0", "~")) if isinstance(holder, dict) else None
    return holder
