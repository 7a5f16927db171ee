"""What a model does with what was asked of it beside the question: a limit, words that end it, a schema, tools."""

from __future__ import annotations

import json
from typing import Any, Literal

from chatbot.lab.answers import Answer, Asked, Ending, tokens
from chatbot.lab.calling import UseOfTools, calling
from chatbot.lab.example import example

UseOfSchema = Literal["fits", "ignores", "breaks", "fences"]


def obeying(answer: Answer, asked: Asked, use: UseOfSchema = "fits", tools: UseOfTools = "rightly") -> Answer:
    """The answer as this request wants it, or with another `use` of its schema, or of its `tools`. One that ends
    otherwise than it likes stays as it is.
    """
    if answer.ending is not Ending.STOP:
        return answer
    if asked.tools:
        return calling(answer, asked, tools)
    text = answer.text if asked.schema is None or use == "ignores" else _document(asked.schema, use)
    ends = [at for word in asked.stop if (at := text.find(word)) >= 0]
    text = text[: min(ends)] if ends else text
    words = tokens(text)
    if asked.limit_tokens is not None and len(words) > asked.limit_tokens:
        return answer._replace(text="".join(words[: asked.limit_tokens]), ending=Ending.LENGTH)
    return answer._replace(text=text)


def _document(schema: Any, use: UseOfSchema) -> str:
    document = example(schema)
    if use == "breaks":
        document = {**document, next(iter(document)): []} if isinstance(document, dict) and document else "broken"
    text = json.dumps(document)
    return f"Here it is:\n\n```json\n{text}\n```\n" if use == "fences" else text
