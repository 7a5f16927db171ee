"""Verdicts on what more than words can do: images, tools, schemas, other requests, long conversations."""

from __future__ import annotations

from typing import Any

from chatbot.core.http.exchange import SafeExchange
from chatbot.core.request import HttpRequest
from chatbot.providers.models import context_window
from chatbot.providers.probe.finding import Finding, Seen
from chatbot.providers.probe.reading import (
    Call,
    answered,
    calls,
    document,
    excerpt,
    fault,
    finish_reason,
    parsed,
    refusal,
    text,
    usage,
)
from chatbot.providers.probe.subject import USUAL_LIMIT_TOKENS, Subject
from chatbot.providers.wires.base import integer

_COLOUR = "octarine"  # no model says it unless the schema makes it
_PIXEL = (  # a PNG of 1x1
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
_OVERFLOW_TOKENS = 150_000  # where the window of the model is not known
_MOST_OVERFLOW_TOKENS = 300_000
_NOT_THERE = (404, 405, 501)


def image_request(subject: Subject) -> HttpRequest:
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{_PIXEL}"}}
    return subject.chat([{"type": "text", "text": "Which colour is this? One word."}, picture])


def tool(name: str) -> dict[str, Any]:
    """A tool that takes the name of a city."""
    city = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    return {"type": "function", "function": {"name": name, "description": f"{name} of a city", "parameters": city}}


def tool_call(exchange: SafeExchange, seen: Seen) -> Finding:
    if found := fault(exchange):
        return found
    called = calls(exchange)
    if not called:
        return Finding("no", "it answers in words", excerpt(text(exchange)))
    first, shown = called[0], excerpt(exchange.response_body)
    if first.name != "get_weather" or not first.id:
        return Finding("wrong", "a call without its id, or of another tool", shown)
    if not isinstance(first.arguments, dict):
        return Finding("wrong", "the arguments are no JSON object in a string", shown)
    reason = finish_reason(exchange)
    return Finding("yes", "" if reason == "tool_calls" else f"finish reason {excerpt(reason)}")


def parallel_calls(exchange: SafeExchange, seen: Seen) -> Finding:
    called = calls(exchange)
    if found := _without_calls(exchange, called):
        return found
    return Finding("yes") if len(called) > 1 else Finding("no", "one call at a time")


def streamed_arguments(exchange: SafeExchange, seen: Seen) -> Finding:
    called = calls(exchange)
    if found := _without_calls(exchange, called) or _in_one_piece(exchange):
        return found
    is_streamed = any(len(call.pieces) > 1 for call in called)
    return Finding("yes", "in pieces") if is_streamed else Finding("no", "the arguments come at once")


def call_index(exchange: SafeExchange, seen: Seen) -> Finding:
    called = calls(exchange)
    if found := _without_calls(exchange, called) or _in_one_piece(exchange):
        return found
    if all(call.has_index for call in called):
        return Finding("yes")
    body = exchange.response_body
    return Finding("wrong", "calls without index", excerpt(body[max(0, body.find(b"tool_calls") - 1) :]))


def _without_calls(exchange: SafeExchange, called: list[Call]) -> Finding | None:
    """Why there is nothing to say of the calls in a stream; None where there is."""
    found = fault(exchange)
    if found is not None:
        return found._replace(answer="unknown") if found.answer == "wrong" else found
    return None if called else Finding("unknown", "no tool was called", excerpt(text(exchange)))


def _in_one_piece(exchange: SafeExchange) -> Finding | None:
    return None if document(exchange) is None else Finding("unknown", "no stream came")


def schema_request(subject: Subject) -> HttpRequest:
    properties = {"colour": {"type": "string", "enum": [_COLOUR]}, "count": {"type": "integer"}}
    schema = {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}
    wanted = {"type": "json_schema", "json_schema": {"name": "colours", "strict": True, "schema": schema}}
    return subject.chat("Name your favourite colour.", response_format=wanted)


def json_schema(exchange: SafeExchange, seen: Seen) -> Finding:
    if found := fault(exchange):
        return found
    said = parsed(text(exchange))
    fits = isinstance(said, dict) and said.keys() == {"colour", "count"}
    if fits and said["colour"] == _COLOUR and type(said["count"]) is int:
        return Finding("yes", "obeyed")
    if finish_reason(exchange) == "length":
        return Finding("unknown", "the answer was cut at the limit", excerpt(text(exchange)))
    return Finding("wrong", "taken, and not obeyed", excerpt(text(exchange)))


def responses_request(subject: Subject) -> HttpRequest:
    body = {"model": subject.model, "input": "Say yes.", "max_output_tokens": USUAL_LIMIT_TOKENS, "store": False}
    return subject.post(body, path="/responses")


def responses(exchange: SafeExchange, seen: Seen) -> Finding:
    status, said = exchange.status, document(exchange)
    if status in _NOT_THERE:
        if any(map(answered, seen.values())):
            return Finding("no", f"HTTP {status}")
        return Finding("unknown", f"HTTP {status}, and no other question is answered", excerpt(exchange.response_body))
    if status != 200:
        return fault(exchange) or Finding("unknown")
    if isinstance(said, dict) and isinstance(said.get("output"), list):
        return Finding("yes")
    return Finding("wrong", "HTTP 200, and no output", excerpt(exchange.response_body))


def overflow_request(subject: Subject) -> HttpRequest | None:
    """A conversation longer than the model takes; none where that would be dear."""
    window = context_window(subject.model)
    tokens = _OVERFLOW_TOKENS if window is None else window + 5_000
    return None if tokens > _MOST_OVERFLOW_TOKENS else subject.chat("one " * tokens)


def overflow(exchange: SafeExchange, seen: Seen) -> Finding:
    if not answered(exchange):
        return refusal(exchange, (400, 413, 422))
    sent_tokens = len(exchange.request_body) // 8
    read = integer((usage(exchange) or {}).get("prompt_tokens"))
    if read is not None and read < sent_tokens:
        return Finding("wrong", "cut without a word", f"{read} of more than {sent_tokens} tokens were read")
    return Finding("unknown", "it takes as many as were sent", measured=f"{read or sent_tokens} tokens")
