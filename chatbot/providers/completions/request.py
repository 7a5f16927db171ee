"""A request in Chat Completions, read into our terms: for providers that speak another wire format.

Source: platform.openai.com/docs/api-reference/chat/create.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

from chatbot.core.attachments.kinds import kind_of
from chatbot.core.errors import RequestRefused, UsageError
from chatbot.core.messages import TEXT, Attachment, Conversation, Document, Image
from chatbot.core.options import Options
from chatbot.core.request import Payload
from chatbot.core.schemas.structure import Schema
from chatbot.core.schemas.well_formed import check_schema
from chatbot.core.tools.calling import ToolCall, ToolDefinition, ToolResult
from chatbot.records import NamedTuple

_READ = frozenset(
    "model messages stream stream_options max_tokens max_completion_tokens temperature top_p stop seed "
    "reasoning_effort tools".split()
)
# Values that change nothing: who does not know the field leaves nothing out.
_NOTHING: dict[str, Any] = {
    "n": 1,
    "frequency_penalty": 0,
    "presence_penalty": 0,
    "logprobs": False,
    "logit_bias": {},
    "store": False,
    "tool_choice": "auto",
    "parallel_tool_calls": True,
    "response_format": {"type": "text"},
    "modalities": ["text"],
}
_NUMBER = (int, float)
_KINDS: dict[tuple[type, ...], str] = {
    (bool,): "true or false",
    (int,): "a whole number",
    _NUMBER: "a number",
    (str,): "a text",
}


class CompletionRequest(NamedTuple):
    """What was asked. `ignored` are the fields that have no place in our terms, by their names."""

    conversation: Conversation
    options: Options
    wants_usage: bool
    ignored: tuple[str, ...]


def read_request(body: Payload, model: str) -> CompletionRequest:
    """The request, to `model`. Raises RequestRefused, which names the field, for what makes no sense, or cannot be said
    in other wire formats (files elsewhere).
    """
    schema = _schema(body.get("response_format"))
    options = Options(
        model=model,
        stream=bool(_of(body, "stream", (bool,))),
        max_tokens=_limit(body, "max_completion_tokens") or _limit(body, "max_tokens"),
        temperature=_of(body, "temperature", _NUMBER),
        top_p=_of(body, "top_p", _NUMBER),
        stop=_stop(body.get("stop")),
        seed=_of(body, "seed", (int,)),
        reasoning_effort=_of(body, "reasoning_effort", (str,)),
        schema=schema,
        tools=tuple(_tools(body.get("tools"))),
    )
    known = _READ | ({"response_format"} if schema is not None else set())
    ignored = tuple(
        name for name, value in body.items() if name not in known and value is not None and value != _NOTHING.get(name)
    )
    usage = body.get("stream_options")
    return CompletionRequest(
        _conversation(body.get("messages")),
        options,
        isinstance(usage, dict) and usage.get("include_usage") is True,
        ignored,
    )


def refused(message: str, parameter: str) -> RequestRefused:
    """The error for a field."""
    error = RequestRefused(message, status=400)
    error.parameter = parameter
    return error


def _of(body: Payload, name: str, kinds: tuple[type, ...]) -> Any:
    value = body.get(name)
    if value is not None and (not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds)):
        raise refused(f"{name} is not {_KINDS[kinds]}", name)
    return value


def _limit(body: Payload, name: str) -> int | None:
    limit = _of(body, name, (int,))
    if limit is not None and limit < 1:
        raise refused(f"{name} must be at least 1", name)
    return limit  # type: ignore[no-any-return]


def _stop(value: Any) -> tuple[str, ...]:
    words = [value] if isinstance(value, str) else value or []
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise refused("stop is a text, or a list of some", "stop")
    return tuple(words)


def _schema(wanted: Any) -> Schema | None:
    if not isinstance(wanted, dict) or wanted.get("type") != "json_schema":
        return None
    holder = wanted.get("json_schema")
    name = "response_format.json_schema.schema"
    try:
        return dict(check_schema(holder.get("schema") if isinstance(holder, dict) else None, name))
    except UsageError as error:
        raise refused(str(error), "response_format") from None


def _tools(value: Any) -> Iterator[ToolDefinition]:
    if value is not None and not isinstance(value, list):
        raise refused("tools is not a list", "tools")
    for number, tool in enumerate(value or []):
        function = tool.get("function") if isinstance(tool, dict) else None
        name = function.get("name") if isinstance(function, dict) else None
        if not isinstance(function, dict) or not isinstance(name, str):
            raise refused(f"tools[{number}] is not a function, which is all that can be passed on", "tools")
        parameters = function.get("parameters")
        usual: Payload = {"type": "object", "properties": {}}
        yield ToolDefinition(
            name, str(function.get("description") or ""), parameters if isinstance(parameters, dict) else usual
        )


def _conversation(value: Any) -> Conversation:
    if not isinstance(value, list) or not value:
        raise refused("messages is not a list with something in it", "messages")
    system: list[str] = []
    found = Conversation()
    results: dict[str, ToolResult] = {}
    for number, message in enumerate(value):
        where = f"messages[{number}]"
        role = message.get("role") if isinstance(message, dict) else None
        if role == "tool":
            call_id = str(message.get("tool_call_id"))
            results[call_id] = ToolResult(call_id, "", _text(message.get("content"), where))
            continue
        found, results = _with_results(found, results, where), {}
        if role in ("system", "developer"):
            system.append(_text(message.get("content"), where))
        elif role == "user":
            found = found.asking(*_said(message.get("content"), where))
        elif role == "assistant":
            found = found.answered(_text(message.get("content"), where), calls=tuple(_calls(message, where)))
        else:
            raise refused(f"{where} has the role {role}, which cannot be passed on", "messages")
    return _with_results(found, results, "messages")._replace(system="\n\n".join(system) or None)


def _with_results(conversation: Conversation, results: dict[str, ToolResult], where: str) -> Conversation:
    """With the results of the calls that were made last, in the order of these."""
    calls = conversation.messages[-1].calls if conversation.messages else ()
    missing = [call.id for call in calls if call.id not in results]
    unknown = results.keys() - {call.id for call in calls}
    if missing or unknown:
        what = f"the result of the tool call {missing[0]} is missing" if missing else "results of calls never made"
        raise refused(f"{where}: {what}", "messages")
    return (
        conversation.told(tuple(results[call.id]._replace(name=call.name) for call in calls)) if calls else conversation
    )


def _calls(message: Payload, where: str) -> Iterator[ToolCall]:
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, list) else ():
        match call:
            case {"id": str(call_id), "function": {"name": str(name), "arguments": str(arguments)}}:
                yield ToolCall(call_id, name, arguments)
            case _:
                raise refused(f"{where} has a tool call without id, name or arguments", "messages")


def _text(content: Any, where: str) -> str:
    text, attached = _said(content, where)
    if attached:
        raise refused(f"{where} has {attached[0].name}, which only a question can have", "messages")
    return text


def _said(content: Any, where: str) -> tuple[str, tuple[Attachment, ...]]:
    """The text of a message, and what is attached to it."""
    if content is None or isinstance(content, str):
        return content or "", ()
    texts: list[str] = []
    attached: list[Attachment] = []
    for part in content if isinstance(content, list) else [content]:
        match part:
            case {"type": "text", "text": str(text)} | {"type": "refusal", "refusal": str(text)}:
                texts.append(text)
            case {"type": "image_url", "image_url": {"url": str(url)}}:
                attached.append(_image(url, where))
            case {"type": "input_audio", "input_audio": {"data": str(data)}}:
                attached.append(_document(data, "a recording", where))
            case {"type": "file", "file": {"file_data": str(url), **more}}:
                attached.append(_document(url.rpartition(";base64,")[2], str(more.get("filename") or "a file"), where))
            case _:
                kind = part.get("type") if isinstance(part, dict) else type(part).__name__
                raise refused(f"{where} has content of the type {kind}, which cannot be passed on", "messages")
    return "\n".join(texts), tuple(attached)


def _image(url: str, where: str) -> Image:
    found = re.match(r"data:([\w.+-]+/[\w.+-]+);base64,", url)
    if found is None:
        raise refused(f"{where} has an image elsewhere; send it as a data: URL", "messages")
    return Image(found[1], _decoded(url[found.end() :], "an image", where), 0, 0, "an image")


def _document(base64_text: str, name: str, where: str) -> Document:
    """What it is, its bytes say."""
    data = _decoded(base64_text, name, where)
    kind = kind_of(data)
    if kind.media_type in ("", "image/*", TEXT):
        raise refused(
            f"{where} has {name}, which is neither a PDF document nor a recording, but {kind.words}", "messages"
        )
    return Document(kind.media_type, data, name)


def _decoded(text: str, name: str, where: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise refused(f"{where} has {name} that is not Base64", "messages") from None
