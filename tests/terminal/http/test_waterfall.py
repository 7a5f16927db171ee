"""The waterfall: every attempt and wait to one scale."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.http.exchange import Exchange, Moments
from chatbot.core.http.seen import Arrivals
from chatbot.terminal.http.rows import as_text
from chatbot.terminal.http.waterfall import Step, request_names, steps, waterfall
from tests.terminal.http.records import AGAIN, ANSWERED, REFUSED, shown


def drawn(*exchanges: Exchange, columns: int = 64, unicode: bool = True) -> list[str]:
    arrived = [Arrivals(None, 300.0) if exchange.chunks else Arrivals() for exchange in exchanges]
    return as_text(waterfall([*map(shown, exchanges)], arrived, columns, unicode=unicode), styles=False).splitlines()


def test_an_attempt_has_a_row_for_each_step_that_took_place() -> None:
    assert list(steps(shown(ANSWERED), Arrivals(None, 300.0))) == [
        Step("lookup", 0.0, 8.0),
        Step("connect", 8.0, 20.0),
        Step("TLS", 20.0, 51.0),
        Step("send", 51.0, 52.0),
        Step("wait", 52.0, 300.0),
        Step("text", 300.0, 500.0),
    ]
    assert [step.name for step in steps(shown(AGAIN), Arrivals(250.0, 300.0))] == ["send", "wait", "reasoning", "text"]


def test_an_answer_without_words_and_one_that_never_came_have_steps_too() -> None:
    assert [step.name for step in steps(shown(AGAIN), Arrivals())] == ["send", "wait", "body"]
    never = shown(AGAIN, moments=Moments(8.0, ended_ms=5000.0), chunks=(), status=None)
    assert list(steps(never, Arrivals())) == [Step("lookup", 0.0, 8.0), Step("wait", 8.0, 5000.0)]


def test_attempts_and_the_wait_between_them_share_one_scale() -> None:
    assert drawn(REFUSED, AGAIN) == [
        "attempt 1  503",
        "  lookup           8.0 ms  █",
        "  connect           12 ms  █",
        "  TLS               31 ms  █",
        "  send             1.0 ms   █",
        "  wait             204 ms   ████",
        "  waited              1 s       ·····················",
        "attempt 2  200  same connection",
        "  send             1.0 ms                            █",
        "  wait             299 ms                            ██████",
        "  text             200 ms                                  ████",
        "  gaps p50 100 ms, p95 100 ms, max 100 ms; 40 tokens a second",
    ]


def test_the_steps_of_an_answer_with_tools_are_requests_and_only_what_is_sent_again_an_attempt() -> None:
    first = ANSWERED._replace(attempt=1)
    named = [*map(shown, (first, REFUSED._replace(attempt=1), AGAIN._replace(attempt=2), first))]
    assert list(request_names(named)) == ["request 1", "request 2", "request 2, attempt 2", "request 3"]
    assert list(request_names(named[1:3])) == ["attempt 1", "attempt 2"]


def test_without_unicode_bars_are_ascii_and_a_narrow_screen_gets_times_alone() -> None:
    assert all(row.isascii() for row in drawn(REFUSED, AGAIN, unicode=False))
    assert "  wait             299 ms" in drawn(AGAIN, columns=30)


def test_a_request_for_the_models_is_told_by_its_address() -> None:
    assert drawn(AGAIN._replace(method="GET", url="https://h/v1/models?x"))[0] == "GET /v1/models  200  same connection"


@given(st.integers(1, 200), st.lists(st.floats(0, 1e7) | st.none(), min_size=6, max_size=6), st.floats(0, 1e6))
def test_no_times_make_a_row_wider_than_the_screen(columns: int, at_ms: list[float | None], wait_s: float) -> None:
    exchange = AGAIN._replace(moments=Moments(*at_ms), wait=None)
    for row in drawn(exchange, exchange._replace(started_s=1000 + wait_s), columns=max(columns, 66)):
        assert len(row) <= max(columns, 66)
    drawn(exchange, columns=columns)
