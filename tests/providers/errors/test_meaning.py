"""What each error means: its kind, whether it is worth another try, and what a person is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chatbot.core import errors
from chatbot.core.errors import ChatError
from chatbot.core.request import HttpFailure
from chatbot.providers import services
from chatbot.providers.errors.meaning import BY_STATUS, RULES, SENTENCES, error_in_body, read_error
from tests.tables import each

NOW = 1_763_683_200.0  # 2025-11-21 00:00:00 UTC
OPENAI = services.find("openai")
RETRY_INFO = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "37s"}


def read(status: int, document: Any = "", service: str = "openai", **headers: str) -> ChatError:
    """The error for an answer; header names are written with underscores, text stands for itself."""
    body = document if isinstance(document, str) else json.dumps(document)
    failure = HttpFailure(status, {name.replace("_", "-"): value for name, value in headers.items()}, body.encode())
    return read_error(failure, NOW, services.find(service))


def openai(message: str = "m", **fields: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None, **fields}}


def google(message: str, status: str, *details: Any) -> dict[str, Any]:
    return {"error": {"code": 0, "message": message, "status": status, "details": list(details)}}


@each(
    "status, kind",
    [
        (400, errors.RequestRefused),
        (401, errors.KeyRejected),
        (402, errors.QuotaExhausted),
        (403, errors.PermissionRefused),
        (404, errors.RequestRefused),
        (405, errors.RequestRefused),
        (408, errors.ServerFault),
        (409, errors.ServerFault),
        (413, errors.ContextTooLong),
        (422, errors.RequestRefused),
        (429, errors.RateLimited),
        (498, errors.Overloaded),
        (500, errors.ServerFault),
        (502, errors.ServerFault),
        (503, errors.Overloaded),
        (504, errors.ServerFault),
        *((status, errors.ServerFault) for status in (520, 521, 522, 523, 524)),
        (529, errors.Overloaded),
    ],
)
@each("body", ["", "{}", "<html><h1>Oops</h1></html>"])
def test_a_status_alone_has_its_meaning(status: int, kind: type[ChatError], body: str) -> None:
    error = read(status, body)

    assert type(error) is kind
    assert error.status == status
    assert f"(HTTP {status})" in str(error)


RETRIED = {408, 409, 429, 498, 500, 502, 503, 504, 520, 524, 529}


@each("status", sorted(RETRIED | {400, 401, 402, 403, 404, 413, 422}))
def test_only_what_may_pass_is_tried_again(status: int) -> None:
    assert read(status).retryable is (status in RETRIED)


MEANINGS: list[tuple[int, Any, type[ChatError]]] = [
    # 400 says nearly everything.
    (400, openai("m", param="messages"), errors.RequestRefused),
    (400, google("API key not valid. Please pass one.", "INVALID_ARGUMENT"), errors.KeyRejected),
    (400, google("m", "INVALID_ARGUMENT", {"reason": "API_KEY_INVALID"}), errors.KeyRejected),
    (400, {"code": "invalid-argument", "error": "Incorrect API key provided."}, errors.KeyRejected),
    (400, openai("Your credit balance is too low to access the API."), errors.QuotaExhausted),
    (400, openai("You have reached your specified API usage limits."), errors.QuotaExhausted),
    (400, openai("The requested model 'x' does not exist.", code="model_not_found"), errors.UnknownModel),
    (400, openai("x/y is not a valid model ID"), errors.UnknownModel),
    (400, openai("The supported API model names are a and b, but you passed c."), errors.UnknownModel),
    (400, {"object": "error", "message": "m", "type": "invalid_model", "code": "1500"}, errors.UnknownModel),
    (400, openai("m", code="content_filter", param="prompt"), errors.ContentFiltered),
    (400, openai("filtered by the content management policy"), errors.ContentFiltered),
    (400, openai("m", code="data_inspection_failed"), errors.ContentFiltered),
    # 401
    (401, {"type": "error", "error": {"type": "authentication_error", "message": "m"}}, errors.KeyRejected),
    (401, {"message": "m", "type": "invalid_request_error", "code": "wrong_api_key"}, errors.KeyRejected),
    (401, {"detail": "Unauthorized"}, errors.KeyRejected),
    (401, "<html><title>401 Authorization Required</title></html>", errors.KeyRejected),
    (401, openai("You have insufficient permissions for this operation."), errors.PermissionRefused),
    (401, openai("Invalid API key or insufficient credits.", type="invalid_api_key"), errors.KeyRejected),
    (401, openai("unknown model or key"), errors.KeyRejected),
    # 402
    (402, openai("Insufficient Balance"), errors.QuotaExhausted),
    (402, {"type": "error", "error": {"type": "billing_error", "message": "m"}}, errors.QuotaExhausted),
    (402, {"error": "You have exceeded your monthly included credits"}, errors.QuotaExhausted),
    # 403
    (403, openai("m", code="unsupported_country_region_territory"), errors.PermissionRefused),
    (403, openai("The model requires moderation and your input was flagged"), errors.ContentFiltered),
    (403, google("m", "PERMISSION_DENIED"), errors.PermissionRefused),
    (403, google("Method doesn't allow unregistered callers.", "PERMISSION_DENIED"), errors.KeyRejected),
    # 404
    (404, openai("The model `x` does not exist or you do not have access to it."), errors.UnknownModel),
    (404, openai("This is not a chat model."), errors.UnknownModel),
    (404, {"type": "error", "error": {"type": "not_found_error", "message": "model: x"}}, errors.UnknownModel),
    (404, google("models/x is not found for API version v1beta, or ...", "NOT_FOUND"), errors.UnknownModel),
    (404, openai("m", code="DeploymentNotFound"), errors.UnknownModel),
    (404, openai('model "x" not found, try pulling it first', type="api_error"), errors.UnknownModel),
    (404, openai("No endpoints found for x/y."), errors.UnknownModel),
    (404, openai("No endpoints found that support image input"), errors.RequestRefused),
    (404, openai("Invalid URL (POST /v2/chat)"), errors.RequestRefused),
    # 413, 422
    (413, {"type": "error", "error": {"type": "request_too_large", "message": "m"}}, errors.ContextTooLong),
    (422, {"detail": [{"loc": ["body", "x"], "msg": "Extra inputs are not permitted"}]}, errors.RequestRefused),
    # 429: quota
    *(
        (429, openai("m", type="insufficient_quota", code=code), errors.QuotaExhausted)
        for code in "insufficient_quota credit_balance_exhausted organization_spend_limit_exceeded "
        "project_spend_limit_exceeded organization_usage_limit_exceeded".split()
    ),
    *(
        (
            429,
            {"type": "error", "error": {"type": "rate_limit_error", "message": "m", "details": {"error_code": code}}},
            errors.QuotaExhausted,
        )
        for code in ("enforced_spend_limit_reached", "contract_spend_limit_reached")
    ),
    (429, openai("You exceeded your current quota, please check your plan and billing."), errors.QuotaExhausted),
    # 429: rate
    (429, openai("m", type="requests", code="rate_limit_exceeded"), errors.RateLimited),
    (429, {"type": "error", "error": {"type": "rate_limit_error", "message": "m"}}, errors.RateLimited),
    (429, openai("m", code="429"), errors.RateLimited),
    (429, {"object": "error", "message": "m", "type": "rate_limited", "code": "1300"}, errors.RateLimited),
    (429, "Too many requests.", errors.RateLimited),
    (429, openai("x/y is temporarily rate-limited upstream"), errors.RateLimited),
    # 429: no capacity
    (429, openai("m", code="slow_down"), errors.Overloaded),
    (429, {"message": "m", "type": "service_tier_capacity_exceeded", "code": "3505"}, errors.Overloaded),
    (429, openai("The service may be temporarily overloaded", code="1305"), errors.Overloaded),
    # 5xx
    (500, {"type": "error", "error": {"type": "api_error", "message": "m"}}, errors.ServerFault),
    (500, openai("image input is not supported - hint: mmproj", type="server_error"), errors.RequestRefused),
    (503, google("The model is overloaded.", "UNAVAILABLE"), errors.Overloaded),
    (503, openai("Loading model", type="unavailable_error", code=503), errors.Overloaded),
    (503, {"code": "unavailable", "error": "The model is at capacity"}, errors.Overloaded),
    (529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, errors.Overloaded),
]


@each("status, document, kind", MEANINGS)
def test_the_words_of_an_error_decide_before_its_status(status: int, document: Any, kind: type[ChatError]) -> None:
    assert type(read(status, document)) is kind


CONTEXT_PHRASES = (
    "prompt is too long: 213462 tokens > 200000 maximum",
    "too many total text bytes: 40000000 > 32000000",
    "Your input exceeds the context window of this model.",
    "This model's maximum context length is 8192 tokens.",
    "The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).",
    "The input token count exceeds the maximum number of tokens allowed 1048576.",
    "Prompt contains 40000 tokens, too large for model with 32768 maximum context length",
    "Please reduce the length of the messages or completion.",
    "This model's maximum prompt length is 131072 but the request contains 250000 tokens.",
    "The input is longer than the model's context length (8193).",
    "the request exceeds the available context size, try increasing it",
    "Context size has been exceeded.",
    "The number of tokens to keep from the initial prompt is greater than the context length.",
    "the input length exceeds the context length",
    "prompt too long; exceeded max context length by 4 tokens",
    "The total length of all messages is too long",
    "Range of input length should be [1, 98304]",
    "Your request exceeded model token limit: 262144",
    "invalid params, context window exceeds limit",
    "Input is too long for requested model.",
)


@each("phrase", CONTEXT_PHRASES)
@each("status", [400, 413, 422, 500])
def test_a_context_too_long_is_known_by_its_phrase_and_never_tried_again(phrase: str, status: int) -> None:
    error = read(status, openai(phrase))

    assert type(error) is errors.ContextTooLong
    assert not error.retryable


@each("code", ["context_length_exceeded", "exceed_context_size_error", "too_many_prompt_tokens"])
@each("member", ["code", "type"])
def test_a_context_too_long_is_known_by_its_code(code: str, member: str) -> None:
    assert type(read(400, openai("m", **{member: code}))) is errors.ContextTooLong


@each(
    ("status", "phrase", "kind"),
    [
        (429, "Rate limit: prompt is too long for your tokens per minute", errors.RateLimited),
        (429, "Too many requests; reduce the length of the messages", errors.RateLimited),
        (429, "Throttled: input is too long for requested model", errors.RateLimited),
        (503, "Service unavailable: maximum context length unknown", errors.Overloaded),
    ],
)
def test_a_busy_server_that_speaks_of_length_is_only_busy(status: int, phrase: str, kind: type[ChatError]) -> None:
    assert type(read(status, openai(phrase))) is kind


def test_a_request_that_alone_is_above_the_limit_is_never_tried_again() -> None:
    message = "Request too large for m on tokens per min (TPM): Limit 30000, Requested 50000."

    error = read(429, openai(message, type="tokens", code="rate_limit_exceeded"), retry_after="5")

    assert type(error) is errors.ContextTooLong
    assert not error.retryable


@each("headers", [{}, {"retry_after": "1"}, {"x_should_retry": "true"}])
def test_a_used_up_quota_is_never_tried_again(headers: dict[str, str]) -> None:
    assert not read(429, openai(code="insufficient_quota"), **headers).retryable


QUOTA = "You exceeded your current quota, please check your plan and billing details."


@each(
    ("document", "kind", "retried"),
    [
        (google(QUOTA, "RESOURCE_EXHAUSTED", RETRY_INFO), errors.RateLimited, True),
        (google(QUOTA + " Please retry in 47.9s.", "RESOURCE_EXHAUSTED"), errors.RateLimited, True),
        (google(QUOTA, "RESOURCE_EXHAUSTED"), errors.RateLimited, False),
        (google("Resource exhausted.", "RESOURCE_EXHAUSTED"), errors.RateLimited, False),
        (
            google(QUOTA, "RESOURCE_EXHAUSTED", RETRY_INFO, {"violations": [{"quotaId": "RequestsPerDayPerProject"}]}),
            errors.QuotaExhausted,
            False,
        ),
        (
            google(QUOTA, "RESOURCE_EXHAUSTED", RETRY_INFO, {"violations": [{"quotaId": "RequestsPerMinute"}]}),
            errors.RateLimited,
            True,
        ),
        (google(QUOTA + "\n* limit: 0, model: m", "RESOURCE_EXHAUSTED", RETRY_INFO), errors.QuotaExhausted, False),
        (google(QUOTA + "\n* limit: 05, model: m", "RESOURCE_EXHAUSTED", RETRY_INFO), errors.RateLimited, True),
        (google("Your prepayment credits are depleted.", "RESOURCE_EXHAUSTED"), errors.QuotaExhausted, False),
    ],
)
def test_google_tells_a_busy_minute_from_a_used_up_day_only_in_its_details(
    document: Any, kind: type[ChatError], retried: bool
) -> None:
    error = read(429, document, "gemini")

    assert (type(error), error.retryable) == (kind, retried)


@each(
    ("headers", "document", "seconds"),
    [
        ({"retry_after": "7"}, openai(), 7.0),
        ({"retry_after_ms": "660"}, openai(), 0.66),
        ({"retry_after_ms": "660", "retry_after": "7"}, openai(), 0.66),
        ({"retry_after_ms": "0", "retry_after": "1"}, openai(), 1.0),
        ({"retry_after": "Fri, 21 Nov 2025 00:00:30 GMT"}, openai(), 30.0),
        ({"retry_after": "soon"}, openai(), None),
        ({}, google("m", "RESOURCE_EXHAUSTED", RETRY_INFO), 37.0),
        ({"retry_after": "2"}, google("m", "RESOURCE_EXHAUSTED", RETRY_INFO), 2.0),
        ({}, openai("Please try again in 2.3s."), 2.3),
        ({"retry_after": "3"}, openai("Please try again in 2.3s."), 3.0),
        ({}, openai(), None),
    ],
)
def test_the_wait_is_taken_from_wherever_the_server_names_it(
    headers: dict[str, str], document: Any, seconds: float | None
) -> None:
    assert read(429, document, **headers).retry_after_s == pytest.approx(seconds)


@each(
    ("status", "word", "retried"),
    [(500, "false", False), (429, "false", False), (429, "true", True), (400, "true", True), (500, "perhaps", True)],
)
def test_the_servers_own_word_on_a_retry_counts_before_the_status(status: int, word: str, retried: bool) -> None:
    assert read(status, openai(), x_should_retry=word).retryable is retried


@each(
    ("headers", "document", "request_id"),
    [
        ({"x_request_id": "a"}, openai(), "a"),
        ({"request_id": "b"}, openai(), "b"),
        ({"apim_request_id": "c"}, openai(), "c"),
        ({"mistral_correlation_id": "d"}, openai(), "d"),
        ({"x_generation_id": "e"}, openai(), "e"),
        ({"x_ds_trace_id": "f"}, openai(), "f"),
        ({"x_amzn_trace_id": "g"}, openai(), "g"),
        ({}, {**openai(), "request_id": "h"}, "h"),
        ({"request_id": "b"}, {**openai(), "request_id": "h"}, "b"),
        ({}, openai(), None),
    ],
)
def test_the_request_id_is_found_in_headers_and_body(
    headers: dict[str, str], document: Any, request_id: str | None
) -> None:
    assert read(500, document, **headers).request_id == request_id


@each("status", [400, 401, 403, 404, 429, 500, 502, 503, 521])
def test_a_web_page_is_never_repeated(status: int) -> None:
    page = "<!DOCTYPE html><html><head><style>x</style></head><body><h1>Bad gateway</h1><p>nginx</p></body></html>"

    assert read(status, page).said == "Bad gateway"
    assert read(status, {"detail": page}).said == "Bad gateway"


@each("status", [301, 302, 307, 308])
def test_a_redirect_names_where_to_but_not_what_may_be_secret(status: int) -> None:
    error = read(status, "", location="https://elsewhere.example/v1?token=secret#part")

    assert type(error) is errors.Redirected
    assert "https://elsewhere.example/v1 " in str(error)
    assert "secret" not in str(error)


def test_a_rejected_key_is_advised_with_every_variable_that_may_hold_it() -> None:
    advice = read(401, openai(), "gemini").advice

    assert "GOOGLE_API_KEY or GEMINI_API_KEY" in advice
    assert "https://aistudio.google.com/apikey" in advice


@each(
    ("status", "message", "advised"),
    [
        (404, "", "base URL"),
        (404, "Invalid URL (POST /v2/chat)", "base URL"),
        (404, "No endpoints found that support image input", "takes no images"),
        (400, "image_url is not supported", "takes no images"),
        (404, "No endpoints matching your data policy", ""),
        (400, "something else", ""),
    ],
)
def test_a_refused_request_is_advised_only_where_the_cause_is_known(status: int, message: str, advised: str) -> None:
    advice = read(status, openai(message)).advice

    assert (advised in advice) if advised else not advice


@each(
    ("document", "kind", "status"),
    [
        ({"error": {"message": "m", "code": 503}}, errors.Overloaded, 503),
        ({"error": {"message": "m", "code": "429"}}, errors.RateLimited, 429),
        ({"error": {"message": "m", "status_code": 400, "code": "x"}}, errors.RequestRefused, 400),
        ({"error": {"message": "m", "code": 1305}}, errors.ProviderError, None),
        ({"error": {"message": "m", "code": 200}}, errors.ProviderError, None),
        ({"error": {"message": "m", "code": "9" * 5000}}, errors.ProviderError, None),
        ({"error": {"message": "m", "type": "server_error"}}, errors.ServerFault, None),
        ({"error": {"message": "m", "type": "api_error"}}, errors.ServerFault, None),
        ({"type": "error", "error": {"type": "overloaded_error", "message": "m"}}, errors.Overloaded, None),
        ({"error": {"message": "m", "code": "rate_limit_exceeded"}}, errors.RateLimited, None),
        ({"error": {"message": "m", "code": "insufficient_quota"}}, errors.QuotaExhausted, None),
        ({"error": {"message": "prompt is too long"}}, errors.ContextTooLong, None),
        ({"error": "gone"}, errors.ProviderError, None),
        ({"error": True}, errors.ProviderError, None),
        ([], errors.ProviderError, None),
    ],
)
def test_an_error_with_status_200_is_read_by_what_it_says(
    document: Any, kind: type[ChatError], status: int | None
) -> None:
    error = error_in_body(document, OPENAI)

    assert (type(error), error.status) == (kind, status)


def test_every_kind_has_its_sentence() -> None:
    kinds = {rule.kind for rule in RULES} | set(BY_STATUS.values())

    assert kinds <= set(SENTENCES)
    assert all("OpenAI" in text.format(title="OpenAI") or "model" in text for text in SENTENCES.values())
