"""Which JSON Schemas a service takes, told before anything is sent; and how one is sent.

Sources: developers.openai.com, "Structured model outputs", Supported schemas; platform.claude.com, "Structured
outputs", JSON Schema limitations; ai.google.dev, "Structured outputs", JSON Schema support.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from chatbot.core.errors import UsageError
from chatbot.core.messages import Conversation
from chatbot.core.options import Options
from chatbot.core.request import Payload
from chatbot.core.schemas.structure import Place, Schema, changed, places, resolved
from chatbot.providers.service import Service
from chatbot.records import NamedTuple

# Remarks, which no answer can break: where a service does not know them, they are not sent.
_REMARKS = frozenset("$schema $id $comment default examples deprecated readOnly writeOnly".split())
_COMMON = frozenset(
    "type title description properties required additionalProperties items enum const anyOf $ref $defs definitions "
    "format".split()
)
_TYPED = frozenset("type $ref anyOf enum const".split())
_NUMBERS = frozenset("minimum maximum exclusiveMinimum exclusiveMaximum multipleOf".split())
_FORMATS = frozenset("date-time time date duration email hostname ipv4 ipv6 uuid".split())
_MOST_TOLD = 3

_LEAVE_OUT = "Leave it out of the schema, and say what is meant in a description."
_SMALLER = "Ask for less at once: make the schema smaller."


class Rules(NamedTuple):
    """What a schema may have. A keyword that is not among these is refused, or does nothing where the service
    `ignores` it. `max_` are limits of the whole schema; None: there is none.
    """

    keywords: frozenset[str]
    formats: frozenset[str] | None = None
    ignores: bool = False
    is_closed: bool = True  # every object has `additionalProperties: false`
    needs_all: bool = False  # every property is required
    needs_object: bool = False  # at the top
    needs_type: bool = False
    recursive: bool = True
    max_min_items: int | None = None
    max_properties: int | None = None
    max_depth: int | None = None
    max_words: int | None = None  # of all enums
    max_optional: int | None = None
    max_unions: int | None = None


OPENAI = Rules(
    _COMMON | _NUMBERS | {"pattern", "minItems", "maxItems"},
    _FORMATS,
    needs_all=True,
    needs_object=True,
    needs_type=True,
    max_properties=5_000,
    max_depth=10,
    max_words=1_000,
)
ANTHROPIC = Rules(
    _COMMON | {"default", "pattern", "minItems"},
    _FORMATS | {"uri"},
    recursive=False,
    max_min_items=1,
    max_optional=24,
    max_unions=16,
)
GEMINI = Rules(
    (_COMMON - {"const", "definitions"})
    | {"$id", "$anchor", "prefixItems", "minItems", "maxItems", "minimum", "maximum", "oneOf", "propertyOrdering"},
    ignores=True,
    is_closed=False,
)
_BY_WIRE = {"openai": OPENAI, "responses": OPENAI, "anthropic": ANTHROPIC, "gemini": GEMINI}


class SentSchema(NamedTuple):
    """A schema as a service gets it, and what has to be said of it."""

    schema: Schema
    remarks: tuple[str, ...] = ()


class Fault(NamedTuple):
    """Why a schema is not taken, as what follows `OpenAI takes no schema with`, and the way out."""

    what: str
    advice: str


def sent(schema: Schema, service: Service) -> SentSchema:
    """The schema as the service is sent it: without remarks that it does not know, and with `additionalProperties:
    false` where an object does not say it and the service wants it. What fits it fits `schema` too.

    Raises UsageError: a sentence that names what the service does not take, and where.
    """
    rules = _BY_WIRE[service.wire] if service.schemas == "strict" else None
    if rules is None:
        return SentSchema(schema)

    def as_sent(inner: dict[str, Any]) -> dict[str, Any]:
        kept = {name: value for name, value in inner.items() if name in rules.keywords or name not in _REMARKS}
        is_open = rules.is_closed and _is_object(inner) and "additionalProperties" not in inner
        return {**kept, "additionalProperties": False} if is_open else kept

    wanted = changed(schema, as_sent)
    if rules.ignores:
        ignored = _unknown(wanted, rules)
        what = f"{service.title} does not heed {_listed(ignored)}; the answer is checked here"
        return SentSchema(wanted, (what,) if ignored else ())
    faults = list(dict.fromkeys(_faults(wanted, rules)))
    if faults:
        raise UsageError(
            f"{service.title} takes no schema with {_listed([fault.what for fault in faults])}",
            advice="\n".join(dict.fromkeys(fault.advice for fault in faults[:_MOST_TOLD])),
        )
    return SentSchema(wanted)


def in_words(conversation: Conversation, options: Options) -> tuple[Conversation, Options]:
    """The same question, with its schema as a sentence of the system prompt."""
    told = (
        "Answer with one JSON document that fits this JSON Schema, and with nothing before or after it:\n"
        f"{json.dumps(options.schema, ensure_ascii=False)}"
    )
    system = f"{conversation.system}\n\n{told}" if conversation.system else told
    return conversation._replace(system=system), options._replace(schema=None)


def is_in(payload: Payload) -> bool:
    """Whether a request body of any wire format carries a schema."""
    holders = (payload.get("text"), payload.get("output_config"))
    generation = payload.get("generationConfig") or {}
    return (
        "response_format" in payload
        or any(isinstance(holder, dict) and "format" in holder for holder in holders)
        or {"responseMimeType", "responseJsonSchema"} <= generation.keys()
    )


def _faults(schema: Schema, rules: Rules) -> Iterator[Fault]:
    yield from (Fault(what, _LEAVE_OUT) for what in _unknown(schema, rules))
    found = list(places(schema))
    if rules.needs_object and (schema.get("type") != "object" or "anyOf" in schema):
        yield Fault("anything but an object at its top", "Make it a property of an object, or use --schema-multi.")
    for place in found:
        yield from _faults_at(place, rules)
    if not rules.recursive and _is_recursive(schema):
        yield Fault("a $ref that leads back to where it stands", "Write out as many levels as are needed.")
    yield from _limit_faults(found, rules)


def _faults_at(place: Place, rules: Rules) -> Iterator[Fault]:
    path, schema, _ = place
    if rules.is_closed and _is_object(schema) and schema.get("additionalProperties") is not False:
        yield Fault(f"additionalProperties ({path})", "Name each property, and leave additionalProperties out.")
    missing = [name for name in schema.get("properties", {}) if name not in schema.get("required", ())]
    if rules.needs_all and missing:
        yield Fault(
            f"a property that is not required ({path}.properties.{missing[0]})",
            'Name each in required; the type of one that may be missing is ["string", "null"].',
        )
    if rules.needs_type and not schema.keys() & _TYPED:
        yield Fault(f"a part without a type ({path})", "Give it a type, such as string.")
    if rules.formats is not None and "format" in schema and schema["format"] not in rules.formats:
        formats = ", ".join(sorted(rules.formats))
        yield Fault(f"the format {schema['format']} ({path})", f"Leave it out, or take one of {formats}.")
    if rules.max_min_items is not None and schema.get("minItems", 0) > rules.max_min_items:
        yield Fault(f"minItems above {rules.max_min_items} ({path})", _LEAVE_OUT)


def _limit_faults(found: list[Place], rules: Rules) -> Iterator[Fault]:
    schemas = [place.schema for place in found]
    properties = [(name, schema) for schema in schemas for name in schema.get("properties", ())]
    counted = (
        ("properties", len(properties), rules.max_properties),
        ("levels", max(place.depth for place in found), rules.max_depth),
        ("words to choose from", sum(len(schema.get("enum", ())) for schema in schemas), rules.max_words),
        (
            "properties that are not required",
            sum(name not in schema.get("required", ()) for name, schema in properties),
            rules.max_optional,
        ),
        (
            "unions of types",
            sum("anyOf" in schema or isinstance(schema.get("type"), list) for schema in schemas),
            rules.max_unions,
        ),
    )
    for what, count, most in counted:
        if most is not None and count > most:
            yield Fault(f"more than {most} {what} (it has {count})", _SMALLER)


def _unknown(schema: Schema, rules: Rules) -> list[str]:
    """The keywords that the service does not know, each with the first place where it stands."""
    found: dict[str, str] = {}
    for place in places(schema):
        for keyword in place.schema:
            if keyword not in rules.keywords:
                found.setdefault(keyword, place.path)
    return [f"{keyword} ({path})" for keyword, path in found.items()]


def _is_object(schema: Schema) -> bool:
    kind = schema.get("type")
    return kind == "object" or (isinstance(kind, list) and "object" in kind) or "properties" in schema


def _is_recursive(schema: Schema) -> bool:
    """Whether a schema is, at some depth, a part of itself."""
    refs = {id(place.schema): place.schema for place in places(schema) if "$ref" in place.schema}
    inside = {start: _refs_in(resolved(schema, ref["$ref"])) for start, ref in refs.items()}
    for start in refs:
        seen: set[int] = set()
        waiting = [*inside[start]]
        while waiting:
            if (at := waiting.pop()) not in seen:
                seen.add(at)
                waiting += inside[at]
        if start in seen:
            return True
    return False


def _refs_in(schema: Any) -> list[int]:
    return [id(each.schema) for each in places(schema) if "$ref" in each.schema] if isinstance(schema, dict) else []


def _listed(parts: list[str]) -> str:
    told = parts[:_MOST_TOLD]
    more = f" and {len(parts) - _MOST_TOLD} more" if len(parts) > _MOST_TOLD else ""
    return ", ".join(told) + more
