"""The answer of a session, written in Chat Completions while it comes, or as a whole; and what its errors are there."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator

from chatbot.core import errors
from chatbot.core.errors import ChatError
from chatbot.core.events import Event, Finished, ReasoningDelta, TextDelta, ToolCalled, Usage, Verdict
from chatbot.core.tools.calling import ToolCall
from chatbot.core.wires.chat_completions import END, Head, Json, error
from chatbot.records import NamedTuple

_FINISH_REASONS = {
    Verdict.LENGTH: "length",
    Verdict.FILTERED: "content_filter",
    Verdict.REFUSED: "content_filter",
}
# The first that fits: status, type and code where the provider's own status does not say it.
_STATUSES: tuple[tuple[type[ChatError], int, str, str | None], ...] = (
    (errors.KeyRejected, 401, "invalid_request_error", "invalid_api_key"),
    (errors.PermissionRefused, 403, "invalid_request_error", None),
    (errors.UnknownModel, 404, "invalid_request_error", "model_not_found"),
    (errors.ContextTooLong, 400, "invalid_request_error", "context_length_exceeded"),
    (errors.ContentFiltered, 400, "invalid_request_error", "content_filter"),
    (errors.QuotaExhausted, 429, "insufficient_quota", "insufficient_quota"),
    (errors.RateLimited, 429, "requests", "rate_limit_exceeded"),
    (errors.Overloaded, 503, "server_error", None),
    (errors.ServerFault, 502, "server_error", None),
    (errors.RequestRefused, 400, "invalid_request_error", None),
    (errors.NoKey, 400, "invalid_request_error", "no_provider_key"),
    (errors.Redirected, 502, "server_error", None),
    (errors.ConfigurationError, 400, "invalid_request_error", None),
    (errors.UsageError, 400, "invalid_request_error", None),
    (errors.TimedOut, 504, "server_error", None),
    (errors.NetworkError, 502, "server_error", None),
    (errors.AnswerError, 502, "server_error", None),
)


class WrittenError(NamedTuple):
    """A status of HTTP, the headers that go with it, and the body."""

    status: int
    headers: dict[str, str]
    document: Json


def written_error(failed: ChatError) -> WrittenError:
    """An error as OpenAI would say it, with the status of the provider where that is one of an error."""
    found = next((row for row in _STATUSES if isinstance(failed, row[0])), None)
    _, status, kind, code = found or (ChatError, 500, "server_error", None)
    if failed.status is not None and failed.status >= 400:
        status = failed.status
    said = f"{failed}: {failed.said}" if failed.said else str(failed)
    if isinstance(failed, (errors.ConfigurationError, errors.UsageError, errors.UnknownModel)) and failed.advice:
        said += f"{'' if said[-1:] in ('?', '.') else '.'} {failed.advice}"
    headers = {} if failed.retry_after_s is None else {"Retry-After": str(math.ceil(failed.retry_after_s))}
    return WrittenError(status, headers, error(" ".join(said.split()), kind, code, failed.parameter))


class CompletionWriter:
    """Writes one answer. `wants_usage`: a stream ends with the number of tokens."""

    def __init__(self, head: Head, *, wants_usage: bool) -> None:
        self._head = head
        self._wants_usage = wants_usage
        self._delta: Json = {"role": "assistant"}  # of the piece that is written first

    def stream(self, events: Iterable[Event]) -> Iterator[bytes]:
        """The events of the stream. An error in the middle is one of them, and no end follows."""
        calls = 0
        for event in events:
            match event:
                case TextDelta(text):
                    yield self._piece({"content": text})
                case ReasoningDelta(text):
                    yield self._piece({"reasoning_content": text})
                case ToolCalled(call):  # not its pieces: those have no id, which clients want first
                    yield self._piece({"tool_calls": [{"index": calls, **_call(call)}]})
                    calls += 1
                case Finished(error=ChatError() as failed):
                    yield server_sent(written_error(failed).document)
                    return
                case Finished():
                    yield self._piece({}, _finish_reason(event, calls))
                    if self._wants_usage:
                        yield server_sent(self._head.usage_chunk(event.usage or Usage()))
                    yield END

    def _piece(self, delta: Json, finish_reason: str | None = None) -> bytes:
        delta, self._delta = {**self._delta, **delta}, {}
        usage = {"usage": None} if self._wants_usage else {}
        return server_sent({**self._head.chunk(delta, finish_reason), **usage})

    def whole(self, events: Iterable[Event]) -> Json:
        """The answer in one document. Raises ChatError for one that is not whole."""
        texts, reasoning, calls = [], [], []
        for event in events:
            match event:
                case TextDelta(text):
                    texts.append(text)
                case ReasoningDelta(text):
                    reasoning.append(text)
                case ToolCalled(call):
                    calls.append(_call(call))
                case Finished(error=ChatError() as failed):
                    raise failed
                case Finished():
                    message: Json = {"role": "assistant", "content": "".join(texts) or (None if calls else "")}
                    message |= {"tool_calls": calls} if calls else {}
                    message |= {"reasoning_content": "".join(reasoning)} if reasoning else {}
                    return self._head.completion(message, _finish_reason(event, len(calls)), event.usage or Usage())
        raise errors.AnswerError("the answer has no end")


def server_sent(document: Json) -> bytes:
    """A document as an event of a stream."""
    return b"data: %s\n\n" % written(document)


def written(document: Json) -> bytes:
    """A document as it is sent."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _call(call: ToolCall) -> Json:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments or "{}"}}


def _finish_reason(finished: Finished, calls: int) -> str:
    usual = "tool_calls" if calls else "stop"
    return _FINISH_REASONS.get(finished.verdict, usual)
