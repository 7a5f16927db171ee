"""Anthropic Messages, as the lab writes it.

Source: platform.claude.com/docs/en/api (messages, streaming, errors, models) and recorded exchanges.
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
    Paging,
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

_INVALID = "invalid_request_error"

FAULTS = {
    Fault.WRONG_KEY: FaultRow(401, "authentication_error", "invalid x-api-key"),
    Fault.NO_PERMISSION: FaultRow(
        403, "permission_error", "Your API key does not have permission to use the specified resource"
    ),
    Fault.UNKNOWN_MODEL: FaultRow(404, "not_found_error", "model: {model}"),
    Fault.CONTEXT_TOO_LONG: FaultRow(400, _INVALID, "prompt is too long: 213462 tokens > 200000 maximum"),
    Fault.RATE_LIMITED: FaultRow(
        429, "rate_limit_error", "This request would exceed your account's rate limit. Please try again later."
    ),
    Fault.QUOTA: FaultRow(
        400,
        _INVALID,
        "Your credit balance is too low to access the Anthropic API. "
        "Please go to Plans & Billing to upgrade or purchase credits.",
    ),
    Fault.OVERLOADED: FaultRow(529, "overloaded_error", "Overloaded"),
    Fault.SERVER: FaultRow(500, "api_error", "Internal server error"),
    Fault.FILTERED: FaultRow(400, _INVALID, "Output blocked by content filtering policy"),
    Fault.BAD_PARAMETER: FaultRow(400, _INVALID, "{parameter}: Extra inputs are not permitted"),
    Fault.BAD_REQUEST: FaultRow(400, _INVALID, "The request body is not valid JSON"),
    Fault.NOT_FOUND: FaultRow(404, "not_found_error", "Not Found"),
}
ENDINGS = {Ending.STOP: "end_turn", Ending.LENGTH: "max_tokens", Ending.REFUSED: "refusal"}


def read(body: Json, asked: Asked) -> Asked:
    turns = messages(body, "messages")
    question = next((turn.get("content") for turn in reversed(turns) if turn.get("role") == "user"), None)
    return asked._replace(
        model=str(body.get("model", "")),
        question=written(question),
        images=tuple(_image(part) for part in parts(question) if part.get("type") == "image"),
        parameters=frozenset(body) - {"max_tokens"},  # required here, so never refused
        streamed=body.get("stream") is True,
        input_tokens=counted(body.get("system"), *(turn.get("content") for turn in turns)),
    )


def _image(part: Json) -> str:
    source = part.get("source")
    return image(source.get("media_type"), source.get("data")) if isinstance(source, dict) else image(None, None)


def stream(answer: Answer, asked: Asked) -> Iterator[bytes]:
    message = {**_head(asked), "content": [], "stop_reason": None, "stop_sequence": None}
    usage = {"input_tokens": asked.input_tokens, "output_tokens": 1}
    yield _event({"type": "message_start", "message": {**message, "usage": usage}})
    yield _event({"type": "ping"})
    index = 0
    if answer.reasoning:
        yield from _thinking(answer.reasoning)
        index = 1
    yield _start(index, {"type": "text", "text": ""})
    for token in tokens(answer.text):
        yield _delta(index, {"type": "text_delta", "text": token})
    if answer.ending is None:
        return
    yield _event({"type": "content_block_stop", "index": index})
    yield _event(
        {"type": "message_delta", "delta": _stop(answer.ending), "usage": {"output_tokens": output_tokens(answer)}}
    )
    yield _event({"type": "message_stop"})


def _thinking(text: str) -> Iterator[bytes]:
    yield _start(0, {"type": "thinking", "thinking": "", "signature": ""})
    for token in tokens(text):
        yield _delta(0, {"type": "thinking_delta", "thinking": token})
    yield _delta(0, {"type": "signature_delta", "signature": "bGFi"})
    yield _event({"type": "content_block_stop", "index": 0})


def whole(answer: Answer, asked: Asked) -> Json:
    content: list[Json] = [{"type": "text", "text": answer.text}] if answer.text else []
    if answer.reasoning:
        content.insert(0, {"type": "thinking", "thinking": answer.reasoning, "signature": "bGFi"})
    usage = {"input_tokens": asked.input_tokens, "output_tokens": output_tokens(answer)}
    return {**_head(asked), "content": content, **_stop(answer.ending), "usage": usage}


def _head(asked: Asked) -> Json:
    return {"id": f"msg_lab_{asked.serial}", "type": "message", "role": "assistant", "model": asked.model}


def _stop(ending: Ending | None) -> Json:
    stop: Json = {"stop_reason": ENDINGS[ending] if ending else None, "stop_sequence": None}
    if ending is Ending.REFUSED:
        stop["stop_details"] = {"type": "refusal", "category": None, "explanation": "The lab declines this on purpose."}
    return stop


def _start(index: int, block: Json) -> bytes:
    return _event({"type": "content_block_start", "index": index, "content_block": block})


def _delta(index: int, delta: Json) -> bytes:
    return _event({"type": "content_block_delta", "index": index, "delta": delta})


def _event(value: Json) -> bytes:
    return encoded(f"event: {value['type']}\ndata: {dumps(value)}\n\n")


def error(refusal: Refusal) -> Json:
    said = {"type": refusal.row.kind, "message": refusal.message}
    return {"type": "error", "error": said, "request_id": f"req_lab_{refusal.serial}"}


def error_headers(refusal: Refusal) -> dict[str, str]:
    status = refusal.row.status
    headers = {"x-should-retry": "true" if status == 429 or status >= 500 else "false"}
    if refusal.retry_after is not None:
        headers["Retry-After"] = refusal.retry_after
    return headers


def bad_parameter(name: str) -> Refusal:
    row = FAULTS[Fault.BAD_PARAMETER]
    return Refusal(row, row.message.format(parameter=name))


def model_list(page: Page) -> Json:
    rows = [
        {"type": "model", "id": name, "display_name": name, "created_at": "2025-11-21T00:00:00Z"} for name in page.names
    ]
    first, last = (page.names[0], page.names[-1]) if page.names else (None, None)
    return {"data": rows, "has_more": page.more, "first_id": first, "last_id": last}


ANTHROPIC = Dialect(
    name="anthropic",
    faults=FAULTS,
    endings=ENDINGS,
    required=("model", "messages", "max_tokens"),
    missing_message="{parameter}: Field required",
    content_type=lambda _asked: "text/event-stream; charset=utf-8",
    read=read,
    stream=stream,
    whole=whole,
    error=error,
    error_headers=error_headers,
    stream_error=lambda refusal, _asked: _event(error(refusal)),
    bad_parameter=bad_parameter,
    model_list=model_list,
    paging=Paging(after="after_id", size="limit", default_size=20),
    request_id_header="request-id",
)
