"""The table of checks, in the order in which they ask and are shown. One more is a function and a row.

Sources: the OpenAI API reference, "Chat"; what compatible servers do instead was seen in recorded exchanges.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from chatbot.core.request import HttpRequest
from chatbot.providers.probe import abilities, chat, server
from chatbot.providers.probe.finding import Check
from chatbot.providers.probe.subject import LIMIT_FIELDS, WRONG_KEY, Subject

MOST_REQUESTS = 20  # without the deep ones
_SEED = 7


def _limited(field: str, subject: Subject) -> HttpRequest:
    limited: dict[str, Any] = {field: chat.FEW_TOKENS}
    return subject._replace(limit_field=field).chat(chat.LONG_TEXT, **limited)


def _asking(**fields: Any) -> Callable[[Subject], HttpRequest]:
    """The usual question with these fields."""
    return lambda subject: subject.chat(chat.SHORT_TEXT, **fields)


def _without_key(subject: Subject) -> HttpRequest | None:
    return subject.with_key(None).chat(chat.SHORT_TEXT) if subject.has_key else None


_CHATS = ("max-tokens", "max-completion-tokens")
_WEATHER, _TIME = abilities.tool("get_weather"), abilities.tool("get_time")
_BOTH = "Call both tools now, at once: get_weather for Paris, and get_time for Paris."
_STREAM = ("stream",)
_CALLS = ("parallel-calls",)

CHECKS: tuple[Check, ...] = (
    Check("reachable", "Reachable", server.reachable, reads=("models",)),
    Check("tls", "TLS", server.tls, reads=("models",)),
    Check("models", "List of models", server.models, Subject.models),
    Check("chat", "Chat, whole", chat.chat, reads=_CHATS),
    Check("usage", "Usage is told", chat.usage_whole, reads=_CHATS),
    Check("max-tokens", "max_tokens", chat.limit, partial(_limited, LIMIT_FIELDS[0])),
    Check("max-completion-tokens", "max_completion_tokens", chat.limit, partial(_limited, LIMIT_FIELDS[1])),
    Check("stream", "Chat, streamed", chat.streamed, _asking(stream=True)),
    Check("content-type", "Content type of a stream", chat.content_type, reads=_STREAM),
    Check("end-marker", "End marker of a stream", chat.end_marker, reads=_STREAM),
    Check("stream-usage", "Usage in a stream", chat.stream_usage, reads=_STREAM),
    Check("keep-alive", "Keep-alive comments", chat.keep_alive, reads=_STREAM),
    Check("no-key", "A missing key is refused", server.no_key, _without_key, reads=("no-key", *_CHATS)),
    Check(
        "wrong-key",
        "A wrong key is refused",
        server.wrong_key,
        lambda subject: subject.with_key(WRONG_KEY).chat(chat.SHORT_TEXT),
    ),
    Check("temperature", "temperature = 0", chat.accepted, _asking(temperature=0), needs_chat=True),
    Check("system", "Role system", chat.accepted, _asking(role="system"), needs_chat=True),
    Check("developer", "Role developer", chat.accepted, _asking(role="developer"), needs_chat=True),
    Check("stop", "stop", chat.stop, _asking(stop=[chat.STOP_WORD]), needs_chat=True),
    Check("seed", "seed", chat.accepted, _asking(seed=_SEED), needs_chat=True),
    Check("image", "An image", chat.accepted, abilities.image_request, needs_chat=True),
    Check(
        "tools",
        "A tool is called",
        abilities.tool_call,
        lambda subject: subject.chat("Call the tool get_weather for Paris.", tools=[_WEATHER]),
        needs_chat=True,
    ),
    Check(
        "parallel-calls",
        "Several calls at once",
        abilities.parallel_calls,
        lambda subject: subject.chat(_BOTH, tools=[_WEATHER, _TIME], stream=True),
        needs_chat=True,
    ),
    Check(
        "streamed-arguments",
        "Arguments of a call are streamed",
        abilities.streamed_arguments,
        reads=_CALLS,
        needs_chat=True,
    ),
    Check("call-index", "Calls in a stream have an index", abilities.call_index, reads=_CALLS, needs_chat=True),
    Check("json-schema", "json_schema", abilities.json_schema, abilities.schema_request, needs_chat=True),
    Check("unknown-field", "An unknown field is ignored", chat.ignored, _asking(chat_probe=True), needs_chat=True),
    Check(
        "error-model",
        "A wrong model is refused",
        server.bad_model,
        lambda subject: subject._replace(model=server.NO_MODEL).chat(chat.SHORT_TEXT),
    ),
    Check(
        "error-body", "A wrong body is refused", server.bad_body, lambda subject: subject.post({"model": subject.model})
    ),
    Check(
        "error-stream",
        "An error of a stream has a status",
        server.error_in_stream,
        lambda subject: subject.post({"model": server.NO_MODEL, "stream": True}, stream=True),
    ),
    Check("responses", "Responses (/responses)", abilities.responses, abilities.responses_request),
    Check(
        "same-seed",
        "The same seed, the same answer",
        chat.same_seed,
        _asking(seed=_SEED),
        needs_chat=True,
        is_deep=True,
    ),
    Check(
        "reasoning-effort",
        "reasoning_effort",
        chat.accepted,
        _asking(reasoning_effort="low"),
        needs_chat=True,
        is_deep=True,
    ),
    Check(
        "overflow", "Too long is refused", abilities.overflow, abilities.overflow_request, needs_chat=True, is_deep=True
    ),
    Check("reasoning", "Field of reasoning", chat.reasoning, reads=_CHATS),
    Check("limit-headers", "Limits in headers", server.limit_headers, reads=("models", *_CHATS)),
)


def wanted(*, deep: bool) -> tuple[Check, ...]:
    """The checks of a probe."""
    return tuple(check for check in CHECKS if deep or not check.is_deep)
