from __future__ import annotations

from chatbot.core.batch.told_limits import Cost, Heard, Taken, ToldLimits
from chatbot.core.http.limit_headers import parse_limits

NOW_S = 1_700_000_000.0
OPENAI = (
    ("x-ratelimit-limit-requests", "60"),
    ("x-ratelimit-remaining-requests", "0"),
    ("x-ratelimit-reset-requests", "60s"),
    ("x-ratelimit-limit-tokens", "6000"),
    ("x-ratelimit-remaining-tokens", "6000"),
    ("x-ratelimit-reset-tokens", "0s"),
)


def told(*headers: tuple[str, str]) -> ToldLimits:
    limits = ToldLimits()
    limits.see(Heard(parse_limits(headers, NOW_S).known, NOW_S), NOW_S)
    return limits


def test_nothing_told_is_no_reason_to_wait() -> None:
    assert ToldLimits().wait_s(Cost(), [], NOW_S) == 0
    assert told(("x-ratelimit-remaining-requests", "0")).wait_s(Cost(), [], NOW_S) == 0


def test_an_empty_bucket_is_waited_for_as_long_as_it_takes_to_fill_by_one() -> None:
    assert told(*OPENAI).wait_s(Cost(100), [], NOW_S) == 1.0
    assert told(*OPENAI).wait_s(Cost(100), [], NOW_S + 1) == 0


def test_rows_begun_since_are_taken_from_what_was_left() -> None:
    limits = told(("anthropic-ratelimit-requests-limit", "50"), ("anthropic-ratelimit-requests-remaining", "2"))
    since = [Taken(NOW_S + 0.1, Cost()), Taken(NOW_S + 0.2, Cost())]
    assert limits.wait_s(Cost(), since[:1], NOW_S + 0.3) == 0
    assert limits.wait_s(Cost(), since, NOW_S + 0.3) == float("inf")  # the next answer tells more


def test_tokens_are_counted_as_they_are_estimated() -> None:
    limits = told(*OPENAI[3:], ("x-ratelimit-remaining-tokens", "9"))
    begun = [Taken(NOW_S + 0.1, Cost(4_000, 1_000))]
    assert limits.wait_s(Cost(500, 400), begun, NOW_S + 0.1) == 0
    assert limits.wait_s(Cost(2_000, 400), begun, NOW_S + 0.1) > 0


def test_a_row_larger_than_the_whole_limit_does_not_wait_for_ever() -> None:
    assert told(*OPENAI[3:]).wait_s(Cost(1_000_000), [], NOW_S) == 0


def test_an_answer_that_is_older_than_what_is_known_says_nothing() -> None:
    limits = told(*OPENAI)
    limits.see(Heard(parse_limits((("x-ratelimit-remaining-requests", "60"),), NOW_S).known, NOW_S), NOW_S - 5)
    assert limits.wait_s(Cost(), [], NOW_S) == 1.0
