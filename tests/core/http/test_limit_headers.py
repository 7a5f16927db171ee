"""What services tell of their limits, as recorded, and as nobody should send it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.core.http.exchange import Chunk, Exchange, Headers, SafeExchange
from chatbot.core.http.limit_headers import NEXT_REQUEST, parse_limits, seen_limits
from chatbot.core.http.limits import Limit, Limits, SeenLimits, as_json, from_json
from chatbot.core.http.outcome import may_tell_of_limits
from tests.any_json import any_json
from tests.flat import some
from tests.tables import each

ANSWERED = Exchange("1", 1, 0, "gemini", "gemini", "flash", "POST", "http://x", (), b"")
NOW_S = 1_745_000_000.0  # 2025-04-18T18:13:20Z


def parsed(*lines: str, refusal: bytes | None = None) -> list[tuple[object, ...]]:
    """`what, limit, remaining, seconds to the reset, window` of each limit."""
    limits = parse_limits(headers(*lines), NOW_S, refusal)
    return [
        (limit.what, limit.limit, limit.remaining, since_now(limit.resets_at_s), limit.window) for limit in limits.known
    ]


def headers(*lines: str) -> Headers:
    pairs = [line.partition(": ") for line in lines]
    return tuple((name, value) for name, _, value in pairs)


def since_now(at_s: float | None) -> float | None:
    return None if at_s is None else round(at_s - NOW_S, 6)


OPENAI = (
    "x-ratelimit-limit-requests: 500",
    "x-ratelimit-limit-tokens: 200000",
    "x-ratelimit-remaining-requests: 499",
    "x-ratelimit-remaining-tokens: 199967",
    "x-ratelimit-reset-requests: 1h8m26.585s",
    "x-ratelimit-reset-tokens: 9ms",
)


def test_openai_and_those_that_do_alike_tell_requests_and_tokens() -> None:
    assert parsed(*OPENAI) == [
        ("requests", 500, 499, 4106.585, ""),
        ("tokens", 200_000, 199_967, 0.009, ""),
    ]
    assert parsed(*(f"llm_provider-{line}" for line in OPENAI), *OPENAI) == parsed(*OPENAI)  # LiteLLM tells it twice
    assert parsed(*(line.upper() for line in OPENAI[:4])) == [
        ("requests", 500, 499, None, ""),
        ("tokens", 200_000, 199_967, None, ""),
    ]  # xAI tells no resets


def test_each_limit_names_the_headers_that_told_it() -> None:
    [limit, _] = parse_limits(headers(*OPENAI), NOW_S).known
    assert limit.sources == (
        "x-ratelimit-limit-requests",
        "x-ratelimit-remaining-requests",
        "x-ratelimit-reset-requests",
    )
    assert limit.share_left == 499 / 500


def test_azure_tells_the_window_apart_and_what_is_no_number_stays_as_it_was() -> None:
    lines = (
        "x-ratelimit-limit-requests: 120",
        "x-ratelimit-remaining-requests: 119",
        "x-ratelimit-renewalperiod-requests: 60",
        "x-ratelimit-reset-requests: 7",
        "x-ratelimit-abusepenalty-active: False",
        "x-ratelimit-key: gpt-5",
    )
    assert parsed(*lines) == [("requests", 120, 119, 7, "60 s")]
    assert parse_limits(headers(*lines), NOW_S).unread == headers(*lines[-2:])


def test_anthropic_tells_a_time() -> None:
    assert parsed(
        "anthropic-ratelimit-input-tokens-limit: 100000",
        "anthropic-ratelimit-input-tokens-remaining: 90000",
        "anthropic-ratelimit-input-tokens-reset: 2025-04-18T18:13:30Z",
        "anthropic-ratelimit-requests-limit: 1000",
        "anthropic-ratelimit-requests-remaining: 999",
        "anthropic-ratelimit-requests-reset: 2025-04-18T20:13:20.5+02:00",
    ) == [("input tokens", 100_000, 90_000, 10, ""), ("requests", 1000, 999, 0.5, "")]


def test_a_proxy_that_leaves_out_a_word_is_understood() -> None:
    assert parsed("x-ratelimit-requests: 4000", "x-ratelimit-remaining-requests: 3999") == [
        ("requests", 4000, 3999, None, "")
    ]


def test_cerebras_and_mistral_have_the_window_in_the_name() -> None:
    assert parsed(
        "x-ratelimit-limit-requests-day: 1440000",
        "x-ratelimit-remaining-requests-day: 1439994",
        "x-ratelimit-limit-tokens-minute: 1000000",
        "x-ratelimit-reset-tokens-minute: 37.26258873939514",
    ) == [("requests", 1_440_000, 1_439_994, None, "day"), ("tokens", 1_000_000, None, 37.262589, "minute")]
    mistral = (
        "x-ratelimit-limit-req-60-second: 360",
        "x-ratelimit-remaining-req-60-second: 157",
        "x-ratelimitbysize-limit-minute: 2000000",
        "x-ratelimitbysize-remaining-minute: 1874134",
        "ratelimitbysize-reset: 39",
        "x-ratelimit-tokens-query-cost: 14",
    )
    assert parsed(*mistral) == [
        ("requests", 360, 157, None, "60 s"),
        ("tokens by size", 2_000_000, 1_874_134, None, "minute"),
        ("tokens by size", None, None, 39, ""),
    ]
    assert parse_limits(headers(*mistral), NOW_S).unread == headers(mistral[-1])


def test_together_and_what_is_behind_hugging_face() -> None:
    lines = (
        "x-ratelimit: false",
        "x-ratelimit-limit: 1",
        "x-ratelimit-remaining: 19",
        "x-ratelimit-reset: 2",
        "x-ratelimit-limit-tokens: 33333.333333333336",
        "x-ratelimit-remaining-tokens-day: 9223372036854767616",
        "x-ratelimit-dynamic-period-remaining: 888s",
        "x-ratelimit-over-limit: no",
    )
    assert parsed(*lines) == [
        ("requests", 1, 19, 2, ""),
        ("tokens", 33333.333333333336, None, None, ""),
        ("tokens", None, 9_223_372_036_854_767_616, None, "day"),
        ("dynamic period", None, None, 888, ""),
    ]
    limits = parse_limits(headers(*lines), NOW_S)
    assert limits.unread == headers(lines[0], lines[-1])
    assert limits.known[0].share_left == 1.0


@each(
    ("value", "seconds"),
    [
        ("0", 0),
        ("0s", 0),
        ("1.728s", 1.728),
        ("6m0s", 360),
        ("172µs", 0.000172),
        ("1745000060", 60),
        ("1745000060000", 60),  # OpenRouter
        ("Fri, 18 Apr 2025 18:14:20 GMT", 60),
        ("2025-04-18t18:13:20.25z", 0.25),
        ("2025-04-18 16:13:20-02:00", 0),
    ],
)
def test_a_reset_is_told_in_many_ways(value: str, seconds: float) -> None:
    assert parsed(f"x-ratelimit-reset: {value}") == [("requests", None, None, seconds, "")]


@each(
    ("lines", "limits"),
    [
        (
            ['RateLimit-Policy: "burst";q=100;w=60, "a,\\"b";q=5', 'RateLimit: "burst";r=50;t=30'],
            [("requests (burst)", 100, 50, 30, "60 s"), ('requests (a,\\"b)', 5, None, None, "")],
        ),
        (['RateLimit: "default";r=50;t=30'], [("requests", None, 50, 30, "")]),
        (
            ["RateLimit: limit=100, remaining=50, reset=5", "RateLimit-Policy: 100;w=10"],
            [("requests", 100, 50, 5, "10 s")],
        ),
        (
            ["RateLimit-Limit: 100, 100;w=10", "RateLimit-Remaining: 50", "RateLimit-Reset: 5"],
            [("requests", 100, 50, 5, "10 s")],
        ),
    ],
)
def test_every_form_of_the_draft_is_read(lines: list[str], limits: list[tuple[object, ...]]) -> None:
    assert parsed(*lines) == limits


GEMINI = {
    "error": {
        "code": 429,
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.QuotaFailure",
                "violations": [
                    {
                        "quotaMetric": "generativelanguage.googleapis.com/generate_content_free_tier_requests",
                        "quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier",
                        "quotaDimensions": {"location": "global", "model": "gemini-2.5-flash"},
                        "quotaValue": "50",
                    }
                ],
            },
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "37s"},
        ],
    }
}


@pytest.mark.parametrize("body", [GEMINI, [GEMINI]])
def test_gemini_tells_a_used_up_quota_in_the_body_of_its_refusal(body: object) -> None:
    assert parsed(refusal=json.dumps(body).encode()) == [
        ("generate content free tier requests", 50, 0, None, "day"),
        (NEXT_REQUEST, None, None, 37, ""),
    ]


def test_a_refusal_tells_when_the_next_request_may_come() -> None:
    assert parsed("retry-after: 22", refusal=b"slow down") == [(NEXT_REQUEST, None, None, 22, "")]
    assert parsed("retry-after: 22") == []


def test_only_the_body_of_a_429_is_read() -> None:
    def seen(status: int) -> SeenLimits:
        answer = ANSWERED._replace(status=status, chunks=(Chunk(1, json.dumps(GEMINI).encode()),))
        return seen_limits(SafeExchange(answer), NOW_S)

    assert len(seen(429).limits.known) == 2
    assert seen(429)[:3] == ("gemini", "flash", NOW_S)
    assert seen(200) == SeenLimits("gemini", "flash", NOW_S, Limits())


@each(
    "line",
    [
        "anthropic-ratelimit-requests-limit: ANTHROPIC-RATELIMIT-REQUESTS-LIMIT-XXX",
        "x-ratelimit-remaining-requests: -1",
        "x-ratelimit-remaining-requests: ",
        "x-ratelimit-remaining-requests: ٣",
        f"x-ratelimit-remaining-requests: {'9' * 5000}",
        "x-ratelimit-reset-requests: 1.2.3s",
        "x-ratelimit-reset-requests: 2025-13-41T18:13:20Z",
        "x-ratelimit-reset-requests: soon",
        "RateLimit: ???",
        'RateLimit-Policy: "burst";w=1',
        "x-ratelimit-renewalperiod-requests: 60",
    ],
)
def test_what_cannot_be_read_is_kept_as_it_was_said(line: str) -> None:
    assert parse_limits(headers(line), NOW_S) == Limits((), headers(line))


WORDS = "x anthropic ratelimit rate-limit ratelimitbysize limit remaining reset policy day 60".split()
NAMES = st.text(max_size=40) | some(WORDS, most=7).map("-".join)
TOKENS = [*'"abzqrtw0159.,; ', '"burst"', ";q=", ";r=", ";t=", ";w=", ";w=60", ", ", "٣"]
VALUES = st.one_of(
    st.text(max_size=60),
    some(TOKENS, most=30).map("".join),
    st.text("0123456789٣", min_size=18, max_size=18).map(
        lambda digit: (
            f"{digit[:4]}-{digit[4:6]}-{digit[6:8]}T{digit[8:10]}:{digit[10:12]}:{digit[12:14]}"
            + ("", "Z", f"+{digit[14:16]}:{digit[16:]}", f"-{digit[14:16]}:{digit[16:]}")[ord(digit[17]) % 4]
        )
    ),
    some([*"0123456789....", "ms", "h", "s"], most=10).map("".join),
)


@settings(max_examples=40)
@given(st.lists(st.tuples(NAMES, VALUES), max_size=8), st.one_of(st.none(), st.binary(max_size=60)))
def test_no_header_and_no_body_is_an_error_and_none_of_limits_is_lost(
    pairs: list[tuple[str, str]], refusal: bytes | None
) -> None:
    limits = parse_limits(tuple(pairs), NOW_S, refusal)
    answer = ANSWERED._replace(status=200 if refusal is None else 429, response_headers=tuple(pairs))
    assert may_tell_of_limits(answer) or not any(limits)
    assert set(limits.unread) <= set(pairs)
    for limit in limits.known:
        assert limit.sources
        assert not (limit.limit is limit.remaining is limit.resets_at_s is None)
        assert limit.share_left is None or 0 <= limit.share_left <= 1
    seen = SeenLimits("service", "model", NOW_S, limits)
    assert from_json(json.loads(json.dumps(as_json(seen)))) == seen


@given(
    any_json(
        "error details violations retryDelay quotaValue quotaId what limits unread".split(), numbers=(st.floats(),)
    )
)
def test_any_document_is_read_or_left(document: object) -> None:
    parse_limits((), NOW_S, json.dumps(document).encode())
    assert from_json(document) is None


def test_a_number_that_no_limit_has_is_not_read_back() -> None:
    seen = SeenLimits("service", "", NOW_S, Limits((Limit("requests", 5, 4),)))
    written = as_json(seen)
    for wrong in ("5", -1, float("inf"), float("nan")):
        written["limits"][0]["limit"] = wrong
        assert from_json(written) is None
