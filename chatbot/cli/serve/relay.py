"""The relay: requests in Chat Completions, answered by any provider.

Where a provider speaks Chat Completions, its bytes pass as they come. Elsewhere a session asks, and its events are
written as they come.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import Any

from chatbot.cli.passing.listening import fault_teller
from chatbot.cli.passing.reply import end_to_end, passed_on, unbroken
from chatbot.cli.passing.upstreams import Upstreams
from chatbot.cli.serve.access import Access
from chatbot.cli.serve.handed_back import HandedBack
from chatbot.cli.serve.targets import Target, Targets
from chatbot.cli.serve.view import Told, View
from chatbot.core.errors import Cancelled, ChatError, MalformedAnswer
from chatbot.core.events import Event, Finished, Notice, ToolCallDelta
from chatbot.core.http.exchange import Headers
from chatbot.core.messages import Conversation, Document
from chatbot.core.options import Options
from chatbot.core.redaction.redactor import Redactor
from chatbot.core.request import MAX_ERROR_BYTES, HttpFailure, HttpRequest, HttpResponse, read_at_most, request_id_in
from chatbot.core.sse.decoder import parse
from chatbot.core.wires.chat_completions import Head
from chatbot.lab.answers import Received
from chatbot.lab.replies import CHUNKED, ScriptedReply, whole
from chatbot.lab.server.connection import Connection, refusal
from chatbot.lab.server.departures import Departure
from chatbot.providers.attachments import limits, why_not_taken
from chatbot.providers.completions.answer import CompletionWriter, written, written_error
from chatbot.providers.completions.request import CompletionRequest, read_request, refused
from chatbot.records import NamedTuple

_ERROR_WITHIN_S = 10.0
_MAX_REMARK_CHARS = 4_000  # many clients read no more than 8 kB of a header
_JSON = "application/json"
_STREAM = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache", **CHUNKED}
# Of a provider's answer, beside what names the request or tells limits: all that a client may know.
_PASSED = frozenset(
    "content-type content-length content-encoding cache-control retry-after retry-after-ms x-should-retry "
    "openai-processing-ms openai-version request-id x-request-id".split()
)


class Asked(NamedTuple):
    """One question on its way: its request, its client, whom it goes to, and who is told of it."""

    received: Received
    departure: Departure
    target: Target
    told: Told


class Relay:
    """Answers requests. See Respond."""

    def __init__(self, targets: Targets, upstreams: Upstreams, access: Access, view: View) -> None:
        self._targets = targets
        self._upstreams = upstreams
        self._access = access
        self._view = view
        self._handed_back = HandedBack()

    @property
    def handler(self) -> type[Connection]:
        """What a server makes of each connection."""
        attributes: dict[str, Any] = {"respond": staticmethod(self), "refuse": staticmethod(self._refuse)}
        attributes["tell_fault"] = staticmethod(fault_teller(self._view.notices))
        return type("RelayConnection", (Connection,), {"server_version": "chat", **attributes})

    def _refuse(self, method: str, headers: Mapping[str, str]) -> ScriptedReply | None:
        reply = self._access.refuse(method, headers)
        if reply and reply.status and reply.status >= 400:
            self._view.refused(method, reply)
        return reply

    def __call__(self, received: Received, departure: Departure) -> ScriptedReply:
        told = self._view.begin(received)
        try:
            reply = self._reply(received, departure, told)
        except Cancelled:  # the client went away
            reply = ScriptedReply(None, then="close")
        except ChatError as error:
            reply = _failed(error)
        return self._access.for_page(told.answered(reply), received.headers)

    def _reply(self, received: Received, departure: Departure, told: Told) -> ScriptedReply:
        method, path = received.method, received.path.partition("?")[0].rstrip("/").removeprefix("/v1")
        if method == "POST" and path == "/chat/completions":
            return self._completion(received, departure, told)
        if method == "GET" and (path == "/models" or path.startswith("/models/")):
            return self._models(path.removeprefix("/models").lstrip("/"))
        return refusal(404, f"there is no {method} {received.path} here: POST /v1/chat/completions, GET /v1/models")

    def _models(self, wanted: str) -> ScriptedReply:
        rows = [
            {"id": name, "object": "model", "created": 0, "owned_by": name.partition("/")[0]}
            for name in self._targets.names()
        ]
        if not wanted:
            return whole(200, _JSON, written({"object": "list", "data": rows}))
        row = next((row for row in rows if row["id"] == wanted), None)
        if row is None:
            return refusal(404, f"there is no model {wanted}", code="model_not_found")
        return whole(200, _JSON, written(row))

    def _completion(self, received: Received, departure: Departure, told: Told) -> ScriptedReply:
        body = received.json
        if not isinstance(body, dict):
            return refusal(400, "the body is no JSON object")
        name = body.get("model") or ""
        if not isinstance(name, str) or not name.isprintable():
            return refusal(400, "model is the name of one")
        asked = Asked(received, departure, self._targets.find(name), told)
        told.goes_to(asked.target)
        return self._same_wire(asked) if asked.target.chosen.service.wire == "openai" else self._translated(asked)

    def _send(self, asked: Asked, request: HttpRequest) -> HttpResponse:
        asked.told.sends(request)
        response = self._upstreams.send(asked.target.chosen.service.name, asked.departure, request)
        asked.told.came(response)
        return response

    def _same_wire(self, asked: Asked) -> ScriptedReply:
        """The body as it came, but for another name of the model, and the bytes of the answer as they come."""
        target, body = asked.target, asked.received.json
        is_same = body.get("model") == target.model
        sent = asked.received.body if is_same else json.dumps({**body, "model": target.model}).encode()
        options = Options(target.model, stream=body.get("stream") is True)
        response = self._send(asked, target.provider.request({}, options)._replace(body=sent))
        if response.status >= 300:
            return _refused(response, target)
        start = next(response.chunks, b"")
        if error := _error_at(start, target):
            response.close()
            return _failed(error)
        chunks = chain((start,), response.chunks)
        return passed_on(response._replace(chunks=chunks), _passed_headers(response, target))

    def _translated(self, asked: Asked) -> ScriptedReply:
        target = asked.target
        wanted = read_request(asked.received.json, target.model)
        _require_taken(wanted.conversation, target)
        heads: list[HttpResponse] = []

        def transport(request: HttpRequest) -> HttpResponse:
            heads[:] = [self._send(asked, request)]
            return heads[0]

        conversation = self._handed_back.with_items(wanted.conversation)
        events = target.session(transport).ask(conversation, wanted.options, _no_sleep)
        notices, first = _first(events)
        headers = dict(_passed_headers(heads[-1], target, only_about=True)) if heads else {}
        if isinstance(first, Finished) and first.error:
            return _failed(first.error, headers)
        headers |= _remarks(wanted, target, notices)
        events = self._handed_back.keeping(conversation, chain((first,), events))
        head = Head(f"chatcmpl-{secrets.token_hex(12)}", target.name, int(time.time()))
        writer = CompletionWriter(head, wants_usage=wanted.wants_usage)
        if wanted.options.stream:
            return ScriptedReply(200, {**_STREAM, **headers}, unbroken(writer.stream(events)), close=heads[-1].close)
        return whole(200, _JSON, written(writer.whole(events)), headers)


def _require_taken(conversation: Conversation, target: Target) -> None:
    """Raises RequestRefused for a document that the provider takes not at all, or not so large."""
    service = target.chosen.service
    taken = limits(service, target.model)
    for each in (each for message in conversation.messages for each in message.attachments):
        if isinstance(each, Document) and (why := why_not_taken(each, taken, service.title)):
            raise refused(f"{each.name} cannot be passed on: {why}", "messages")


def _no_sleep(seconds: float) -> None:
    """Nothing is tried again."""


def _first(events: Iterator[Event]) -> tuple[list[str], Event]:
    """What was told before the answer began, and its first event."""
    notices: list[str] = []
    for event in events:
        if not isinstance(event, (Notice, ToolCallDelta)):
            return notices, event
        notices += [event.text] if isinstance(event, Notice) else []
    raise AssertionError("a session ends with Finished")


def _remarks(wanted: CompletionRequest, target: Target, notices: list[str]) -> dict[str, str]:
    """What a client should know of its request: the fields that were left out, and what was changed."""
    ignored = [*wanted.ignored, *target.provider.unsent(wanted.options)]
    found = {"x-chat-ignored-fields": ", ".join(ignored)} if ignored else {}
    if more := [notice for notice in notices if notice != target.provider.left_out(wanted.options)]:
        found["x-chat-notice"] = "; ".join(more)
    return {name: value[:_MAX_REMARK_CHARS].encode("ascii", "replace").decode() for name, value in found.items()}


def _failed(error: ChatError, headers: dict[str, str] | None = None) -> ScriptedReply:
    said = written_error(error)
    return whole(said.status, _JSON, written(said.document), {**said.headers, **(headers or {})})


def _refused(response: HttpResponse, target: Target) -> ScriptedReply:
    """The error of a provider as it is, where it is one as OpenAI has them; any other in that shape."""
    response.close_after(_ERROR_WITHIN_S)
    body = read_at_most(response.chunks, MAX_ERROR_BYTES, may_break_off=True)
    response.close()
    headers = dict(_passed_headers(response, target, only_about=True))
    if response.status >= 400 and isinstance(_error_of(body), dict):
        redact = Redactor(target.chosen.secrets)
        return whole(response.status, _JSON, redact(body.decode("utf-8", "replace")).encode(), headers)
    failure = HttpFailure(response.status, response.headers, body)
    return _failed(target.provider.read_error(failure, time.time()), headers)


def _error_of(body: bytes) -> Any:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return document.get("error") if isinstance(document, dict) else None


def _error_at(start: bytes, target: Target) -> ChatError | None:
    """The error that an answer with HTTP 200 begins with, as an event or a document: it is one all the same."""
    if b"error" not in start:
        return None
    if isinstance(_error_of(start), dict):
        return target.provider.error_in(json.loads(start))
    try:
        for event in islice(parse([start]), 1):
            list(target.provider.read_event(event))
    except MalformedAnswer:  # what it is, its reader may say
        return None
    except ChatError as error:
        return error
    return None


def _passed_headers(response: HttpResponse, target: Target, *, only_about: bool = False) -> Headers:
    """What a client gets of the headers of a provider; `only_about` the request, and not its body. A key that is
    echoed in one is taken out.
    """
    redact = Redactor(target.chosen.secrets)
    of_body = ("content-", "cache-control")
    decoded = ("content-encoding", "content-length") if "content-encoding" in response.headers else ()
    found = [
        (name, redact(value))
        for name, value in end_to_end(response.header_pairs or response.headers.items())
        if (name.lower() in _PASSED or "ratelimit" in name.lower() or "rate-limit" in name.lower())
        and not (only_about and name.lower().startswith(of_body))
        and name.lower() not in decoded
    ]
    request_id = request_id_in(response.headers)
    if request_id and "x-request-id" not in response.headers:
        found.append(("x-request-id", redact(request_id)))
    return tuple(found)
