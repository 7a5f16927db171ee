"""OpenAI Chat Completions, as the lab writes it.

Source: platform.openai.com/docs/api-reference/chat and recorded exchanges.
"""

from __future__ import annotations

from collections.abc import Iterator

from chatbot.core.events import Usage
from chatbot.core.wires import chat_completions
from chatbot.lab.answers import Answer, Asked, Call, Ending, Fault, tokens
from chatbot.lab.calling import call_pieces
from chatbot.lab.dialect import Dialect, FaultRow, Json, Page, Refusal, SentFile, from_data_url, member
from chatbot.lab.wires.asked_tools import of_chat

CREATED_S = 1_763_683_200  # the lab's clock stands still, so that equal questions have equal answers
_INVALID = "invalid_request_error"

FAULTS = {
    Fault.WRONG_KEY: FaultRow(401, _INVALID, "Incorrect API key provided.", "invalid_api_key"),
    Fault.NO_PERMISSION: FaultRow(403, _INVALID, "You have insufficient permissions for this operation."),
    Fault.UNKNOWN_MODEL: FaultRow(
        404, _INVALID, "The model `{model}` does not exist or you do not have access to it.", "model_not_found"
    ),
    Fault.CONTEXT_TOO_LONG: FaultRow(
        400,
        _INVALID,
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 213462 tokens. "
        "Please reduce the length of the messages.",
        "context_length_exceeded",
    ),
    Fault.RATE_LIMITED: FaultRow(
        429, "requests", "Rate limit reached for `{model}` on requests per min (RPM): Limit 3.", "rate_limit_exceeded"
    ),
    Fault.QUOTA: FaultRow(
        429,
        "insufficient_quota",
        "You exceeded your current quota, please check your plan and billing details.",
        "insufficient_quota",
    ),
    Fault.OVERLOADED: FaultRow(503, "server_error", "The server is overloaded or not ready yet."),
    Fault.SERVER: FaultRow(500, "server_error", "The server had an error while processing your request."),
    Fault.BAD_PARAMETER: FaultRow(400, _INVALID, "{parameter}", "unsupported_parameter"),
    Fault.BAD_REQUEST: FaultRow(400, _INVALID, "We could not parse the JSON body of your request."),
    Fault.NOT_FOUND: FaultRow(404, _INVALID, "Invalid URL ({path})"),
    Fault.NOT_HANDED_BACK: FaultRow(
        400, _INVALID, "The reasoning of the message with the calls must be passed back to the API."
    ),
}
ENDINGS = {
    Ending.STOP: "stop",
    Ending.LENGTH: "length",
    Ending.FILTERED: "content_filter",
    Ending.REFUSED: "stop",  # the words of a refusal have a field of their own
    Ending.CALLS: "tool_calls",
}
_UNSUPPORTED = {
    "max_tokens": (
        "unsupported_parameter",
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    ),
    "temperature": (
        "unsupported_value",
        "Unsupported value: 'temperature' does not support this value with this model. Only the default (1) value is "
        "supported.",
    ),
    "top_p": ("unsupported_parameter", "Unsupported parameter: 'top_p' is not supported with this model."),
}


class OpenAIDialect(Dialect):
    """Chat Completions, with the errors of OpenAI. See Dialect for what each method does."""

    name = "openai"
    faults = FAULTS
    endings = ENDINGS
    required = ("model", "messages")
    missing_message = "Missing required parameter: '{parameter}'."
    request_id_header = "x-request-id"

    def read(self, body: Json, asked: Asked) -> Asked:
        limits = [body.get(name) for name in ("max_completion_tokens", "max_tokens")]
        stop = body.get("stop")
        words = stop if isinstance(stop, list) else [stop]
        return (
            super()
            .read(body, asked)
            ._replace(
                usage_wanted=member(body, "stream_options").get("include_usage") is True,
                limit_tokens=next((limit for limit in limits if type(limit) is int and limit > 0), None),
                stop=tuple(word for word in words if isinstance(word, str) and word),
                schema=_schema(member(body, "response_format")),
                **of_chat(body)._asdict(),
            )
        )

    def file(self, part: Json) -> SentFile | None:
        match part:
            case {"type": "image_url"}:
                return from_data_url(member(part, "image_url").get("url"))
            case {"type": "file", "file": dict(file)}:
                return from_data_url(file.get("file_data"), file.get("filename"))
            case {"type": "input_audio", "input_audio": dict(audio)}:
                return SentFile(f"audio/{audio.get('format')}", audio.get("data"))
        return None

    def stream(self, answer: Answer, asked: Asked) -> Iterator[bytes]:
        usage: Json = {"usage": None} if asked.usage_wanted else {}
        head = _head(asked)

        def delta(delta: Json, finish_reason: str | None = None) -> bytes:
            return self.event({**head.chunk(delta, finish_reason), **usage})

        yield delta({"role": "assistant", "content": None if answer.calls else "", "refusal": None})
        for token in tokens(answer.reasoning):
            yield delta({"reasoning_content": token})
        field = "refusal" if answer.ending is Ending.REFUSED else "content"
        for token in tokens(answer.text):
            yield delta({field: token})
        begun = -1
        for index, piece in call_pieces(answer):
            for number in range(begun + 1, index + 1):
                empty = answer.calls[number]._replace(arguments="")
                yield delta({"tool_calls": [{"index": number, **_call(empty, number, answer, asked)}]})
            begun = max(begun, index)
            yield delta({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
        if answer.ending is None:
            return
        yield delta({}, ENDINGS[answer.ending])
        if asked.usage_wanted:
            yield self.event(head.usage_chunk(_usage(answer, asked)))
        yield chat_completions.END

    def whole(self, answer: Answer, asked: Asked) -> Json:
        refused = answer.ending is Ending.REFUSED
        message: Json = {
            "role": "assistant",
            "content": None if refused or answer.calls else answer.text,
            "refusal": answer.text if refused else None,
        }
        if answer.calls:
            message["tool_calls"] = [_call(call, index, answer, asked) for index, call in enumerate(answer.calls)]
        if answer.reasoning:
            message["reasoning_content"] = answer.reasoning
        finish_reason = ENDINGS[answer.ending] if answer.ending else None
        return _head(asked).completion(message, finish_reason, _usage(answer, asked))

    def error(self, refusal: Refusal) -> Json:
        row = refusal.row
        return chat_completions.error(refusal.message, row.kind, row.code, refusal.parameter)

    def bad_parameter(self, name: str) -> Refusal:
        """The words of OpenAI where it has some for this parameter; else those of servers that do not know it."""
        row = FAULTS[Fault.BAD_PARAMETER]
        if name in _UNSUPPORTED:
            code, message = _UNSUPPORTED[name]
            return Refusal(row._replace(code=code), message, parameter=name)
        return Refusal(row._replace(code=None), f"Unrecognized request argument supplied: {name}")

    def model_list(self, page: Page) -> Json:
        rows = [{"id": name, "object": "model", "created": CREATED_S, "owned_by": "lab"} for name in page.names]
        return {"object": "list", "data": rows}


def _schema(wanted: Json) -> Json | None:
    """Of a `response_format`."""
    if wanted.get("type") == "json_object":
        return {"type": "object"}
    return member(member(wanted, "json_schema"), "schema") if wanted.get("type") == "json_schema" else None


def _call(call: Call, index: int, answer: Answer, asked: Asked) -> Json:
    function = {"name": call.name, "arguments": call.arguments}
    call_id = None if answer.use == "nameless" else f"call_lab_{asked.serial}_{index}"
    return {"id": call_id, "type": "function", "function": function}


def _head(asked: Asked) -> chat_completions.Head:
    return chat_completions.Head(f"chatcmpl-lab-{asked.serial}", asked.model, CREATED_S)


def _usage(answer: Answer, asked: Asked) -> Usage:
    return Usage(asked.input_tokens, answer.output_tokens, len(tokens(answer.reasoning)), 0)
