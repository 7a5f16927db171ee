"""An exchange comes back from its lines as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.core.errors import ConfigurationError
from chatbot.core.http.cassette import from_lines, to_lines
from chatbot.core.http.exchange import Chunk, Exchange, SafeExchange
from tests.core.http.exchanges import exchanges
from tests.tables import each

ONE = Exchange("a", 1, 1.0, "p", "w", "m", "POST", "http://h", (), b"{}", status=200, chunks=(Chunk(1.0, b"x"),))


@settings(max_examples=40)
@given(st.lists(exchanges, max_size=3))
def test_every_field_survives(kept: list[Exchange]) -> None:
    lines = [line for exchange in kept for line in to_lines(SafeExchange(exchange))]
    assert not [line for line in lines if "\n" in line]
    assert from_lines(lines, "file") == kept


def test_an_exchange_without_an_answer_survives() -> None:
    refused = ONE._replace(status=None, chunks=(), end="refused", error="no")
    assert from_lines(to_lines(SafeExchange(refused)), "file") == [refused]


def test_what_a_killed_process_left_is_read_as_far_as_it_goes() -> None:
    lines = list(to_lines(SafeExchange(ONE)))
    [cut] = from_lines(lines[:-1], "file")
    assert (cut.response_body, cut.end) == (b"x", "")


def test_an_end_that_comes_later_is_that_of_the_exchange_it_names() -> None:
    other = ONE._replace(id="b", method="GET", end="eof")
    lines = [line for exchange in (ONE, other) for line in to_lines(SafeExchange(exchange))]
    told = ONE._replace(verdict="failed", end="eof")
    assert from_lines([*lines, list(to_lines(SafeExchange(told)))[-1]], "file") == [told, other]


def test_an_end_without_an_id_is_that_of_the_exchange_before_it() -> None:
    *lines, end = to_lines(SafeExchange(ONE._replace(end="eof")))
    without = {name: value for name, value in json.loads(end).items() if name != "id"}
    assert from_lines([*lines, json.dumps(without)], "file") == [ONE._replace(end="eof")]


@each(
    ("change", "fault"),
    [
        (lambda row: "{", "line 2: this is not JSON"),
        (lambda row: row | {"type": "tape"}, "line 2: there is no type 'tape'"),
        (lambda row: {"status": 200}, "line 2: type is missing"),
        (lambda row: {**row, "status": "many"}, "line 2: "),
        (lambda row: {name: row[name] for name in row if name != "headers"}, "line 2: headers is missing"),
        (lambda row: row | {"headers": [1]}, "line 2: a value is of another kind"),
        (lambda row: [1], "line 2: a value is of another kind"),
    ],
)
def test_a_broken_line_is_named_with_what_is_wrong(change: Any, fault: str) -> None:
    lines = list(to_lines(SafeExchange(ONE)))
    changed = change(json.loads(lines[1]))
    lines[1] = changed if isinstance(changed, str) else json.dumps(changed)
    with pytest.raises(ConfigurationError) as error:
        from_lines(lines, "tape.jsonl")
    assert str(error.value).startswith(f"tape.jsonl is no cassette: {fault}")
    assert error.value.exit_code == 78


def test_a_chunk_before_any_request_is_told() -> None:
    with pytest.raises(ConfigurationError, match="line 1: a chunk before any request"):
        from_lines(['{"type": "chunk", "t_ms": 1, "text": ""}'], "tape")


@given(st.lists(st.text() | st.from_type(type(None)).map(str), max_size=3))
def test_no_lines_whatever_raise_anything_else(lines: list[str]) -> None:
    try:
        from_lines(lines, "tape")
    except ConfigurationError as error:
        assert "\n" not in str(error)
