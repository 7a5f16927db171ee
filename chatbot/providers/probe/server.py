"""Verdicts on the server: the connection, its models, its keys, its errors, its limits."""

from __future__ import annotations

from urllib.parse import urlsplit

from chatbot.core.http.exchange import SafeExchange
from chatbot.core.http.limit_headers import parse_limits
from chatbot.core.redaction.redactor import is_secret_header
from chatbot.providers.model_lists import read_page
from chatbot.providers.probe.finding import Finding, Seen
from chatbot.providers.probe.reading import answered, document, excerpt, fault, refusal

NO_MODEL = "chat-probe-no-such-model"
_UNKNOWN_MODEL = (400, 404, 422)
_BAD_BODY = (400, 422)
_WITHOUT_RIGHT = (401, 403)


def reachable(exchange: SafeExchange, seen: Seen) -> Finding:
    came = next((each for each in seen.values() if each.status is not None), None)
    if came is None:
        return Finding("no", exchange.error or "no answer came")
    version = came.connection.http_version
    took_ms = came.moments.answered_ms
    return Finding("yes", f"HTTP/{version}" if version else "", measured=f"first answer after {took_ms or 0:.0f} ms")


def tls(exchange: SafeExchange, seen: Seen) -> Finding:
    if urlsplit(exchange.url).scheme != "https":
        return Finding("no", "plain HTTP")
    came = next((each.connection.tls for each in seen.values() if each.connection.tls), "")
    return Finding("yes", came) if came else Finding("unknown", exchange.error)


def models(exchange: SafeExchange, seen: Seen) -> Finding:
    if exchange.status != 200:
        return _unanswered(exchange)
    listed = document(exchange)
    shown = excerpt(exchange.response_body)
    if isinstance(listed, list):
        return Finding("wrong", "a bare array, not an object with data", shown)
    if not isinstance(listed, dict):
        return Finding("wrong", "no JSON", shown)
    if not isinstance(listed.get("data"), list):
        return Finding("wrong", "an object without data", shown)
    count = len(model_names(exchange))
    return Finding("yes", "", measured=f"{count} models" if count != 1 else "1 model")


def model_names(exchange: SafeExchange) -> list[str]:
    """The names in its list, whatever its shape."""
    return [model.name for model in read_page(document(exchange), "after").models]


def no_key(exchange: SafeExchange, seen: Seen) -> Finding:
    if any(is_secret_header(name) for name, _ in exchange.request_headers):
        return Finding("unknown", "not asked without a key")
    return _key_asked_for(exchange)


def wrong_key(exchange: SafeExchange, seen: Seen) -> Finding:
    return _key_asked_for(exchange)


def bad_model(exchange: SafeExchange, seen: Seen) -> Finding:
    return _unless_key_refused(exchange, _UNKNOWN_MODEL)


def bad_body(exchange: SafeExchange, seen: Seen) -> Finding:
    return _unless_key_refused(exchange, _BAD_BODY)


def error_in_stream(exchange: SafeExchange, seen: Seen) -> Finding:
    return _unless_key_refused(exchange, _UNKNOWN_MODEL)


def limit_headers(exchange: SafeExchange, seen: Seen) -> Finding:
    told = (parse_limits(each.response_headers, 0.0).known for each in seen.values())
    what = sorted({limit.what for limits in told for limit in limits})
    return Finding("yes", ", ".join(map(excerpt, what))) if what else Finding("no", "none seen")


def _unanswered(exchange: SafeExchange) -> Finding:
    """Of a request that is no question: why nothing came."""
    found = fault(exchange)
    return Finding("no", f"HTTP {exchange.status}", found.shown) if found and found.answer == "no" else _unknown(found)


def _unknown(found: Finding | None) -> Finding:
    return found or Finding("unknown")


def _key_asked_for(exchange: SafeExchange) -> Finding:
    if answered(exchange):
        return Finding("no", "it is answered")
    return refusal(exchange, _WITHOUT_RIGHT)


def _unless_key_refused(exchange: SafeExchange, expected: tuple[int, ...]) -> Finding:
    if exchange.status in _WITHOUT_RIGHT:
        return _unknown(fault(exchange))
    return refusal(exchange, expected)
