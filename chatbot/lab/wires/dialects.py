"""The four wire formats, and which of them an address speaks.

Paths may have any prefix, so that the base URL of any service can be imitated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from chatbot.lab.dialect import Dialect
from chatbot.lab.wires.anthropic import AnthropicDialect
from chatbot.lab.wires.gemini import GeminiDialect
from chatbot.lab.wires.openai import OpenAIDialect
from chatbot.lab.wires.responses import ResponsesDialect
from chatbot.records import NamedTuple

OPENAI, RESPONSES, ANTHROPIC, GEMINI = OpenAIDialect(), ResponsesDialect(), AnthropicDialect(), GeminiDialect()
DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in (OPENAI, RESPONSES, ANTHROPIC, GEMINI)}

_GENERATE = re.compile(r"/models/(?P<model>.+):(?P<method>generateContent|streamGenerateContent)\Z")


class Route(NamedTuple):
    """Where a request leads. `model` and `streamed` are known here only where the path says them (Gemini)."""

    dialect: Dialect
    action: Literal["answer", "models", "nothing"]
    path: str
    query: Mapping[str, str]
    model: str = ""
    streamed: bool = False

    @property
    def sse(self) -> bool:
        """False for the JSON array that Gemini streams without `alt=sse`."""
        return self.dialect is not GEMINI or self.query.get("alt") == "sse"


def route(method: str, target: str, headers: Mapping[str, str]) -> Route:
    """The dialect and the action for one request line. `headers` have lower-case names.

    A path that leads nowhere still has a dialect: the one whose error the client can read.
    """
    address = urlsplit(target)
    path = unquote(address.path)
    found = Route(_dialect(path, headers), "nothing", address.path, dict(parse_qsl(address.query)))
    if method == "GET" and path.endswith("/models"):
        return found._replace(action="models")
    if method != "POST":
        return found
    if generate := _GENERATE.search(path):
        streamed = generate["method"] == "streamGenerateContent"
        return found._replace(dialect=GEMINI, action="answer", model=generate["model"], streamed=streamed)
    for ending, dialect in (("/chat/completions", OPENAI), ("/responses", RESPONSES), ("/messages", ANTHROPIC)):
        if path.endswith(ending):
            return found._replace(dialect=dialect, action="answer")
    return found


def _dialect(path: str, headers: Mapping[str, str]) -> Dialect:
    if "anthropic-version" in headers:
        return ANTHROPIC
    if ("/v1beta" in path and "/openai" not in path) or "x-goog-api-key" in headers:
        return GEMINI
    return OPENAI
