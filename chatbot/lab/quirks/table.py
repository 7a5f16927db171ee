"""Ways in which real servers deviate, as a table: a quirk changes what is asked before the lab answers, or the answer.

Each is a row and what it does. All but the token bucket are about Chat Completions.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from chatbot.lab.answers import Asked, Fault, Received
from chatbot.lab.dialect import Json, Refusal, dumps, member
from chatbot.lab.quirks.changes import (
    Answer,
    Answering,
    body_of,
    changed,
    ignoring,
    in_events,
    is_stream,
    refusing,
    saying,
    with_errors,
    with_headers,
    with_pieces,
)
from chatbot.lab.quirks.token_bucket import token_bucket
from chatbot.lab.replies import ScriptedReply, refuse, whole
from chatbot.lab.wires.dialects import OPENAI
from chatbot.records import NamedTuple

_KNOWN_FIELDS = frozenset(
    "model messages stream stream_options max_tokens max_completion_tokens temperature top_p stop seed tools "
    "tool_choice parallel_tool_calls response_format reasoning_effort".split()
)
_FEW_TOKENS = 4096
_BUCKET_PER_S, _BUCKET_SIZE = 50, 50
_LIMITS = {"x-ratelimit-limit-requests": "500", "x-ratelimit-remaining-requests": "499"}


class Quirk(NamedTuple):
    """`happens` is one sentence. `answer` is given what answers without it, and the request."""

    name: str
    happens: str
    answer: Answer


def _refusing_field(name: str) -> Answer:
    return refusing(lambda body: name in body, OPENAI.bad_parameter(name))


def _refusing_role(role: str) -> Answer:
    said = f"Unsupported value: 'messages[0].role' does not support '{role}' with this model."
    return refusing(lambda body: any(turn.get("role") == role for turn in _turns(body)), _bad_request(said))


def _text_error(reply: ScriptedReply, received: Received) -> ScriptedReply:
    return whole(reply.status or 500, "text/plain", f"{_message(reply)}\n".encode())


def _detail_error(reply: ScriptedReply, received: Received) -> ScriptedReply:
    return whole(reply.status or 500, "application/json", dumps({"detail": _message(reply)}))


def _error_in_stream(reply: ScriptedReply, received: Received) -> ScriptedReply:
    if body_of(received).get("stream") is not True:
        return reply
    return whole(200, "text/event-stream", b"".join((b"data: ", *reply.pieces, b"\n\n", b"data: [DONE]\n\n")))


def _bare_models(usual: Answering, received: Received) -> ScriptedReply:
    reply = usual(received)
    if not received.path.endswith("/models"):
        return reply
    return whole(200, "application/json", dumps(json.loads(b"".join(reply.pieces))["data"]))


def _no_models(usual: Answering, received: Received) -> ScriptedReply:
    if not received.path.endswith("/models"):
        return usual(received)
    return refuse(OPENAI, OPENAI.refusal(Fault.NOT_FOUND, path=received.path), Asked(""))


def _needs_key(usual: Answering, received: Received) -> ScriptedReply:
    if "authorization" in received.headers:
        return usual(received)
    return refuse(OPENAI, OPENAI.refusal(Fault.WRONG_KEY), Asked(""))


def _any_key(usual: Answering, received: Received) -> ScriptedReply:
    headers = {name: value for name, value in received.headers.items() if name != "authorization"}
    return usual(received._replace(headers=headers))


def _any_model(usual: Answering, received: Received) -> ScriptedReply:
    reply = usual(received)
    return ignoring(model="echo")(usual, received) if reply.status == 404 and "model" in body_of(received) else reply


def _first_call(document: Json) -> Json:
    """Only one call in an answer; in a stream, what belongs to others is left out."""
    for said in _said(document):
        if isinstance(said.get("tool_calls"), list):
            said["tool_calls"] = [call for call in said["tool_calls"][:1] if not call.get("index")]
    return document


def _without_index(document: Json) -> Json:
    for said in _said(document):
        for call in said.get("tool_calls") or ():
            call.pop("index", None)
    return document


def _renamed_reasoning(document: Json) -> Json:
    for said in _said(document):
        if "reasoning_content" in said:
            said["reasoning"] = said.pop("reasoning_content")
    return document


def _whole_calls(usual: Answering, received: Received) -> ScriptedReply:
    """Each call in one piece, as the same answer has it that is not streamed."""
    reply = usual(received)
    body = body_of(received)
    if not is_stream(reply) or not body.get("tools"):
        return reply
    whole_reply = usual(received._replace(json=body | {"stream": False}))
    [choice] = json.loads(b"".join(whole_reply.pieces))["choices"]
    calls = iter(choice["message"].get("tool_calls") or ())

    def change(document: Json) -> Json | None:
        for said in _said(document):
            for call in said.get("tool_calls") or ():
                if "id" not in call:
                    return None
                call["function"] = next(calls)["function"]
        return document

    return with_pieces(reply, (changed(piece, change) for piece in reply.pieces))


def _without_usage(document: Json) -> Json | None:
    if document.get("object") != "chat.completion.chunk":
        return document
    return {name: value for name, value in document.items() if name != "usage"} if document.get("choices") else None


def _words_in(body: Json) -> int:
    return len(str([turn.get("content") for turn in _turns(body)]).split())


def _turns(body: Json) -> list[Json]:
    turns = body.get("messages")
    return [turn for turn in turns if isinstance(turn, dict)] if isinstance(turns, list) else []


def _has_image(body: Json) -> bool:
    contents = [turn.get("content") for turn in _turns(body)]
    parts = [part for content in contents if isinstance(content, list) for part in content]
    return any(isinstance(part, dict) and part.get("type") == "image_url" for part in parts)


def _bad_request(said: str) -> Refusal:
    return OPENAI.refusal(Fault.BAD_REQUEST)._replace(message=said)


def _said(document: Json) -> Iterator[Json]:
    """What the choices of an answer, or of a piece of one, say."""
    for choice in document.get("choices") or ():
        yield member(choice, "delta") or member(choice, "message")


def _message(reply: ScriptedReply) -> str:
    return str(member(json.loads(b"".join(reply.pieces)), "error").get("message"))


QUIRKS = (
    Quirk("no-max-tokens", "max_tokens is refused (HTTP 400), as by newer models.", _refusing_field("max_tokens")),
    Quirk(
        "ignores-max-completion-tokens",
        "max_completion_tokens is ignored, as by Ollama.",
        ignoring("max_completion_tokens"),
    ),
    Quirk("no-temperature", "temperature is refused (HTTP 400).", _refusing_field("temperature")),
    Quirk("no-system", "The role system is refused (HTTP 400).", _refusing_role("system")),
    Quirk("no-developer", "The role developer is refused (HTTP 400).", _refusing_role("developer")),
    Quirk("ignores-stop", "The words of stop end nothing.", ignoring("stop")),
    Quirk("no-seed", "seed is refused (HTTP 400).", _refusing_field("seed")),
    Quirk(
        "no-unknown-fields",
        "A field that it does not know is refused (HTTP 422), as by Mistral.",
        refusing(
            lambda body: bool(body.keys() - _KNOWN_FIELDS),
            _bad_request("Extra inputs are not permitted")._replace(
                row=OPENAI.faults[Fault.BAD_REQUEST]._replace(status=422)
            ),
        ),
    ),
    Quirk("no-images", "An image is refused (HTTP 400).", refusing(_has_image, _bad_request("images are not read"))),
    Quirk("ignores-schema", "response_format changes nothing.", ignoring("response_format")),
    Quirk("no-schema", "response_format is refused (HTTP 400).", _refusing_field("response_format")),
    Quirk("ignores-tools", "tools are ignored; the answer is words.", ignoring("tools")),
    Quirk("one-call", "Of several calls of tools only the first comes.", saying(_first_call)),
    Quirk("calls-without-index", "Calls in a stream have no index, as Mistral's.", saying(_without_index)),
    Quirk("whole-arguments", "The arguments of a call are not streamed, but come at once.", _whole_calls),
    Quirk("reasoning-field", "Reasoning is in the field reasoning.", saying(_renamed_reasoning)),
    Quirk("no-stream", "stream is ignored: the answer comes in one piece.", ignoring("stream", "stream_options")),
    Quirk(
        "no-stream-options",
        "stream_options is refused (HTTP 400), as by older servers.",
        _refusing_field("stream_options"),
    ),
    Quirk("no-stream-usage", "A stream does not tell its usage, also when asked.", saying(_without_usage)),
    Quirk(
        "no-done",
        "A stream ends without [DONE], as Perplexity's.",
        in_events(lambda event: [] if event.startswith(b"data: [DONE]") else [event]),
    ),
    Quirk(
        "wrong-content-type",
        "A stream is called text/plain.",
        with_headers({"Content-Type": "text/plain"}, of_streams=True),
    ),
    Quirk(
        "keep-alive",
        "Comments come between the events, as from OpenRouter.",
        in_events(lambda event: [b": keep-alive\n\n", event]),
    ),
    Quirk("text-errors", "Errors are plain text.", with_errors(_text_error)),
    Quirk("detail-errors", "Errors are {detail: ...}, as of FastAPI.", with_errors(_detail_error)),
    Quirk("errors-in-stream", "An error comes as an event of a stream with HTTP 200.", with_errors(_error_in_stream)),
    Quirk("bare-models", "The list of models is a bare array, as Together's.", _bare_models),
    Quirk("no-models", "There is no list of models (HTTP 404).", _no_models),
    Quirk("needs-key", "Without a key it answers HTTP 401.", _needs_key),
    Quirk("any-key", "Any key is taken, also a wrong one.", _any_key),
    Quirk("any-model", "Any name of a model is taken, as by servers of one model.", _any_model),
    Quirk("limit-headers", "What is left of a limit is told in headers.", with_headers(_LIMITS)),
    Quirk(
        "token-bucket",
        f"More than {_BUCKET_PER_S} requests a second, and {_BUCKET_SIZE} at once, are refused (HTTP 429).",
        token_bucket(_BUCKET_PER_S, _BUCKET_SIZE),
    ),
    Quirk(
        "small-context",
        f"More than {_FEW_TOKENS} words are refused (HTTP 400).",
        refusing(lambda body: _words_in(body) > _FEW_TOKENS, OPENAI.refusal(Fault.CONTEXT_TOO_LONG)),
    ),
)
BY_NAME = {quirk.name: quirk for quirk in QUIRKS}
