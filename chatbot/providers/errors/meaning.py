"""What a provider's error means, whichever of the many shapes it comes in.

Rules are tables; the first that fits decides. The codes and phrases were all seen in recorded traffic.
"""

from __future__ import annotations

import re
from typing import Any

from chatbot.core import errors
from chatbot.core.errors import ChatError
from chatbot.core.request import HttpFailure, request_id_in
from chatbot.core.retry import retry_after_s, should_retry
from chatbot.providers.errors.bodies import ErrorBody, parse_error_body, short, words
from chatbot.providers.service import Service
from chatbot.records import NamedTuple


class Rule(NamedTuple):
    """Decides for `kind` when one of the codes is there, or one of the phrases (lower case, `.*` allowed)."""

    kind: type[ChatError]
    codes: frozenset[str] = frozenset()
    phrases: str = ""

    def fits(self, said: ErrorBody, sentence: str) -> bool:
        return bool(self.codes & said.codes) or bool(self.phrases and re.search(self.phrases, sentence))


_BUSY = re.compile("rate limit|too many requests|throttl|service unavailable")

_CONTEXT = Rule(
    errors.ContextTooLong,
    frozenset({"context_length_exceeded", "exceed_context_size_error", "too_many_prompt_tokens", "request_too_large"}),
    "|".join(
        (
            "prompt is too long",
            "contextwindowexceedederror",  # LiteLLM puts the name of its class before the words of others
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
        errors.KeyRejected,
        frozenset(
            "invalid_api_key wrong_api_key api_key_invalid authentication_error invalid_key unauthenticated".split()
        ),
        # Google's "unregistered callers" are those who sent no key.
        "api key not valid|incorrect api key|invalid api key|invalid x-api-key|api key expired|unregistered callers|"
        "api key was reported as leaked",
    ),
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
        frozenset(
            {
                "content_filter",
                "content_filter_policy",
                "content_policy_violation",
                "moderation_blocked",
                "data_inspection_failed",
            }
        ),
        "content management policy|flagged by moderation|requires moderation|flagged as potentially violating|"
        "content violates usage guidelines",
    ),
    Rule(
        errors.UnknownModel,
        frozenset({"model_not_found", "deploymentnotfound", "model_not_supported", "invalid_model"}),
        "model .*(does not exist|not found)|^model: |is not found for api version|supported api model names|"
        "not a valid model|no endpoints found for|not a chat model|unknown model|invalid model name passed",
    ),
    Rule(errors.PermissionRefused, frozenset({"permission_error", "permission_denied"}), "insufficient permissions"),
    Rule(
        errors.Overloaded,
        frozenset("overloaded_error overloaded slow_down service_tier_capacity_exceeded engine_overloaded".split()),
        "overloaded|no capacity|loading model|at capacity",
    ),
    Rule(errors.RateLimited, frozenset({"rate_limit_exceeded", "rate_limit_error", "rate_limited"})),
    # llama.cpp says so with HTTP 500, which would be asked again and again.
    Rule(errors.RequestRefused, frozenset(), "(image|audio|video) input is not supported"),
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

_NO_SUCH_PATH = "^$|not found|invalid url|cannot (get|post)|no route"
_FAULT_CODES = frozenset("server_error api_error internal internal_error internal_server_error timeout_error".split())

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
    if 300 <= failure.status < 400 and failure.status != 304:
        return errors.Redirected(_redirect(failure, service), status=failure.status)
    said = words(failure.body)
    wait_s = retry_after_s(failure.headers, now)
    said = said._replace(
        request_id=request_id_in(failure.headers) or said.request_id,
        retry_after_s=said.retry_after_s if wait_s is None else wait_s,
    )
    return _error(said, failure.status, f"(HTTP {failure.status})", should_retry(failure.headers), service)


def error_in_body(document: Any, service: Service) -> ChatError:
    """The error in a body or event that came with HTTP 200."""
    return _error(parse_error_body(document), _status_in(document), "in the middle of the exchange", None, service)


def _error(said: ErrorBody, status: int | None, where: str, should: bool | None, service: Service) -> ChatError:
    kind = _kind(status, said)
    # Google: a RESOURCE_EXHAUSTED that does not say when to come back does not clear soon.
    if should is None and "resource_exhausted" in said.codes and said.retry_after_s is None:
        should = False
    if kind in (errors.QuotaExhausted, errors.ContextTooLong):
        should = False
    error = kind(
        f"{SENTENCES[kind].format(title=service.title)} {where}",
        said=said.sentence,
        status=status,
        request_id=said.request_id,
        retry_after_s=said.retry_after_s,
        should_retry=should,
        advice=_advice(kind, service, status, said.sentence.lower()),
    )
    error.parameter = said.parameter
    return error


def _status_in(document: Any) -> int | None:
    """The HTTP status that an error within a 200 answer names (OpenRouter, Groq, Gemini, llama.cpp)."""
    inner = document.get("error") if isinstance(document, dict) else None
    places = [place for place in (inner, document) if isinstance(place, dict)]
    numbers = [str(place.get(name)) for place in places for name in ("status_code", "code")]
    return next((int(number) for number in numbers if re.fullmatch("[45][0-9][0-9]", number)), None)


def _kind(status: int | None, said: ErrorBody) -> type[ChatError]:
    sentence = said.sentence.lower()
    if "resource_exhausted" in said.codes:
        return errors.QuotaExhausted if _is_long_gone(said, sentence) else errors.RateLimited
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
        return errors.ServerFault if said.codes & _FAULT_CODES else errors.ProviderError
    return errors.ServerFault if status >= 500 else errors.RequestRefused


def _is_long_gone(said: ErrorBody, sentence: str) -> bool:
    """Google has one sentence ("check your plan and billing details") for a busy minute and for a used-up day."""
    return any("perday" in code for code in said.codes) or bool(
        re.search(r"limit: 0(?![.\d])|credits are depleted|spending cap", sentence)
    )


def _advice(kind: type[ChatError], service: Service, status: int | None, sentence: str) -> str | None:
    if kind is errors.KeyRejected and service.keys:
        page = f" Keys are made at {service.key_page} ." if service.key_page else ""
        return f"Check the key in {' or '.join(key.name for key in service.keys)}.{page}"
    if kind is errors.RequestRefused and "image" in sentence:
        return "If the model takes no images, choose another with -m."
    if service.wire == "openai" and "v1/responses" in sentence and "responses" in service.other_wires:
        return "Ask it with --api responses."
    if kind is errors.RequestRefused and status in (404, 405) and re.search(_NO_SUCH_PATH, sentence):
        also = "" if service.wire != "responses" else " If it does not speak Responses, ask it with --api chat."
        return f"Check the base URL: nothing answers at this path.{also}"
    return None


def _redirect(failure: HttpFailure, service: Service) -> str:
    target = failure.headers.get("location", "").split("?")[0].split("#")[0] or "another address"
    return f"{service.title} points to {short(target)} (HTTP {failure.status}); nothing was sent there"
