"""What -v tells: what was decided, what was sent, what came."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.events import TextDelta
from chatbot.core.http.exchange import Chunk, ConnectionFacts, Moments, SafeEvent, SeenEvent
from chatbot.core.sse.decoder import SseEvent
from chatbot.terminal.http.rows import as_text
from chatbot.terminal.http.verbose import chunk_row, end_rows, event_rows, request_rows, response_rows
from chatbot.terminal.markdown.row import Row
from tests.terminal.http.records import AGAIN, ANSWERED, REFUSED, shown


def told(rows: Iterable[Row]) -> list[str]:
    return as_text(rows, styles=False).splitlines()


def test_a_request_is_its_connection_its_line_and_its_headers_without_the_key() -> None:
    assert told(request_rows(shown(ANSWERED), 1)) == [
        "* connected to 192.0.2.1:443 in 51 ms, TLSv1.3 TLS_AES_256_GCM_SHA384",
        "> POST /v1/chat/completions?v=1  21 bytes",
        "> Host: api.example",
        "> Authorization: Bearer (hidden)",
    ]


def test_level_two_has_the_body_indented() -> None:
    assert told(request_rows(shown(ANSWERED), 2))[4:] == ["> ", "> {", '>   "model": "gpt",', '>   "n": 1', "> }"]
    assert told(request_rows(shown(ANSWERED, request_body=b"not json"), 2))[-1] == "> not json"


def test_a_connection_that_is_used_again_and_a_proxy_are_told() -> None:
    assert told(request_rows(shown(AGAIN), 1))[0].startswith("* same connection to 192.0.2.1:443")
    proxied = ConnectionFacts("192.0.2.9:3128", proxy="http://me:secret@proxy:3128")
    assert told(request_rows(shown(ANSWERED, connection=proxied, moments=Moments()), 1))[0] == (
        "* connected to 192.0.2.9:3128, proxy http://proxy:3128"
    )


def test_an_answer_is_its_status_its_time_and_at_level_one_the_headers_that_tell_something() -> None:
    assert told(response_rows(shown(ANSWERED), 1)) == [
        "< HTTP/1.1  200 OK  after 256 ms",
        "< Content-Type: text/event-stream",
        "< x-request-id: req_7f3a",
    ]
    assert told(response_rows(shown(ANSWERED), 2))[-1] == "< Server: nginx"
    assert told(response_rows(shown(REFUSED, status=799, reason=""), 1))[0] == "< HTTP/1.1  799  after 256 ms"
    assert told(response_rows(shown(REFUSED, status=None), 1)) == []


def test_an_event_is_its_time_its_data_and_what_it_added() -> None:
    seen = SafeEvent(SeenEvent(304.0, SseEvent("delta", '{"a":1}'), (TextDelta("Hel\n"),), "and a fault"))
    assert told(event_rows(seen)) == ['<    304 ms  delta  {"a":1}', "*            text 'Hel\\n', and a fault"]
    assert told(event_rows(SafeEvent(SeenEvent(0.5, SseEvent("message", "x"))))) == ["<    0.5 ms  x"]


def test_the_end_is_the_verdict_the_tokens_and_the_reason_of_a_wait() -> None:
    assert told(end_rows(shown(ANSWERED), 1, 3)) == ["* complete (stop)   3 events   9 in, 4 cached, 8 out"]
    assert told(end_rows(shown(REFUSED), 1)) == [
        "* the answer is an error after 257 ms",
        "* waits 1 s: retry-after: 1",
    ]
    lost = shown(REFUSED, status=None, end="refused", error="nothing answers at api.example", wait=None)
    assert told(end_rows(lost, 1)) == ["* nothing answers at api.example after 257 ms"]


def test_an_end_of_which_nothing_is_to_be_told_has_no_row() -> None:
    assert list(end_rows(shown(ANSWERED, verdict="", usage=None, wait=None), 1)) == []


def test_level_three_counts_chunks_and_bytes_before_and_after_decoding() -> None:
    assert told([chunk_row(2, Chunk(3.25, b"abc"))]) == ["*    3.2 ms  chunk 2: 3 bytes"]
    assert told(end_rows(shown(ANSWERED, wire_bytes=90), 3))[-1] == "* 154 bytes in 3 chunks, 90 bytes on the wire"
    assert told(end_rows(shown(ANSWERED, wire_bytes=154), 3))[-1] == "* 154 bytes in 3 chunks"


@pytest.mark.parametrize("level", [1, 2, 3])
@given(st.text(), st.binary())
def test_no_row_has_what_a_terminal_would_obey(level: int, text: str, body: bytes) -> None:
    exchange = shown(ANSWERED, response_headers=((text, text),), request_body=body, reason=text, error=text)
    rows = [*request_rows(exchange, level), *response_rows(exchange, level), *end_rows(exchange, level)]
    rows += event_rows(SafeEvent(SeenEvent(1.0, SseEvent(text, text), (TextDelta(text),), text)))
    written = as_text(rows, styles=False)
    assert not [sign for sign in written if sign != "\t" and sign != "\n" and ord(sign) < 32] and "\x9b" not in written
    assert written.count("\n") == len(rows)


def test_a_hidden_key_and_a_status_stand_out_where_colours_show() -> None:
    coloured = as_text([*request_rows(shown(ANSWERED), 1), *response_rows(shown(REFUSED), 1)], styles=True)
    assert "\x1b[33m(hidden)\x1b[0m" in coloured and "\x1b[1;33m503 Service Unavailable\x1b[0m" in coloured
