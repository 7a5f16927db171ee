"""What an error body says: JSON of some twenty shapes whatever its content type, plain text, or a web page.

The shapes were all seen in recorded traffic of providers, gateways and proxies; they pass on each other's errors, so
one reader serves all wire formats. It never raises, and never gives back HTML or escaped JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

from chatbot.core.retry import duration_s
from chatbot.records import NamedTuple

MAX_SAID_CHARS = 600
_MAX_DEPTH = 6


class ErrorBody(NamedTuple):
    """An error as the provider put it: its sentence, every code word in it (lower case), and what else it names."""

    sentence: str = ""
    codes: frozenset[str] = frozenset()
    parameter: str | None = None
    retry_after_s: float | None = None
    request_id: str | None = None


def words(body: bytes) -> ErrorBody:
    """What the body of a failed request says."""
    text = body.decode("utf-8-sig", "replace").strip()
    document = _json(text)
    if document is None:  # an error in the form of an event
        event = re.search(r"^(?:data|error):\s*(\{.*)$", text, re.MULTILINE)
        document = _json(event[1]) if event else None
    if document is None and text != "null":
        lines = [line.strip() for line in _without_tags(_unwrapped(text)).splitlines()]
        document = next(filter(None, lines), "")
    return parse_error_body(document)


def parse_error_body(document: Any) -> ErrorBody:
    """What a parsed error says."""
    if isinstance(document, list) and len(document) == 1:  # Gemini, when a stream was asked for as an array
        document = document[0]
    sentence = short(_sentence(document))
    if not isinstance(document, dict):
        return ErrorBody(sentence, retry_after_s=_wait_in_words_s(sentence))
    inner = document.get("error")
    details = inner if isinstance(inner, dict) else document
    wait_s = _retry_info_s(details.get("details"))
    return ErrorBody(
        sentence=sentence,
        codes=frozenset(_codes(document)),
        parameter=_text(details.get("param")),
        retry_after_s=_wait_in_words_s(sentence) if wait_s is None else wait_s,
        # The `id` of a chunk is that of the answer, not of the error.
        request_id=_text(document.get("request_id"))
        or (_text(document.get("id")) if "choices" not in document else None),
    )


def short(text: str) -> str:
    """`text` on one line, at most MAX_SAID_CHARS long."""
    text = " ".join(text.split())
    return text if len(text) <= MAX_SAID_CHARS else text[: MAX_SAID_CHARS - 1] + "…"


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _json(text: str) -> Any:
    """The document that `text` is; None when it is not one."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _sentence(node: Any, depth: int = 0) -> str:
    """The provider's own sentence, in the order in which the known shapes keep it: `error.message`, `error`,
    `message`, `detail`.
    """
    if depth > _MAX_DEPTH:
        return ""
    if isinstance(node, str):
        return _unwrapped(node, depth)
    if isinstance(node, list):
        return "; ".join(dict.fromkeys(filter(None, (_entry(entry, depth) for entry in node))))
    if not isinstance(node, dict):
        return ""
    inner = _sentence(node.get("error"), depth + 1)
    if inner and not isinstance(node.get("error"), str):
        return inner
    # Some frameworks put a general word in `error` and the reason in `message`.
    said = _joined(inner, _sentence(node.get("message"), depth + 1))
    if said:
        return _joined(said, _upstream(node.get("metadata"), depth))
    members = (node.get(name) for name in ("detail", "details", "errors", "msg"))
    return next(filter(None, (_sentence(member, depth + 1) for member in members)), "")


def _entry(entry: Any, depth: int) -> str:
    """One of several errors; FastAPI names the place of each in `loc`."""
    where = entry.get("loc") if isinstance(entry, dict) else None
    place = ".".join(str(part) for part in where) if isinstance(where, list) else ""
    return _joined(place, _sentence(entry, depth + 1)) if place else _sentence(entry, depth + 1)


def _joined(general: str, particular: str) -> str:
    if general in particular or particular in general:
        return max(general, particular, key=len)
    return f"{general.rstrip(' :')}: {particular}"


def _upstream(metadata: Any, depth: int) -> str:
    """The real reason behind a router's general sentence (OpenRouter: `metadata.raw`, often JSON text)."""
    return _sentence(metadata.get("raw"), depth + 1) if isinstance(metadata, dict) else ""


def _without_tags(text: str) -> str:
    return re.sub(r"</?[a-zA-Z][^<>]*>", " ", text)


def _unwrapped(text: str, depth: int = 0) -> str:
    """A sentence less what is wrapped around it: a web page, or JSON within the text."""
    text = text.strip()
    if re.match(r"<[a-zA-Z!?]", text):
        return _heading(text)
    text = re.split(r"<(?:!doctype|html)\b", text, maxsplit=1, flags=re.IGNORECASE)[0]
    found = re.search(r'{\s*"', text)
    if found is None:
        return text
    lead = text[: found.start()].strip(" :-[\n")
    try:
        document, _ = json.JSONDecoder().raw_decode(text, found.start())
    except (ValueError, RecursionError):
        # Broken off, for a body is only read so far.
        pair = re.search(r'"(?:message|detail|msg|error)"\s*:\s*("(?:[^"\\]|\\.)*")', text)
        document = _json(pair[1]) if pair else None
    inner = _sentence(document, depth + 1)
    if inner:
        return _joined(lead, inner)
    return "" if not lead or document is None else text


def _heading(page: str) -> str:
    """The one line worth showing of a web page or of XML."""
    found = re.search(r"<(title|h1|message)\b[^<>]*>(.{0,400}?)</\1", page, re.IGNORECASE | re.DOTALL)
    return unescape(_without_tags(found[2])) if found else ""


def _codes(node: Any, depth: int = 0) -> Iterator[str]:
    """Every code word in an error, from whichever member holds it."""
    if depth > 3 or not isinstance(node, dict):
        return
    for name in ("code", "type", "status", "reason", "error_type", "error_code", "quotaId"):
        value = node.get(name)
        if isinstance(value, str):
            yield value.lower()
    for name in ("error", "details", "metadata", "innererror", "violations"):
        value = node.get(name)
        for child in value if isinstance(value, list) else [value]:
            yield from _codes(child, depth + 1)


def _retry_info_s(entries: Any) -> float | None:
    """Seconds in Gemini's `google.rpc.RetryInfo` (`37s`, `48.9s`, `250ms`, `1h16m0.6s`)."""
    for entry in entries if isinstance(entries, list) else []:
        delay = entry.get("retryDelay") if isinstance(entry, dict) else None
        if isinstance(delay, str):
            return duration_s(delay)
    return None


_DURATION = r"(?:\d[\d.]*\s?(?:ms|hours?|h|minutes?|m|seconds?|s)(?![a-z])\s?)+"


def _wait_in_words_s(sentence: str) -> float | None:
    """Seconds in a sentence like "Please try again in 1m26.4s" (OpenAI, Groq), "retry after 26 seconds" (Azure)."""
    found = re.search(rf"(?:retry|try again) (?:in|after) ({_DURATION})", sentence, re.IGNORECASE)
    return duration_s(found[1]) if found else None
