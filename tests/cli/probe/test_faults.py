"""Servers that hang, flood, break off or talk nonsense: each row says so, in bounded time, and nothing is raised."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.core.http.exchange import Chunk, Exchange, SafeExchange
from chatbot.lab.scenarios import NAMES
from chatbot.lab.server.http import LabServer
from chatbot.options.chat import Connection
from chatbot.providers.probe.checks import CHECKS, wanted
from chatbot.providers.probe.course import finding
from chatbot.providers.probe.finding import Finding
from tests.any_json import any_json
from tests.cli.probe.probed import KEY, findings
from tests.tables import each

SHORT = Connection(timeout=0.3, max_time=0.6)


@pytest.fixture
def server() -> Iterator[LabServer]:
    with LabServer(pace_s=0.02, hang_s=5) as running:
        yield running


def test_a_model_that_fails_in_any_way_costs_no_more_than_its_time(server: LabServer) -> None:
    def probed(model: str) -> tuple[float, dict[str, Finding]]:
        began_s = time.monotonic()
        found = findings(server.url, model, connection=SHORT)
        return time.monotonic() - began_s, found

    with ThreadPoolExecutor(3) as together:  # some of them hang: the others are asked meanwhile
        all_found = dict(zip(NAMES, together.map(probed, NAMES), strict=True))

    @each("model", NAMES)
    def told_in_time(model: str) -> None:
        took_s, found = all_found[model]
        assert took_s < 15
        assert found["reachable"].answer == "yes"
        said = "".join(text for each in found.values() for text in each)
        assert KEY not in said and said.isprintable()

    told_in_time()


def test_where_nothing_listens_only_two_are_asked() -> None:
    with LabServer() as server:
        url = server.url
    seen: dict[str, SafeExchange] = {}
    found = findings(url, connection=SHORT, seen=seen)
    assert found["reachable"].answer == "no"
    assert "the connection was refused" in found["reachable"].says
    assert found["stop"] == ("unknown", "not asked: nothing answers", "", "")
    assert len(seen) == 2


def test_a_server_that_hangs_is_given_up(server: LabServer) -> None:
    found = findings(server.url, "hang-before-headers", connection=SHORT)
    assert found["chat"] == ("unknown", f"nothing came from {server.url[7:]} for 0.3 s", "", "")
    assert found["json-schema"].says == "not asked: too many answers did not come, or did not end"
    assert len(server.requests) == 4


def test_a_stream_that_never_ends_is_ended(server: LabServer) -> None:
    words = [b'data: {"choices":[{"index":0,"delta":{"content":"word "}}]}\n\n' * 100] * 200
    for _ in range(2):
        server.will_answer("fine")
    server.will_answer(body=words, then="hang")
    found = findings(server.url)
    assert found["stream"][:2] == ("wrong", "it did not end: stopped after 1 MB")
    assert found["stop"].answer == "yes"


def test_a_stream_that_trickles_on_is_ended() -> None:
    """Its pauses are shorter than the silence that is allowed, and all of them together longer than the limit."""
    with LabServer(pace_s=0.1) as server:
        for _ in range(2):
            server.will_answer("fine")
        found = findings(server.url, "slow", connection=Connection(timeout=0.5, max_time=0.5))
    assert found["stream"][:2] == ("wrong", "it did not end: stopped after 0.5 s")


def test_a_page_of_html_is_shown(server: LabServer) -> None:
    found = findings(server.url, "html-200")
    assert found["chat"][:2] == ("wrong", "HTTP 200, and no answer of Chat Completions")
    assert "<!DOCTYPE html>" in found["chat"].shown


def test_a_refused_key_costs_no_more_questions(server: LabServer) -> None:
    found = findings(server.url, "echo", key="sk-wrong-0123456789")
    assert found["chat"][:2] == ("unknown", "the key was refused (HTTP 401)")
    assert found["seed"].says == "not asked: no question is answered"
    assert found["wrong-key"].answer == "yes"


def test_the_key_is_nowhere_in_what_was_seen(server: LabServer) -> None:
    seen: dict[str, SafeExchange] = {}
    findings(server.url, "key-echo", seen=seen)
    assert any(KEY in str(dict(request.headers)) for request in server.requests)
    assert KEY not in str(seen)
    assert all("authorization" not in request.headers for request in server.requests[4:5])


def exchange_of(status: int | None, body: bytes, kind: str, end: str = "eof") -> SafeExchange:
    chunks = (Chunk(1.0, body),) if body else ()
    return SafeExchange(
        Exchange(
            "", 1, 0.0, "custom", "openai", "m", "POST", "http://h/v1", (), b"{}", status=status,
            response_headers=(("Content-Type", kind),), chunks=chunks, end=end,  # type: ignore[arg-type]
        )
    )  # fmt: skip


JSON = any_json(
    "choices message delta content tool_calls function arguments name id index usage finish_reason data error detail "
    "output prompt_tokens completion_tokens".split(),
)


STREAMS = st.lists(JSON, min_size=1, max_size=3).map(
    lambda parts: b"".join(b"data: %s\n\n" % json.dumps(part).encode() for part in parts)
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([None, 200, 204, 302, 400, 401, 404, 429, 500]),
    st.binary(max_size=60) | STREAMS | JSON.map(lambda part: json.dumps(part).encode()),
)
def test_no_bytes_are_a_fault_of_a_verdict(status: int | None, body: bytes) -> None:
    for end in ("eof", "timeout"):
        given = exchange_of(status, body, "text/event-stream", end)
        seen = {check.name: given for check in CHECKS if check.request}
        for check in wanted(deep=True):
            assert finding(check, seen).answer in ("yes", "no", "wrong", "unknown")
