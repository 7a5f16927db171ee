"""Gemini generateContent and streamGenerateContent, as the lab writes them.

Source: ai.google.dev/api/generate-content, google.rpc.Status, and recorded exchanges.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, repeat

from chatbot.lab.answers import Answer, Asked, Ending, Fault, tokens
from chatbot.lab.calling import read_or
from chatbot.lab.dialect import Dialect, FaultRow, Json, Page, Paging, Refusal, SentFile, dumps, member, objects
from chatbot.lab.wires.asked_tools import SIGNATURE, of_gemini

_RPC = "type.googleapis.com/google.rpc."
_INVALID = "INVALID_ARGUMENT"
_DAILY = {"quotaMetric": "requests", "quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}

FAULTS = {
    Fault.WRONG_KEY: FaultRow(
        400,
        _INVALID,
        "API key not valid. Please pass a valid API key.",
        details=({"@type": f"{_RPC}ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"},),
    ),
    Fault.NO_PERMISSION: FaultRow(403, "PERMISSION_DENIED", "The caller does not have permission"),
    Fault.UNKNOWN_MODEL: FaultRow(
        404,
        "NOT_FOUND",
        "models/{model} is not found for API version v1beta, or is not supported for generateContent.",
    ),
    Fault.CONTEXT_TOO_LONG: FaultRow(
        400, _INVALID, "The input token count (1213462) exceeds the maximum number of tokens allowed (1048576)."
    ),
    Fault.RATE_LIMITED: FaultRow(
        429, "RESOURCE_EXHAUSTED", "You exceeded your current rate limit for {model}. Please retry in a moment."
    ),
    Fault.QUOTA: FaultRow(
        429,
        "RESOURCE_EXHAUSTED",
        "You exceeded your current quota, please check your plan and billing details.",
        details=({"@type": f"{_RPC}QuotaFailure", "violations": [_DAILY]},),
    ),
    Fault.OVERLOADED: FaultRow(503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
    Fault.SERVER: FaultRow(500, "INTERNAL", "An internal error has occurred. Please retry."),
    Fault.BAD_PARAMETER: FaultRow(
        400,
        _INVALID,
        "Invalid JSON payload received. Unknown name \"{parameter}\" at 'generation_config': Cannot find field.",
    ),
    Fault.BAD_REQUEST: FaultRow(400, _INVALID, "Invalid JSON payload received. Unexpected token."),
    Fault.NOT_FOUND: FaultRow(404, "NOT_FOUND", "The requested URL ({path}) was not found on this server."),
    Fault.NOT_HANDED_BACK: FaultRow(
        400, _INVALID, "Function call is missing a thought_signature in functionCall parts."
    ),
}
ENDINGS = {
    Ending.STOP: "STOP",
    Ending.LENGTH: "MAX_TOKENS",
    Ending.FILTERED: "SAFETY",
    Ending.REFUSED: "PROHIBITED_CONTENT",  # as the reason why the question was blocked: there is no candidate then
    Ending.CALLS: "STOP",
}


class GeminiDialect(Dialect):
    """generateContent, with the errors of Google. See Dialect for what each method does."""

    name = "gemini"
    faults = FAULTS
    endings = ENDINGS
    required = ("contents",)
    missing_message = "* GenerateContentRequest.{parameter}: {parameter} is not specified"
    turns_field = "contents"
    content_field = "parts"
    paging = Paging(after="pageToken", size="pageSize", default_size=50)
    errors_typed_as_streams = True

    def read(self, body: Json, asked: Asked) -> Asked:
        read = super().read(body, asked)
        generation = member(body, "generationConfig")
        return read._replace(
            model=asked.model,  # the path says it, and whether to stream
            streamed=asked.streamed,
            parameters=frozenset(generation),
            schema=member(generation, "responseJsonSchema") if "responseJsonSchema" in generation else None,
            **of_gemini(body)._asdict(),
        )

    def system(self, body: Json) -> object:
        return member(body, "systemInstruction").get("parts")

    def is_question(self, turn: Json) -> bool:
        parts = objects(turn.get("parts"))
        return turn.get("role") != "model" and not (parts and all("functionResponse" in part for part in parts))

    def file(self, part: Json) -> SentFile | None:
        data = member(part, "inlineData")
        return SentFile(data.get("mimeType"), data.get("data")) if data else None

    def content_type(self, asked: Asked) -> str:
        return "text/event-stream" if asked.sse else "application/json; charset=UTF-8"

    def stream(self, answer: Answer, asked: Asked) -> Iterator[bytes]:
        responses = map(dumps, _responses(answer, asked))
        if asked.sse:
            yield from (b"data: %s\r\n\r\n" % response for response in responses)
            return
        for opening, response in zip(chain([b"["], repeat(b",\n")), responses, strict=False):
            yield b"%s%s\n" % (opening, response)
        if answer.ending:
            yield b"]"

    def whole(self, answer: Answer, asked: Asked) -> Json:
        if answer.ending is Ending.REFUSED:
            return _blocked(asked)
        said = [{"text": answer.text}] if answer.text else []
        thought = [_thought(answer.reasoning)] if answer.reasoning else []
        candidate: Json = {"content": _content([*thought, *said, *_calls(answer, asked)])}
        if answer.ending:
            candidate["finishReason"] = _reason(answer.ending, answer)
        return _response(asked, candidate, len(tokens(answer.reasoning)), len(tokens(answer.text)))

    def error(self, refusal: Refusal) -> Json:
        row = refusal.row
        details = [*row.details]
        if _is_number(refusal.retry_after):
            details.append({"@type": f"{_RPC}RetryInfo", "retryDelay": f"{refusal.retry_after}s"})
        said: Json = {"code": row.status, "message": refusal.message, "status": row.kind}
        return {"error": {**said, "details": details} if details else said}

    def error_headers(self, refusal: Refusal) -> dict[str, str]:
        """None but a Retry-After that RetryInfo cannot say: Gemini puts the wait into the body."""
        return {} if _is_number(refusal.retry_after) else super().error_headers(refusal)

    def stream_error(self, refusal: Refusal, asked: Asked) -> bytes:
        return (b"data: %s\r\n\r\n" if asked.sse else b",\n%s\n]") % dumps(self.error(refusal))

    def model_list(self, page: Page) -> Json:
        rows = [
            {"name": f"models/{name}", "displayName": name, "supportedGenerationMethods": ["generateContent"]}
            for name in page.names
        ]
        return {"models": rows, "nextPageToken": page.names[-1]} if page.more else {"models": rows}


def _responses(answer: Answer, asked: Asked) -> Iterator[Json]:
    if answer.ending is Ending.REFUSED:
        yield _blocked(asked)
        return
    thought = said = 0
    for token in tokens(answer.reasoning):
        thought += 1
        yield _response(asked, {"content": _content([_thought(token)])}, thought, said)
    for token in tokens(answer.text):
        said += 1
        yield _response(asked, {"content": _content([{"text": token}])}, thought, said)
    for part in _calls(answer, asked):
        yield _response(asked, {"content": _content([part])}, thought, said)
    if answer.ending:
        content = {} if answer.ending is Ending.FILTERED else {"content": _content([{"text": ""}])}
        yield _response(asked, {**content, "finishReason": _reason(answer.ending, answer)}, thought, said)


def _calls(answer: Answer, asked: Asked) -> Iterator[Json]:
    """The calls, each whole; one whose arguments are no JSON never comes."""
    for number, call in enumerate(answer.calls if answer.use != "broken" else ()):
        made: Json = {"name": call.name, "args": read_or(call.arguments)}
        if answer.use != "nameless":
            made["id"] = f"lab-{asked.serial}-{number}"
        signed = {"thoughtSignature": SIGNATURE} if answer.use == "signed" and not number else {}
        yield {"functionCall": made, **signed}


def _reason(ending: Ending, answer: Answer) -> str:
    return "MALFORMED_FUNCTION_CALL" if answer.use == "broken" and answer.calls else ENDINGS[ending]


def _content(content_parts: list[Json]) -> Json:
    return {"role": "model", "parts": content_parts}


def _thought(text: str) -> Json:
    return {"text": text, "thought": True}


def _blocked(asked: Asked) -> Json:
    return {"promptFeedback": {"blockReason": ENDINGS[Ending.REFUSED]}, **_tail(asked, 0, 0)}


def _response(asked: Asked, candidate: Json, thought_tokens: int, said_tokens: int) -> Json:
    return {"candidates": [{**candidate, "index": 0}], **_tail(asked, thought_tokens, said_tokens)}


def _tail(asked: Asked, thought_tokens: int, said_tokens: int) -> Json:
    usage = {
        "promptTokenCount": asked.input_tokens,
        "candidatesTokenCount": said_tokens,
        "totalTokenCount": asked.input_tokens + thought_tokens + said_tokens,
    }
    if thought_tokens:
        usage["thoughtsTokenCount"] = thought_tokens
    return {"usageMetadata": usage, "modelVersion": asked.model, "responseId": f"lab-{asked.serial}"}


def _is_number(text: str | None) -> bool:
    return text is not None and text.replace(".", "", 1).isdecimal()
