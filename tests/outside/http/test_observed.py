"""What goes through the observed transport is the same, and is told."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from typing import BinaryIO

import pytest

from chatbot.core.errors import Cancelled, CannotConnect, ChatError, ConnectionLost, TimedOut
from chatbot.core.http.exchange import Chunk, ConnectionFacts, Exchange, Moments
from chatbot.core.request import HttpRequest, HttpResponse, Transport
from chatbot.outside.http.observed import LiveExchange, Observer, observed
from tests.tables import each

REQUEST = HttpRequest("POST", "http://h", {"A": "1"}, b"12345")
FACTS = (ConnectionFacts("h:80"), Moments(1.0, 2.0))


def begun_by(request: HttpRequest) -> Exchange:
    headers = tuple(request.headers.items())
    return Exchange("id", 1, 1e9, "openai", "openai", "gpt", request.method, request.url, headers, request.body)


class Told:
    """An observer that keeps what it hears."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.exchanges: list[LiveExchange] = []

    def begin(self, request: HttpRequest) -> LiveExchange:
        begun = begun_by(request)._replace(attempt=len(self.exchanges) + 1)
        self.exchanges.append(LiveExchange(begun, lambda: FACTS))
        return self.exchanges[-1]

    def of(self, transport: Transport) -> Transport:
        ticks = iter(range(100))
        return observed(transport, Observer(self.begin, lambda _, step: self.steps.append(step)), lambda: next(ticks))

    @property
    def record(self) -> Exchange:
        return self.exchanges[-1].record()


def answering(chunks: Iterator[bytes], close: Callable[[], None] = lambda: None) -> Transport:
    return lambda request: HttpResponse(200, {"a": "b"}, chunks, close, reason="OK", wire_bytes=lambda: 9)


def broken(error: ChatError, *chunks: bytes) -> Iterator[bytes]:
    yield from chunks
    raise error


def test_what_goes_through_is_the_same_and_told() -> None:
    told = Told()
    response = told.of(answering(iter([b"one", b"two!"])))(REQUEST)
    assert (response.status, response.headers, list(response.chunks)) == (200, {"a": "b"}, [b"one", b"two!"])
    assert told.steps == ["answered", "chunk", "read", "chunk", "read", "ended"]
    seen = told.record
    assert seen == Exchange(
        "id", 1, 1e9, "openai", "openai", "gpt", "POST", "http://h", (("A", "1"),), b"12345",
        ConnectionFacts("h:80"), Moments(1.0, 2.0, ended_ms=3000.0), 200, "OK", (("a", "b"),),
        (Chunk(1000.0, b"one"), Chunk(2000.0, b"two!")), 7, 9, "eof",
    )  # fmt: skip
    assert seen.response_body == b"onetwo!"


@each(
    ("error", "end"),
    [(CannotConnect("no"), "refused"), (ConnectionLost("no"), "reset"), (TimedOut("no"), "timeout"),
     (Cancelled("no"), "cancelled")],
)  # fmt: skip
def test_an_attempt_without_an_answer_is_an_exchange_too(error: ChatError, end: str) -> None:
    def refuse(request: HttpRequest) -> HttpResponse:
        raise error

    told = Told()
    with pytest.raises(type(error)):
        told.of(refuse)(REQUEST)
    assert (told.record.end, told.record.error, told.record.status) == (end, "no", None)
    assert told.steps == ["ended"]


@pytest.mark.parametrize(("error", "end"), [(ConnectionLost("cut"), "reset"), (TimedOut("late"), "timeout")])
def test_what_came_before_a_cut_is_kept(error: ChatError, end: str) -> None:
    told = Told()
    with pytest.raises(type(error)):
        list(told.of(answering(broken(error, b"half")))(REQUEST).chunks)
    assert (told.record.end, told.record.response_body, told.record.error) == (end, b"half", str(error))


def test_an_answer_that_is_closed_before_its_end_was_cancelled() -> None:
    told, closed = Told(), list[str]()
    response = told.of(answering(iter([b"one", b"two"]), lambda: closed.append(told.record.end)))(REQUEST)
    next(response.chunks)
    response.close()
    response.close()
    assert closed == ["cancelled", "cancelled"], "its end is known before another thread's read fails for it"
    assert told.record.response_body == b"one"


def test_facts_are_those_of_its_own_connection_once_it_has_ended() -> None:
    facts = [(ConnectionFacts("first:1"), Moments())]
    exchange = LiveExchange(begun_by(REQUEST), lambda: facts[0])
    exchange.ended("eof", "", 5.0)
    facts[0] = (ConnectionFacts("second:2"), Moments())
    exchange.ended("cancelled", "", 9.0)
    assert (exchange.record().connection.address, exchange.record().end) == ("first:1", "eof")
    assert exchange.record(with_chunks=False).moments.ended_ms == 5.0


def test_of_a_long_body_only_the_beginning_is_kept_and_all_of_it_counted() -> None:
    exchange = LiveExchange(begun_by(REQUEST), lambda: FACTS, kept_bytes=5)
    for number in range(4):
        exchange.came(Chunk(float(number), b"abc"))
    assert (exchange.record().response_body, exchange.record().body_bytes) == (b"abcabc", 12)


def test_the_rest_of_a_long_body_goes_to_a_file_as_it_comes_and_is_read_from_it_as_often_as_wanted() -> None:
    with tempfile.TemporaryFile(buffering=0) as file:
        exchange = LiveExchange(begun_by(REQUEST), lambda: FACTS, 5, lambda: file)
        came = [Chunk(float(number), bytes([number]) * number) for number in range(9)]
        for chunk in came:
            exchange.came(chunk)
        found = exchange.record().chunks
        exchange.came(Chunk(9.0, b"later"))
        assert list(found) == list(found) == came and len(found) == 9
        assert list(exchange.record().chunk_times_ms) == [*map(float, range(9)), 9.0]
        assert file.seek(0, 2) > 30


def test_of_a_body_that_no_file_takes_the_beginning_is_kept_and_why() -> None:
    def full() -> BinaryIO:
        raise OSError(28, "No space left on device")

    exchange = LiveExchange(begun_by(REQUEST), lambda: FACTS, 5, full)
    for number in range(4):
        exchange.came(Chunk(float(number), b"abc"))
    assert (exchange.record().response_body, exchange.record().body_bytes) == (b"abcabc", 12)
    assert exchange.fault and exchange.fault.strerror == "No space left on device"
