from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.core import errors
from chatbot.core.errors import ChatError
from chatbot.core.retry import RetryPolicy, retry_after_s, should_retry
from tests.tables import each

DRAWS = 1_000
NOW_S = 1696004797.0  # Fri, 29 Sep 2023 16:26:37 GMT

# The cases of openai-python's own test of its retry delay, and what servers were seen to send.
IN_SECONDS_OR_A_DATE = {
    "20": 20.0,
    "60": 60.0,
    "61": 61.0,
    "0.5": 0.5,
    " 7 ": 7.0,
    "0": 0.0,
    "-10": None,
    "": None,
    "soon": None,
    "nan": None,
    "inf": None,
    "1e999": None,
    "99999999999999999999999999999999999": 1e35,
    "Fri, 29 Sep 2023 16:26:57 GMT": 20.0,
    "Fri, 29 Sep 2023 16:27:37 GMT": 60.0,
    "Fri, 29 Sep 2023 16:26:37 GMT": 0.0,
    "Fri, 29 Sep 2023 16:26:27 GMT": 0.0,
    "Fri, 29 Sep 2023 18:26:57 +0200": 20.0,
    "Fri, 29 Sep 2023 16:26:57 -0000": 20.0,
    "Friday, 29-Sep-23 16:26:57 GMT": 20.0,  # RFC 850, still to be understood
    "Fri Sep 29 16:26:57 2023": 20.0,  # asctime, likewise; it is GMT without saying so
    "Fri, 99 Sep 2023 99:99:99 GMT": None,
    "Zun, 29 Foo 2023 16:26:57 GMT": None,
}
RETRY_AFTER = [
    *(({"retry-after": value}, expected_s) for value, expected_s in IN_SECONDS_OR_A_DATE.items()),
    ({}, None),
    ({"retry-after-ms": "660"}, 0.66),
    ({"retry-after-ms": "20000", "retry-after": "21"}, 20.0),
    ({"retry-after-ms": "0", "retry-after": "1"}, 1.0),  # Azure
    ({"retry-after-ms": "x", "retry-after": "3"}, 3.0),
    ({"retry-after-ms": "-1", "retry-after": "3"}, 3.0),
    ({"retry-after-ms": "Fri, 29 Sep 2023 16:26:57 GMT"}, None),
]


@each(("headers", "expected_s"), RETRY_AFTER)
def test_what_the_server_asks_for(headers: dict[str, str], expected_s: float | None) -> None:
    wait_s = retry_after_s(headers, NOW_S)
    assert wait_s == (None if expected_s is None else pytest.approx(expected_s))


def test_a_date_without_a_zone_is_gmt_wherever_the_program_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert retry_after_s({"retry-after": "Fri Sep 29 16:26:57 2023"}, NOW_S) == 20.0
    finally:
        monkeypatch.undo()
        time.tzset()


DATE_WORDS = st.lists(
    st.sampled_from("Fri Sep 29 2023 99 -1 : , GMT +9999 16:26:57 Mon, 0:0:0 -".split()), max_size=8
).map(" ".join)


@given(st.text(max_size=30) | DATE_WORDS, st.text(max_size=10))
def test_no_header_is_a_fault_of_ours(seconds: str, milliseconds: str) -> None:
    wait_s = retry_after_s({"retry-after": seconds, "retry-after-ms": milliseconds}, NOW_S)
    assert wait_s is None or 0 <= wait_s < float("inf")


@each(
    ("value", "expected"),
    [("true", True), ("false", False), (" True ", True), ("FALSE", False), ("1", None), ("", None), (None, None)],
)
def test_the_servers_own_word_on_a_retry(value: str | None, expected: bool | None) -> None:
    assert should_retry({} if value is None else {"x-should-retry": value}) is expected


def draws(policy: RetryPolicy, error: ChatError, attempt: int, elapsed_s: float = 0.0) -> list[float]:
    random = Random(4711).random
    delays_s = [policy.delay_s(error, attempt, elapsed_s, random) for _ in range(DRAWS)]
    assert None not in delays_s
    return [delay_s for delay_s in delays_s if delay_s is not None]


@each(
    ("attempt", "backoff_s"),
    [(1, 0.5), (2, 1.0), (3, 2.0), (4, 4.0), (5, 8.0), (6, 8.0), (40, 8.0), (5_000, 8.0)],
)
def test_without_a_word_of_the_server_half_of_the_backoff_is_fixed_and_half_random(
    attempt: int, backoff_s: float
) -> None:
    delays_s = draws(RetryPolicy(), errors.Overloaded("busy"), attempt)
    assert backoff_s / 2 <= min(delays_s)
    assert max(delays_s) <= backoff_s
    assert max(delays_s) - min(delays_s) > 0.25 * backoff_s
    assert sum(delays_s) / DRAWS == pytest.approx(0.75 * backoff_s, rel=0.05)


@each(("attempt", "jitter_s"), [(1, 1.0), (2, 1.0), (3, 2.0), (4, 4.0), (5, 8.0), (9, 8.0)])
@each("asked_s", [0.2, 7.0, 30.0])
def test_the_servers_wait_is_a_floor_with_jitter_on_top(asked_s: float, attempt: int, jitter_s: float) -> None:
    delays_s = draws(RetryPolicy(), errors.RateLimited("slow down", retry_after_s=asked_s), attempt)
    assert asked_s <= min(delays_s)
    assert max(delays_s) <= asked_s + jitter_s
    assert max(delays_s) - min(delays_s) > 0.9 * jitter_s


def test_a_wait_of_zero_is_no_wait_that_the_server_asked_for() -> None:
    delays_s = draws(RetryPolicy(), errors.RateLimited("slow down", retry_after_s=0.0), 3)
    assert min(delays_s) >= 1.0


def no_chance() -> float:
    return 0.0


def almost_one() -> float:
    return 0.999_999


def test_no_attempt_starts_after_the_deadline() -> None:
    policy, error = RetryPolicy(deadline_s=60.0), errors.Overloaded("busy")
    assert policy.delay_s(error, 5, 52.0, almost_one) == pytest.approx(8.0, rel=1e-3)
    assert policy.delay_s(error, 5, 53.0, almost_one) is None
    assert policy.delay_s(error, 1, 61.0, no_chance) is None


def test_a_wait_longer_than_what_is_left_is_given_up_at_once() -> None:
    error = errors.RateLimited("slow down", retry_after_s=300.0)
    assert RetryPolicy().delay_s(error, 1, 0.0, no_chance) is None
    assert RetryPolicy(deadline_s=400.0).delay_s(error, 1, 0.0, no_chance) == 300.0


def test_jitter_does_not_lead_beyond_the_deadline() -> None:
    error = errors.RateLimited("slow down", retry_after_s=10.0)
    assert RetryPolicy().delay_s(error, 5, 49.0, almost_one) == 11.0
    assert RetryPolicy().delay_s(error, 5, 50.0, almost_one) == 10.0
    assert RetryPolicy().delay_s(error, 5, 50.1, almost_one) is None


@each("max_retries", [0, 1, 3])
def test_at_most_so_many_retries(max_retries: int) -> None:
    policy = RetryPolicy(max_retries=max_retries)
    asked = [policy.delay_s(errors.ServerFault("x"), attempt, 0.0, no_chance) is not None for attempt in range(1, 6)]
    assert asked == [attempt <= max_retries for attempt in range(1, 6)]


def test_without_a_limit_only_the_deadline_ends_it() -> None:
    assert RetryPolicy().delay_s(errors.ServerFault("x"), 1_000, 0.0, no_chance) == 4.0


def test_an_error_may_have_a_limit_of_its_own() -> None:
    error = errors.CannotResolve("no such host")
    tried = [RetryPolicy(max_retries=9).delay_s(error, attempt, 0.0, no_chance) for attempt in (1, 2, 3)]
    assert tried == [0.25, 0.5, None]


RETRIED = [
    errors.RateLimited,
    errors.Overloaded,
    errors.ServerFault,
    errors.NetworkError,
    errors.CannotResolve,
    errors.CannotConnect,
    errors.ProxyFailed,
    errors.TimedOut,
    errors.ConnectionLost,
]


def kinds(kind: type[ChatError] = ChatError) -> Iterator[type[ChatError]]:
    yield kind
    for inner in kind.__subclasses__():
        if inner.__module__ == kind.__module__:  # other floors have errors of their own
            yield from kinds(inner)


@each("kind", list(kinds()))
def test_only_what_may_pass_is_tried_again(kind: type[ChatError]) -> None:
    delay_s = RetryPolicy().delay_s(kind("x"), 1, 0.0, no_chance)
    assert (delay_s is not None) == (kind in RETRIED)


def test_the_servers_own_word_is_obeyed_before_the_kind_of_the_error() -> None:
    assert RetryPolicy().delay_s(errors.ServerFault("x", should_retry=False), 1, 0.0, no_chance) is None
    assert RetryPolicy().delay_s(errors.RequestRefused("x", should_retry=True), 1, 0.0, no_chance) == 0.25
