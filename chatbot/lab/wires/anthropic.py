"""Anthropic Messages, as the lab writes it.

Source: platform.claude.com/docs/en/api (messages, streaming, errors, models) and recorded exchanges.
"""

from __future__ import annotations

from collections.abc import Iterator

from chatbot.lab.answers import Answer, Asked, Ending, Fault, tokens
from chatbot.lab.calling import call_pieces, read_or
from chatbot.lab.dialect import Dialect, FaultRow, Json, Page, Paging, Refusal, SentFile, dumps, member, objects
from chatbot.lab.wires.asked_tools import SIGNATURE, of_anthropic

_INVALID = "invalid_request_error"
_NO_TOOLS = "Requests which include `tool_use` or `tool_result` blocks must define tools."

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
    Fault.NOT_HANDED_BACK: FaultRow(
        400,
        _INVALID,
        "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` "
        "is enabled, a final `assistant` message must start with a thinking block.",
    ),
}
ENDINGS = {
    Ending.STOP: "end_turn",
    Ending.LENGTH: "max_tokens",
    Ending.REFUSED: "refusal",
    Ending.CALLS: "tool_use",
}


class AnthropicDialect(Dialect):
    """Messages, with the errors of Anthropic. See Dialect for what each method does."""

    name = "anthropic"
    faults = FAULTS
    endings = ENDINGS
    required = ("model", "messages", "max_tokens")
    missing_message = "{parameter}: Field required"
    paging = Paging(after="after_id", size="limit", default_size=20)
    request_id_header = "request-id"

    def read(self, body: Json, asked: Asked) -> Asked:
        wanted = member(member(body, "output_config"), "format")
        schema = member(wanted, "schema") if wanted.get("type") == "json_schema" else None
        return super().read(body, asked)._replace(schema=schema, **of_anthropic(body)._asdict())

    def is_question(self, turn: Json) -> bool:
        blocks = objects(turn.get("content"))
        return super().is_question(turn) and not (blocks and all(one.get("type") == "tool_result" for one in blocks))

    def faulty(self, body: Json) -> str:
        blocks = [block for turn in objects(body.get("messages")) for block in objects(turn.get("content"))]
        has_calls = any(block.get("type") in ("tool_use", "tool_result") for block in blocks)
        return _NO_TOOLS if has_calls and not body.get("tools") else ""

    def system(self, body: Json) -> object:
        return body.get("system")

    def file(self, part: Json) -> SentFile | None:
        if part.get("type") not in ("image", "document"):
            return None
        source = member(part, "source")
        return SentFile(source.get("media_type"), source.get("data"), part.get("title"))

    def stream(self, answer: Answer, asked: Asked) -> Iterator[bytes]:
        message = {**_head(asked), "content": [], "stop_reason": None, "stop_sequence": None}
        usage = {"input_tokens": asked.input_tokens, "output_tokens": 1}
        yield self.event({"type": "message_start", "message": {**message, "usage": usage}})
        yield self.event({"type": "ping"})
        index = 0
        if answer.reasoning:
            yield from self._thinking(answer.reasoning)
            index = 1
        if answer.calls:
            yield from self._calls(index, answer, asked)
        else:
            yield self._start(index, {"type": "text", "text": ""})
            for token in tokens(answer.text):
                yield self._delta(index, {"type": "text_delta", "text": token})
        if answer.ending is None:
            return
        for at in range(index, index + max(1, len(answer.calls))):
            yield self.event({"type": "content_block_stop", "index": at})
        yield self.event(
            {"type": "message_delta", "delta": _stop(answer.ending), "usage": {"output_tokens": answer.output_tokens}}
        )
        yield self.event({"type": "message_stop"})

    def _calls(self, index: int, answer: Answer, asked: Asked) -> Iterator[bytes]:
        for number in range(len(answer.calls)):
            yield self._start(index + number, {**_call(number, answer, asked), "input": {}})
        for number, piece in call_pieces(answer):
            yield self._delta(index + number, {"type": "input_json_delta", "partial_json": piece})

    def _thinking(self, text: str) -> Iterator[bytes]:
        yield self._start(0, {"type": "thinking", "thinking": "", "signature": ""})
        for token in tokens(text):
            yield self._delta(0, {"type": "thinking_delta", "thinking": token})
        yield self._delta(0, {"type": "signature_delta", "signature": SIGNATURE})
        yield self.event({"type": "content_block_stop", "index": 0})

    def whole(self, answer: Answer, asked: Asked) -> Json:
        content: list[Json] = [{"type": "text", "text": answer.text}] if answer.text else []
        if answer.reasoning:
            content.insert(0, {"type": "thinking", "thinking": answer.reasoning, "signature": SIGNATURE})
        content += [
            {**_call(number, answer, asked), "input": read_or(call.arguments)}
            for number, call in enumerate(answer.calls)
        ]
        usage = {"input_tokens": asked.input_tokens, "output_tokens": answer.output_tokens}
        return {**_head(asked), "content": content, **_stop(answer.ending), "usage": usage}

    def error(self, refusal: Refusal) -> Json:
        said = {"type": refusal.row.kind, "message": refusal.message}
        return {"type": "error", "error": said, "request_id": f"req_lab_{refusal.serial}"}

    def error_headers(self, refusal: Refusal) -> dict[str, str]:
        status = refusal.row.status
        retry = "true" if status == 429 or status >= 500 else "false"
        return {"x-should-retry": retry, **super().error_headers(refusal)}

    def event(self, value: Json) -> bytes:
        return b"event: %s\ndata: %s\n\n" % (value["type"].encode(), dumps(value))

    def model_list(self, page: Page) -> Json:
        rows = [
            {"type": "model", "id": name, "display_name": name, "created_at": "2025-11-21T00:00:00Z"}
            for name in page.names
        ]
        first, last = (page.names[0], page.names[-1]) if page.names else (None, None)
        return {"data": rows, "has_more": page.more, "first_id": first, "last_id": last}

    def _start(self, index: int, block: Json) -> bytes:
        return self.event({"type": "content_block_start", "index": index, "content_block": block})

    def _delta(self, index: int, delta: Json) -> bytes:
        return self.event({"type": "content_block_delta", "index": index, "delta": delta})


def _head(asked: Asked) -> Json:
    return {"id": f"msg_lab_{asked.serial}", "type": "message", "role": "assistant", "model": asked.model}


def _call(number: int, answer: Answer, asked: Asked) -> Json:
    block: Json = {"type": "tool_use", "name": answer.calls[number].name}
    return block if answer.use == "nameless" else {**block, "id": f"toolu_lab_{asked.serial}_{number}"}


def _stop(ending: Ending | None) -> Json:
    stop: Json = {"stop_reason": ENDINGS[ending] if ending else None, "stop_sequence": None}
    if ending is Ending.REFUSED:
        stop["stop_details"] = {"type": "refusal", "category": None, "explanation": "The lab declines this on purpose."}
    return stop
