"""OpenAI Chat Completions, as the lab writes it.

Source: platform.openai.com/docs/api-reference/chat and recorded exchanges.
"""

from __future__ import annotations

from collections.abc import Iterator

from chatbot.lab.answers import (
    Answer,
    Asked,
    Dialect,
    Ending,
    Fault,
    FaultRow,
    Json,
    Page,
    Refusal,
    counted,
    dumps,
    encoded,
    image,
    messages,
    output_tokens,
    parts,
    tokens,
    written,
)

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
}
ENDINGS = {
    Ending.STOP: "stop",
    Ending.LENGTH: "length",
    Ending.FILTERED: "content_filter",
    Ending.REFUSED: "stop",  # the words of a refusal have a field of their own
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


def read(body: Json, asked: Asked) -> Asked:
    turns = messages(body, "messages")
    question = next((turn.get("content") for turn in reversed(turns) if turn.get("role") == "user"), None)
    options = body.get("stream_options")
    return asked._replace(
        model=str(body.get("model", "")),
        question=written(question),
        images=tuple(_image(part) for part in parts(question) if part.get("type") == "image_url"),
        parameters=frozenset(body),
        streamed=body.get("stream") is True,
        usage_wanted=isinstance(options, dict) and options.get("include_usage") is True,
        input_tokens=counted(*(turn.get("content") for turn in turns)),
    )


def _image(part: Json) -> str:
    place = part.get("image_url")
    url = str(place.get("url")) if isinstance(place, dict) else ""
    media_type, _, data = url.removeprefix("data:").partition(";base64,")
    return image(media_type, data)


def stream(answer: Answer, asked: Asked) -> Iterator[bytes]:
    usage: Json = {"usage": None} if asked.usage_wanted else {}

    def chunk(choices: list[Json], usage: Json = usage) -> bytes:
        return _event({**_head(asked, "chat.completion.chunk"), "choices": choices, **usage})

    def delta(delta: Json, finish_reason: str | None = None) -> bytes:
        return chunk([{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}])

    yield delta({"role": "assistant", "content": "", "refusal": None})
    for token in tokens(answer.reasoning):
        yield delta({"reasoning_content": token})
    field = "refusal" if answer.ending is Ending.REFUSED else "content"
    for token in tokens(answer.text):
        yield delta({field: token})
    if answer.ending is None:
        return
    yield delta({}, ENDINGS[answer.ending])
    if asked.usage_wanted:
        yield chunk([], {"usage": _usage(answer, asked)})
    yield b"data: [DONE]\n\n"


def whole(answer: Answer, asked: Asked) -> Json:
    refused = answer.ending is Ending.REFUSED
    message: Json = {
        "role": "assistant",
        "content": None if refused else answer.text,
        "refusal": answer.text if refused else None,
    }
    if answer.reasoning:
        message["reasoning_content"] = answer.reasoning
    finish_reason = ENDINGS[answer.ending] if answer.ending else None
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason}
    return {**_head(asked, "chat.completion"), "choices": [choice], "usage": _usage(answer, asked)}


def _head(asked: Asked, kind: str) -> Json:
    return {"id": f"chatcmpl-lab-{asked.serial}", "object": kind, "created": CREATED_S, "model": asked.model}


def _usage(answer: Answer, asked: Asked) -> Json:
    completion = output_tokens(answer)
    return {
        "prompt_tokens": asked.input_tokens,
        "completion_tokens": completion,
        "total_tokens": asked.input_tokens + completion,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": len(tokens(answer.reasoning))},
    }


def _event(value: Json) -> bytes:
    return encoded(f"data: {dumps(value)}\n\n")


def error(refusal: Refusal) -> Json:
    row = refusal.row
    return {
        "error": {"message": refusal.message, "type": row.kind, "param": refusal.parameter, "code": row.code},
    }


def error_headers(refusal: Refusal) -> dict[str, str]:
    return {"Retry-After": refusal.retry_after} if refusal.retry_after is not None else {}


def bad_parameter(name: str) -> Refusal:
    """The words of OpenAI where it has some for this parameter; else those of servers that do not know it."""
    row = FAULTS[Fault.BAD_PARAMETER]
    if name in _UNSUPPORTED:
        code, message = _UNSUPPORTED[name]
        return Refusal(row._replace(code=code), message, parameter=name)
    return Refusal(row._replace(code=None), f"Unrecognized request argument supplied: {name}")


def model_list(page: Page) -> Json:
    rows = [{"id": name, "object": "model", "created": CREATED_S, "owned_by": "lab"} for name in page.names]
    return {"object": "list", "data": rows}


OPENAI = Dialect(
    name="openai",
    faults=FAULTS,
    endings=ENDINGS,
    required=("model", "messages"),
    missing_message="Missing required parameter: '{parameter}'.",
    content_type=lambda _asked: "text/event-stream; charset=utf-8",
    read=read,
    stream=stream,
    whole=whole,
    error=error,
    error_headers=error_headers,
    stream_error=lambda refusal, _asked: _event(error(refusal)),
    bad_parameter=bad_parameter,
    model_list=model_list,
    request_id_header="x-request-id",
)
