"""What a model does with what was asked of it beside the question: a limit, words that end it, a schema, tools."""

from __future__ import annotations

import json
from typing import Any

from chatbot.lab.answers import Answer, Asked, Call, Ending, tokens

_DEEPEST = 20  # of a schema
_USUAL = {"string": "text", "integer": 1, "number": 1.5, "boolean": True}


def obeying(answer: Answer, asked: Asked) -> Answer:
    """The answer as this request wants it. One that ends otherwise than it likes stays as it is."""
    if answer.ending is not Ending.STOP:
        return answer
    if asked.tools:
        calls = [Call(name, json.dumps(example(parameters))) for name, parameters in asked.tools]
        return answer._replace(text="", calls=tuple(calls), ending=Ending.CALLS)
    text = answer.text if asked.schema is None else json.dumps(example(asked.schema))
    ends = [at for word in asked.stop if (at := text.find(word)) >= 0]
    text = text[: min(ends)] if ends else text
    words = tokens(text)
    if asked.limit_tokens is not None and len(words) > asked.limit_tokens:
        return answer._replace(text="".join(words[: asked.limit_tokens]), ending=Ending.LENGTH)
    return answer._replace(text=text)


def example(schema: Any, depth: int = 0) -> Any:
    """A document that fits the schema, as far as its types, constants and words say what does; always the same."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return None
    if "const" in schema:
        return schema["const"]
    for chosen in ("enum", "anyOf", "oneOf"):
        if isinstance(schema.get(chosen), list) and schema[chosen]:
            first = schema[chosen][0]
            return first if chosen == "enum" else example(first, depth + 1)
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    if kind == "object":
        properties = schema.get("properties")
        named = properties if isinstance(properties, dict) else {}
        return {name: example(part, depth + 1) for name, part in named.items()}
    if kind == "array":
        return [example(schema.get("items"), depth + 1)]
    return _USUAL.get(kind) if isinstance(kind, str) else None
