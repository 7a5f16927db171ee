"""OpenAI Responses, as the lab writes it.

Source: platform.openai.com/docs/api-reference/responses, responses-streaming, and recorded exchanges.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from itertools import count

from chatbot.lab.answers import Answer, Asked, Ending, tokens
from chatbot.lab.calling import call_pieces
from chatbot.lab.dialect import Dialect, Json, Refusal, SentFile, dumps, from_data_url, member
from chatbot.lab.wires.asked_tools import of_responses
from chatbot.lab.wires.openai import CREATED_S, OpenAIDialect

ENDINGS = {
    Ending.STOP: "completed",
    Ending.LENGTH: "max_output_tokens",
    Ending.FILTERED: "content_filter",
    Ending.CALLS: "completed",
    Ending.REFUSED: "completed",  # the words of a refusal are a part of their own kind
    Ending.CALLS: "completed",  # a call is an item of its own kind
}


class ResponsesDialect(OpenAIDialect):
    """Responses, with the errors of OpenAI. See Dialect for what each method does."""

    name = "responses"
    endings = ENDINGS
    required = ("model", "input")
    turns_field = "input"

    def read(self, body: Json, asked: Asked) -> Asked:
        if isinstance(body.get("input"), str):  # which stands for one message
            body = {**body, "input": [{"role": "user", "content": body["input"]}]}
        wanted = member(member(body, "text"), "format")
        schema = member(wanted, "schema") if wanted.get("type") == "json_schema" else None
        return Dialect.read(self, body, asked)._replace(schema=schema, **of_responses(body)._asdict())

    def system(self, body: Json) -> object:
        return body.get("instructions")

    def file(self, part: Json) -> SentFile | None:
        if part.get("type") == "input_file":
            return from_data_url(part.get("file_data"), part.get("filename"))
        return from_data_url(part.get("image_url")) if part.get("type") == "input_image" else None

    def stream(self, answer: Answer, asked: Asked) -> Iterator[bytes]:
        numbers = count()

        def event(kind: str, **members: object) -> bytes:
            return self.event({"type": f"response.{kind}", "sequence_number": next(numbers), **members})

        begun = _response(asked, "in_progress")
        yield event("created", response=begun)
        yield event("in_progress", response=begun)
        items = _items(answer, asked)
        for index, item in enumerate(items):
            if item["type"] == "function_call":
                break
            is_whole = answer.ending is not None or index < len(items) - 1
            for kind, members in _growing(item, is_whole=is_whole):
                yield event(kind, output_index=index, **members)
        calls = [(index, item) for index, item in enumerate(items) if item["type"] == "function_call"]
        for kind, index, members in _growing_calls(calls, answer):
            yield event(kind, output_index=index, **members)
        if answer.ending is not None:
            response = self.whole(answer, asked)
            yield event(response["status"], response=response)

    def whole(self, answer: Answer, asked: Asked) -> Json:
        reason = ENDINGS[answer.ending] if answer.ending else "in_progress"
        is_incomplete = reason not in ("completed", "in_progress")
        return {
            **_response(asked, "incomplete" if is_incomplete else reason),
            "incomplete_details": {"reason": reason} if is_incomplete else None,
            "output": _items(answer, asked),
            "usage": _usage(answer, asked),
        }

    def stream_error(self, refusal: Refusal, asked: Asked) -> bytes:
        """Twice, as OpenAI tells it: as an error, and as the end of the response."""
        said = self.error(refusal)["error"]
        said["code"] = said["code"] or said["type"]
        failed = {**_response(asked, "failed"), "error": {"code": said["code"], "message": said["message"]}}
        return self.event({"type": "error", "error": said}) + self.event(
            {"type": "response.failed", "response": failed}
        )

    def event(self, value: Json) -> bytes:
        return b"event: %s\ndata: %s\n\n" % (value["type"].encode(), dumps(value))


def _response(asked: Asked, status: str) -> Json:
    return {
        "id": f"resp_lab_{asked.serial}",
        "object": "response",
        "created_at": CREATED_S,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "model": asked.model,
        "output": [],
        "store": "store" not in asked.parameters,
        "usage": None,
    }


def _items(answer: Answer, asked: Asked) -> list[Json]:
    """The output: the reasoning, if there is any, and the message."""
    is_refused = answer.ending is Ending.REFUSED
    words = {"type": "refusal", "refusal": answer.text} if is_refused else _text(answer.text)
    message: Json = {
        "id": f"msg_lab_{asked.serial}",
        "type": "message",
        "status": "completed" if ENDINGS[answer.ending or Ending.STOP] == "completed" else "incomplete",
        "role": "assistant",
        "content": [words],
    }
    said = _calls(answer, asked) or [message]
    if not answer.reasoning:
        return said
    summary = {"type": "summary_text", "text": answer.reasoning}
    reasoning: Json = {"id": f"rs_lab_{asked.serial}", "type": "reasoning", "summary": [summary]}
    if "include" in asked.parameters:
        reasoning["encrypted_content"] = base64.b64encode(answer.reasoning.encode()).decode()
    return [reasoning, *said]


def _calls(answer: Answer, asked: Asked) -> list[Json]:
    return [
        {
            "id": f"fc_lab_{asked.serial}_{index}",
            "type": "function_call",
            "status": "completed",
            "call_id": None if answer.use == "nameless" else f"call_lab_{asked.serial}_{index}",
            "name": call.name,
            "arguments": call.arguments,
        }
        for index, call in enumerate(answer.calls)
    ]


def _growing_calls(calls: list[tuple[int, Json]], answer: Answer) -> Iterator[tuple[str, int, Json]]:
    """The events of calls, whose pieces may come in turn; of one that does not become whole, up to its last piece."""
    for index, item in calls:
        yield "output_item.added", index, {"item": {**item, "status": "in_progress", "arguments": ""}}
    for number, piece in call_pieces(answer):
        index, item = calls[number]
        yield "function_call_arguments.delta", index, {"item_id": item["id"], "delta": piece}
    for index, item in calls if answer.ending else []:
        yield "function_call_arguments.done", index, {"item_id": item["id"], "arguments": item["arguments"]}
        yield "output_item.done", index, {"item": item}


def _text(text: str) -> Json:
    return {"type": "output_text", "annotations": [], "text": text}


def _growing(item: Json, *, is_whole: bool) -> Iterator[tuple[str, Json]]:
    """The events of an item with one part, up to the last token of one that does not become whole."""
    is_message = item["type"] == "message"
    holder, part_name, index_name = (
        ("content", "content_part", "content_index")
        if is_message
        else ("summary", "reasoning_summary_part", "summary_index")
    )
    [part] = item[holder]
    member = "refusal" if part["type"] == "refusal" else "text"
    kind = part["type"] if is_message else "reasoning_summary_text"
    place = {"item_id": item["id"], index_name: 0}
    yield "output_item.added", {"item": {**item, holder: [], **({"status": "in_progress"} if is_message else {})}}
    yield f"{part_name}.added", {**place, "part": {**part, member: ""}}
    for token in tokens(part[member]):
        yield f"{kind}.delta", {**place, "delta": token}
    if is_whole:
        yield f"{kind}.done", {**place, member: part[member]}
        yield f"{part_name}.done", {**place, "part": part}
        yield "output_item.done", {"item": item}


def _usage(answer: Answer, asked: Asked) -> Json:
    return {
        "input_tokens": asked.input_tokens,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": answer.output_tokens,
        "output_tokens_details": {"reasoning_tokens": len(tokens(answer.reasoning))},
        "total_tokens": asked.input_tokens + answer.output_tokens,
    }
