"""What a provider's error means, whichever of the many shapes it comes in.

One reader for all wire formats, because gateways and routers pass on each other's errors: the shapes and phrases below
were all seen in recorded traffic. Rules are tables; the first that fits decides.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any, NamedTuple

from chatbot.core import errors
from chatbot.core.errors import ChatError
from chatbot.core.request import HttpFailure, request_id_in
from chatbot.core.retry import retry_after_s, should_retry
from chatbot.providers.service import Service

MAX_SAID_CHARS = 600


class Said(NamedTuple):
    """An error as the provider put it: its sentence, every code word in it (lower case), and what else it names."""

    sentence: str = ""
    codes: frozenset[str] = frozenset()
    parameter: str | None = None
    retry_after_s: float | None = None
    request_id: str | None = None


class Rule(NamedTuple):
    """Decides for `kind` when one of the codes is there, or one of the phrases (lower case, `.*` allowed)."""

    kind: type[ChatError]
    codes: frozenset[str] = frozenset()
    phrases: str = ""

    def fits(self, said: Said, sentence: str) -> bool:
        return bool(self.codes & said.codes) or bool(self.phrases and re.search(self.phrases, sentence))


_BUSY = re.compile("rate limit|too many requests|throttl|service unavailable")

_CONTEXT = Rule(
    errors.ContextTooLong,
    frozenset({"context_length_exceeded", "exceed_context_size_error", "too_many_prompt_tokens", "request_too_large"}),
    "|".join(
        (
            "prompt is too long",
            "too many total text bytes",
            "exceeds the context window",
            "maximum context length",
            "input token count.*exceeds the maximum",
            "reduce the length of the messages",
            "maximum prompt length is",
            "longer than the model's context length",
            "exceeds the available context size",
            "context size has been exceeded",
            "greater than the context length",
            "exceeds the context length",
            "prompt too long; exceeded",
            "total length of all messages is too long",
            "range of input length should be",
            "exceeded model token limit",
            "context window exceeds limit",
            "input is too long for requested model",
        )
    ),
)

RULES = (
    Rule(
        errors.QuotaExhausted,
        frozenset(
            "insufficient_quota credit_balance_exhausted organization_spend_limit_exceeded insufficient_balance "
            "project_spend_limit_exceeded organization_usage_limit_exceeded billing_error billing_hard_limit_reached "
            "enforced_spend_limit_reached contract_spend_limit_reached".split()
        ),
        "credit balance is too low|insufficient balance|insufficient credits|specified api usage limits|"
        "exceeded your monthly included credits|exceeded your current quota, please check your plan",
    ),
    # Alone above the limit per minute: no wait ever makes it fit.
    Rule(errors.ContextTooLong, frozenset(), "request too large for"),
    Rule(
        errors.ContentFiltered,
        frozenset({"content_filter", "content_policy_violation", "moderation_blocked", "data_inspection_failed"}),
        "content management policy|flagged by moderation|requires moderation",
    ),
    Rule(
        errors.KeyRejected,
        frozenset(
            "invalid_api_key wrong_api_key api_key_invalid authentication_error invalid_key unauthenticated".split()
        ),
        "api key not valid|incorrect api key|invalid api key|invalid x-api-key|api key expired",
    ),
    Rule(
        errors.UnknownModel,
        frozenset({"model_not_found", "deploymentnotfound", "model_not_supported", "invalid_model"}),
        "model .*(does not exist|not found)|^model: |is not found for api version|supported api model names|"
        "not a valid model|no endpoints found for|not a chat model|unknown model",
    ),
    Rule(errors.PermissionRefused, frozenset({"permission_error", "permission_denied"}), "insufficient permissions"),
    Rule(
        errors.Overloaded,
        frozenset("overloaded_error overloaded slow_down service_tier_capacity_exceeded engine_overloaded".split()),
        "overloaded|no capacity|loading model|at capacity",
    ),
    Rule(errors.RateLimited, frozenset({"rate_limit_exceeded", "rate_limit_error", "rate_limited"})),
)

BY_STATUS: dict[int, type[ChatError]] = {
    401: errors.KeyRejected,
    402: errors.QuotaExhausted,
    403: errors.PermissionRefused,
    408: errors.ServerFault,
    409: errors.ServerFault,
    413: errors.ContextTooLong,
    429: errors.RateLimited,
    498: errors.Overloaded,
    503: errors.Overloaded,
    529: errors.Overloaded,
}

# A status that says who may not ask is not overruled by a word in the sentence.
_STATUS_FIRST = {401: {errors.KeyRejected, errors.PermissionRefused, errors.QuotaExhausted}}

SENTENCES: dict[type[ChatError], str] = {
    errors.QuotaExhausted: "the credit or quota at {title} is used up",
    errors.ContextTooLong: "the question is too long for the model",
    errors.ContentFiltered: "{title} filtered the question",
    errors.KeyRejected: "{title} rejected the key",
    errors.UnknownModel: "{title} does not know the model",
    errors.PermissionRefused: "{title} does not allow this",
    errors.Overloaded: "{title} is overloaded",
    errors.RateLimited: "{title} limits the rate of requests",
    errors.ServerFault: "{title} failed inside",
    errors.RequestRefused: "{title} refused the request",
    errors.ProviderError: "{title} reported an error",
}


def read_error(failure: HttpFailure, now: float, service: Service) -> ChatError:
    """The error that an HTTP answer of status 400 or more (or a redirect) means. `now` is Unix seconds."""
    if 300 <= failure.status < 400:
        return errors.Redirected(_redirect(failure, service), status=failure.status)
    said = words(failure.body)
    kind = _kind(failure.status, said)
    wait_s = retry_after_s(failure.headers, now)
    wait_s = said.retry_after_s if wait_s is None else wait_s
    should = should_retry(failure.headers)
    if should is None and kind is errors.RateLimited and _gives_no_hope(said, wait_s):
        should = False
    if kind in (errors.QuotaExhausted, errors.ContextTooLong):
        should = False
    return kind(
        f"{SENTENCES[kind].format(title=service.title)} (HTTP {failure.status})",
        said=said.sentence,
        status=failure.status,
        request_id=request_id_in(failure.headers) or said.request_id,
        retry_after_s=wait_s,
        should_retry=should,
        parameter=said.parameter,
        advice=_advice(kind, service, failure.status, said),
    )


def error_in_body(document: Any, service: Service) -> ChatError:
    """The error in a body or event that came with HTTP 200."""
    said = _said_in(document)
    inner = document.get("error") if isinstance(document, dict) else None
    places = [place for place in (inner, document) if isinstance(place, dict)]
    numbers = (str(place.get(name)) for place in places for name in ("status_code", "code"))
    status = next((int(number) for number in numbers if number.isdecimal() and 400 <= int(number) < 600), None)
    kind = _kind(status, said)
    should = False if kind in (errors.QuotaExhausted, errors.ContextTooLong) else None
    return kind(
        f"{SENTENCES[kind].format(title=service.title)} in the middle of the exchange",
        said=said.sentence,
        status=status,
        request_id=said.request_id,
        retry_after_s=said.retry_after_s,
        should_retry=should,
        parameter=said.parameter,
        advice=_advice(kind, service, status, said),
    )


def words(body: bytes) -> Said:
    """What an error body says: JSON of any known shape whatever its content type, plain text, or HTML less its tags."""
    text = body.decode("utf-8", "replace").strip()
    try:
        document = json.loads(text)
    except ValueError:
        return Said(_plain(text))
    return _said_in(document)


def _said_in(document: Any) -> Said:
    if isinstance(document, list) and document and isinstance(document[0], dict) and "error" in document[0]:
        document = document[0]
    if not isinstance(document, dict):
        return Said(_short(str(document)) if isinstance(document, str) else "")
    inner = document.get("error")
    details = inner if isinstance(inner, dict) else document
    metadata = details.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    parameter = details.get("param")
    return Said(
        sentence=_short(_sentence(document)),
        codes=frozenset(_codes(document)),
        parameter=parameter if isinstance(parameter, str) and parameter else None,
        retry_after_s=_retry_info_s(details),
        request_id=next(
            (v for v in (document.get("request_id"), document.get("id")) if isinstance(v, str) and v), None
        ),
    )


def _sentence(document: dict[str, Any]) -> str:
    """The provider's own sentence, in the order in which the known shapes keep it."""
    inner = document.get("error")
    for holder in (inner, document):
        if not isinstance(holder, dict):
            continue
        message = holder.get("message")
        if isinstance(message, dict):  # an upstream error, passed on as an object
            message = _sentence({"error": message})
        if isinstance(message, str) and message.strip():
            upstream = _upstream(holder.get("metadata"))
            message = _unpacked(message)
            return f"{message}: {upstream}" if upstream and upstream not in message else message
    if isinstance(inner, str) and inner.strip():
        return _unpacked(inner)
    return _detail(document.get("detail")) or _detail(document.get("details"))


def _unpacked(message: str) -> str:
    """A message that is itself JSON text, less its wrapping."""
    if message.lstrip().startswith("{"):
        said = words(message.encode())
        return said.sentence or message
    return message


def _upstream(metadata: Any) -> str:
    """The real reason behind a router's general sentence (OpenRouter: `metadata.raw`, often JSON text)."""
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    return words(raw.encode("utf-8", "replace")).sentence if isinstance(raw, str) else ""


def _detail(detail: Any) -> str:
    """FastAPI's `detail`: a sentence, or a list of `{loc, msg}` (the same message at several places comes once)."""
    if isinstance(detail, str):
        return detail
    if not isinstance(detail, list):
        return ""
    found = []
    for entry in detail:
        if isinstance(entry, dict) and isinstance(entry.get("msg"), str):
            where = entry.get("loc")
            place = ".".join(str(part) for part in where) if isinstance(where, list) else ""
            found.append(f"{place}: {entry['msg']}" if place else entry["msg"])
    return "; ".join(dict.fromkeys(found))


def _codes(node: Any, depth: int = 0) -> Iterator[str]:
    """Every code word in an error, from whichever member holds it."""
    if depth > 3 or not isinstance(node, dict):
        return
    for name in ("code", "type", "status", "reason", "error_type", "error_code"):
        value = node.get(name)
        if isinstance(value, str):
            yield value.lower()
    for name in ("error", "details", "metadata", "innererror"):
        value = node.get(name)
        for child in value if isinstance(value, list) else [value]:
            yield from _codes(child, depth + 1)


def _retry_info_s(details: dict[str, Any]) -> float | None:
    """Seconds in Gemini's `google.rpc.RetryInfo` (`37s`, `48.9s`, `250ms`, `1h16m0.6s`)."""
    entries = details.get("details")
    for entry in entries if isinstance(entries, list) else []:
        delay = entry.get("retryDelay") if isinstance(entry, dict) else None
        if isinstance(delay, str):
            units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
            parts = re.findall(r"([\d.]+)(ms|h|m|s)", delay)
            try:
                return sum(float(number) * units[unit] for number, unit in parts) if parts else None
            except ValueError:
                return None
    return None


def _gives_no_hope(said: Said, wait_s: float | None) -> bool:
    """Gemini: a used-up daily quota; without RetryInfo a RESOURCE_EXHAUSTED does not clear soon."""
    return "resource_exhausted" in said.codes and wait_s is None


def _kind(status: int | None, said: Said) -> type[ChatError]:
    sentence = said.sentence.lower()
    allowed = _STATUS_FIRST.get(status or 0)
    if _CONTEXT.fits(said, sentence) and not _BUSY.search(sentence) and not allowed:
        return errors.ContextTooLong
    for rule in RULES:
        if rule.fits(said, sentence) and (allowed is None or rule.kind in allowed):
            return rule.kind
    if status in BY_STATUS:
        return BY_STATUS[status]
    if status == 404 and "model" in sentence:
        return errors.UnknownModel
    if status is None:
        return errors.ServerFault if said.codes & {"server_error", "api_error", "internal"} else errors.ProviderError
    return errors.ServerFault if status >= 500 else errors.RequestRefused


def _advice(kind: type[ChatError], service: Service, status: int | None, said: Said) -> str | None:
    if kind is errors.KeyRejected and service.keys:
        page = f" Keys are made at {service.key_page} ." if service.key_page else ""
        return f"Check the key in {service.keys[0].name}.{page}"
    if kind is errors.RequestRefused and status == 404:
        return "Check the base URL: nothing answers at this path."
    if kind is errors.RequestRefused and "image" in said.sentence.lower():
        return "If the model takes no images, choose another with -m."
    return None


def _redirect(failure: HttpFailure, service: Service) -> str:
    target = failure.headers.get("location", "").split("?")[0].split("#")[0] or "another address"
    return f"{service.title} points to {_short(target)} (HTTP {failure.status}); nothing was sent there"


def _plain(text: str) -> str:
    """The one line worth showing of a text that may be an HTML page."""
    if re.match(r"\s*<(!doctype|html|\?xml|head|body|center)", text, re.IGNORECASE):
        found = re.search(r"<(title|h1)[^>]*>(.*?)</\1>", text, re.IGNORECASE | re.DOTALL)
        text = found.group(2) if found else ""
    text = unescape(re.sub(r"<[^>]{0,200}>", " ", text))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return _short(lines[0]) if lines else ""


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= MAX_SAID_CHARS else text[: MAX_SAID_CHARS - 1] + "…"
