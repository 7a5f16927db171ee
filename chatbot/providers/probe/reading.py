"""An exchange of a probe, read: what it says, and what a fault in it looks like. Nothing here raises."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from chatbot.core.errors import MalformedAnswer
from chatbot.core.http.exchange import SafeExchange
from chatbot.core.redaction.redactor import is_secret_header
from chatbot.core.sse import decoder
from chatbot.providers.probe.finding import Finding
from chatbot.records import NamedTuple

_SHOWN_CHARACTERS = 160
_KEY_REFUSED = (401, 403)
_LATER = (408, 409, 425, 429)
_FAILED = 500  # at a question that is right; above it, what stands between

Json = dict[str, Any]


class Call(NamedTuple):
    """A call of a tool. `pieces` are those of its arguments; `has_index`: each piece said to which call it belongs."""

    id: object
    name: object
    pieces: tuple[object, ...]
    has_index: bool = True

    @property
    def arguments(self) -> Any:
        """What its JSON says; None where it is none."""
        if not all(isinstance(piece, str) for piece in self.pieces):
            return None
        return parsed("".join(map(str, self.pieces)))


def parsed(text: str | bytes) -> Any:
    """What JSON says; None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def excerpt(data: bytes | str) -> str:
    """The beginning, in one line that is harmless to print."""
    text = data.decode("utf-8", "backslashreplace") if isinstance(data, bytes) else data
    beginning = text[:_SHOWN_CHARACTERS].replace("\r", "").replace("\n", "⏎")
    shown = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in beginning)
    return shown + "…" if len(text) > _SHOWN_CHARACTERS else shown


def document(exchange: SafeExchange) -> Any:
    """The body as JSON; None where it is none."""
    return parsed(exchange.response_body)


def events(exchange: SafeExchange) -> Sequence[str]:
    """The data of the events of a stream; none where it is no stream."""
    return _events_in(exchange.response_body)


@lru_cache(maxsize=64)  # each row of a probe looks again at the answers to several questions
def _events_in(body: bytes) -> Sequence[str]:
    try:
        return tuple(event.data for event in decoder.parse([body]))
    except MalformedAnswer:
        return ()


def documents(exchange: SafeExchange) -> Sequence[Json]:
    """The objects that came: that of a whole answer, or one an event."""
    return _documents_in(exchange.response_body)


@lru_cache(maxsize=64)
def _documents_in(body: bytes) -> Sequence[Json]:
    whole = parsed(body)
    found = [whole] if whole is not None else map(parsed, _events_in(body))
    return tuple(each for each in found if isinstance(each, dict))


def choice(said: Json) -> Json:
    """The first choice of an answer, or of a piece of one; empty where there is none."""
    choices = said.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}


def message(said: Json) -> Json:
    """What the first choice says, whole or in part."""
    found = choice(said).get("message") or choice(said).get("delta")
    return found if isinstance(found, dict) else {}


def text(exchange: SafeExchange) -> str:
    """The words of the answer, without its reasoning."""
    contents = (message(said).get("content") for said in documents(exchange))
    return "".join(content for content in contents if isinstance(content, str))


def finish_reason(exchange: SafeExchange) -> str:
    """Why the answer ended; empty where it does not say."""
    reasons = [choice(said).get("finish_reason") for said in documents(exchange)]
    return next((reason for reason in reversed(reasons) if isinstance(reason, str)), "")


def usage(exchange: SafeExchange) -> Json | None:
    """The last usage that was told; None where none was."""
    told = [said.get("usage") for said in documents(exchange)]
    return next((each for each in reversed(told) if isinstance(each, dict)), None)


def calls(exchange: SafeExchange) -> list[Call]:
    """The calls of tools, those of a stream put together."""
    found: dict[object, Call] = {}
    last: object = None
    for said in documents(exchange):
        pieces = message(said).get("tool_calls")
        for piece in pieces if isinstance(pieces, list) else ():
            if not isinstance(piece, dict):
                continue
            function = piece.get("function")
            function = function if isinstance(function, dict) else {}
            place = piece.get("index")
            is_new = last is None or (place not in found if isinstance(place, int) else bool(piece.get("id")))
            last = place if isinstance(place, int) else len(found) if is_new else last
            before = found.get(last, Call(piece.get("id"), function.get("name"), ()))
            arguments = function.get("arguments")
            more = () if arguments in ("", None) else (arguments,)
            has_index = before.has_index and isinstance(place, int)
            found[last] = before._replace(pieces=(*before.pieces, *more), has_index=has_index)
    return list(found.values())


def error_in(said: object) -> Json | None:
    """The error of a document, where it has the shape that OpenAI gives it."""
    error = said.get("error") if isinstance(said, dict) else None
    return error if isinstance(error, dict) and isinstance(error.get("message"), str) else None


def answered(exchange: SafeExchange) -> bool:
    """Whether an answer came, and no error."""
    return exchange.status == 200 and any(message(said) or choice(said) for said in documents(exchange))


def fault(exchange: SafeExchange) -> Finding | None:
    """Why an exchange is no answer; None where it is one, whole."""
    status = exchange.status
    if status is None:
        return Finding("unknown", exchange.error or "no answer came")
    body = exchange.response_body
    if status in _KEY_REFUSED:
        has_key = any(is_secret_header(name) for name, _ in exchange.request_headers)
        what = "the key was refused" if has_key else "a key is wanted"
        return Finding("unknown", f"{what} (HTTP {status})", excerpt(body))
    if status == _FAILED:
        return Finding("wrong", f"HTTP {status}", excerpt(body))
    if status in _LATER or status > _FAILED or 300 <= status < 400:
        return Finding("unknown", f"HTTP {status}", excerpt(body))
    if status >= 400:
        return Finding("no", f"refused (HTTP {status})", excerpt(body))
    if exchange.end in ("timeout", "reset", "cancelled"):
        return Finding("wrong", exchange.error or "the answer broke off", excerpt(body[-_SHOWN_CHARACTERS:]))
    if any("error" in said and said["error"] for said in documents(exchange)) and not text(exchange):
        return Finding("wrong", f"an error with HTTP {status}", excerpt(body))
    if not answered(exchange):
        return Finding("wrong", "HTTP 200, and no answer of Chat Completions", excerpt(body))
    return None


def refusal(exchange: SafeExchange, expected: tuple[int, ...]) -> Finding:
    """Whether a question that should be refused is, with one of these statuses and an error in the usual shape."""
    status, body = exchange.status, exchange.response_body
    if status is None or status in _LATER or 300 <= status < 400:
        return fault(exchange) or Finding("unknown")
    in_stream = next((error for said in documents(exchange) if (error := error_in(said))), None)
    if status < 300:
        if in_stream or any("error" in said for said in documents(exchange)):
            where = "as an event of a stream " if document(exchange) is None else ""
            return Finding("wrong", f"the error comes {where}with HTTP {status}", excerpt(body))
        return Finding("no", "it is answered", excerpt(text(exchange) or body))
    if status not in expected:
        return Finding("wrong", f"refused with HTTP {status}", excerpt(body))
    error = error_in(document(exchange))
    if error is None:
        return Finding("wrong", f"HTTP {status}, and a body without error.message", excerpt(body))
    code = error.get("code")
    return Finding("yes", f"HTTP {status}" + (f", code {excerpt(str(code))}" if code else ""))
