"""A line of the log has everything, and says what it leaves out."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given

from chatbot.core.http.exchange import Exchange, SafeExchange
from chatbot.core.http.log_line import log_line
from chatbot.core.http.seen import Arrivals
from tests.core.http.exchanges import exchanges
from tests.terminal.http.records import ANSWERED, REFUSED, shown


def line(exchange: Exchange, *, bodies: bool = True) -> dict[str, Any]:
    pieces = log_line(SafeExchange(exchange), Arrivals(None, 300.0), "2026-01-02T03:04:05Z", bodies=bodies)
    text = "".join(pieces)
    assert "\n" not in text
    found: dict[str, Any] = json.loads(text)
    return found


@given(exchanges)
def test_any_exchange_makes_a_line(exchange: Exchange) -> None:
    assert line(exchange)["id"] == exchange.id


def test_the_fields_of_an_answer() -> None:
    found = line(shown(ANSWERED))
    assert (found["status"], found["request_id"]) == (200, "req_7f3a")
    assert (found["duration_ms"], found["first_byte_ms"], found["first_text_ms"]) == (700.0, 256.0, 300.0)
    assert (found["bytes_up"], found["bytes_down"], found["verdict"]) == (21, 154, "complete")
    assert found["headers"][1] == ["Authorization", "Bearer (hidden)"]
    assert found["response"]["text"].startswith("data: ") and not found["response"]["body_cut"]
    assert line(shown(REFUSED))["retry_wait_s"] == 1.0


def test_a_cut_body_says_so_and_without_bodies_their_sizes_stay() -> None:
    cut = line(shown(ANSWERED, body_bytes=9_999))["response"]
    assert (cut["body_cut"], cut["body_bytes"]) == (True, 9_999)
    bare = line(shown(ANSWERED), bodies=False)
    assert "body" not in bare and "response" not in bare and bare["bytes_down"] == 154


def test_a_trace_is_logged() -> None:
    traced = shown(ANSWERED, request_headers=(("traceparent", "00-1-2-01"),))
    assert line(traced)["traceparent"] == "00-1-2-01"
