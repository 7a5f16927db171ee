"""Tools as data: what is declared to a model, what it calls, what it gets back, and what a person says to a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chatbot.records import NamedTuple

CALL_WITHIN_S = 60.0
MAX_RESULT_BYTES = 64 * 1024  # of UTF-8; of a longer one head and tail are kept, and the model is told so


class ToolDefinition(NamedTuple):
    """A function as a model is told of it. `name` has 1 to 64 of the characters a-z, A-Z, 0-9, `_` and `-`, which is
    what every provider takes; `parameters` is a JSON Schema of the type object.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]


class ToolCall(NamedTuple):
    """What a model wants called. `arguments` are as it wrote them: JSON text, which may be empty or no JSON at all.
    `id` is the provider's, or ours where it gave none.
    """

    id: str
    name: str
    arguments: str


class ToolResult(NamedTuple):
    """What the model is told of one call; an error is told in `text`, as any other result."""

    call_id: str
    name: str
    text: str
    is_error: bool = False


class ToolOutput(NamedTuple):
    """What a tool itself said, before it is a result."""

    text: str
    is_error: bool = False


class Tool(NamedTuple):
    """A function that can be called.

    `run` takes the parsed arguments (already held against the schema) and `stopped`, which turns true when the person
    stops; it ends by itself within CALL_WITHIN_S and never raises for what a caller can do wrong: that is an output
    with `is_error`. `always_asks`: every single call wants a person's yes (a shell). `is_safe`: needs none at all, at
    a terminal or elsewhere. `source` says where it is from, for `/tools`: `built in`, `weather.py`, `mcp: time`.
    """

    definition: ToolDefinition
    run: Callable[[Mapping[str, Any], Callable[[], bool]], ToolOutput]
    always_asks: bool = False
    is_safe: bool = False
    source: str = "built in"


class Approval(NamedTuple):
    """What was said to a call. `arguments` stand for those of the model, where the person changed them; `reason` is
    told to the model where the call is not to be made.
    """

    is_given: bool
    arguments: str | None = None
    reason: str = ""


Approve = Callable[[ToolCall, Tool], Approval]
"""Asks whoever may say yes to a call. Called for one call at a time, in the order of the calls."""
