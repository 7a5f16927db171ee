"""Which requests are the same question, and which are not."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.http.canonical import Difference, canonical, differences, fingerprint, key_of
from chatbot.core.messages import Conversation, Image
from chatbot.core.options import Endpoint, Options
from chatbot.core.request import HttpRequest
from chatbot.providers.wires import lookup
from tests.tables import each
from tests.wires import WIRES, service_named

BODY = {"model": "m", "messages": [{"role": "user", "content": "why is the sky blue"}], "temperature": 0.2}
HEADERS = {"Authorization": "Bearer sk-0123456789", "Content-Type": "application/json", "Accept": "text/event-stream"}
URL = "https://api.openai.com/v1/chat/completions"


def a_request(url: str = URL, headers: dict[str, str] | None = None, **fields: Any) -> HttpRequest:
    return HttpRequest("POST", url, {**HEADERS, **(headers or {})}, json.dumps({**BODY, **fields}).encode())


def key(request: HttpRequest, wire: str = "openai") -> str:
    return key_of(canonical(request, wire))


USUAL = key(a_request())


@each(
    "other",
    [
        a_request(stream=True, stream_options={"include_usage": True}),
        a_request(user="me", metadata={"a": "b"}, safety_identifier="x", store=True),
        a_request(prompt_cache_key="x", service_tier="flex"),
        a_request(headers={"Authorization": "Bearer another"}),
        a_request(headers={"x-api-key": "another", "OpenAI-Organization": "org", "Cookie": "a=b"}),
        a_request(headers={"traceparent": "00-1-2-03", "X-Request-Id": "7", "Accept": "application/json"}),
        a_request("https://API.openai.com:443/v1/chat/completions"),
        a_request("https://user:pass@api.openai.com/v1/chat/completions?key=sk-1&api_key=2"),
    ],
)
def test_what_changes_no_answer_is_no_part_of_the_key(other: HttpRequest) -> None:
    assert key(other) == USUAL


@each(
    "other",
    [
        a_request("https://gateway.example/v1/chat/completions"),
        a_request("http://api.openai.com/v1/chat/completions"),
        a_request("https://api.openai.com:8443/v1/chat/completions"),
        a_request("https://api.openai.com/v2/chat/completions"),
        a_request(URL + "?api-version=2024-10-21"),
        a_request(headers={"anthropic-version": "2023-06-01"}),
        a_request(headers={"OpenAI-Beta": "x"}),
        a_request(headers={"X-Tenant": "a"}),
        a_request(temperature=0.3),
        a_request(model="n"),
        a_request(messages=[{"role": "user", "content": "why is the sky  blue"}]),
        a_request(tools=[]),
    ],
)
def test_what_may_change_the_answer_is_part_of_the_key(other: HttpRequest) -> None:
    """Two base URLs are two places: LangChain's and GPTCache's keys did not know that."""
    assert key(other) != USUAL


def test_the_same_body_in_another_wire_format_is_another_question() -> None:
    assert key(a_request(), "anthropic") != USUAL


def test_the_order_of_names_blanks_and_a_point_zero_change_nothing() -> None:
    spread = json.dumps(dict(reversed(BODY.items())), indent=3).encode()
    assert key(a_request()._replace(body=spread)) == USUAL
    assert key(a_request(n=1.0, o=[{"p": 2.0}])) == key(a_request(n=1, o=[{"p": 2}]))
    assert key(a_request(n=True)) != key(a_request(n=1))


def test_only_the_body_itself_loses_these_fields() -> None:
    assert key(a_request(tools=[{"user": "a"}])) != key(a_request(tools=[{"user": "b"}]))


def test_a_body_that_is_no_json_counts_by_its_bytes() -> None:
    first, second = (key(a_request()._replace(body=body)) for body in (b"\xff", b"\xfe"))
    assert first != second and first == key(a_request()._replace(body=b"\xff"))


@each("wire", WIRES)
def test_a_stream_and_a_whole_answer_are_one_question_in_every_wire_format(wire: str) -> None:
    provider = lookup.provider_for(service_named(wire), Endpoint("https://example.com/v1"))
    asked = Conversation().asking("hello", (Image("image/png", b"cat", 1, 1, "cat.png"),))
    keys = set()
    for stream in (True, False):
        options = Options("m", stream=stream, max_tokens=9)  # Anthropic's own limit depends on it
        keys.add(key(provider.request(provider.payload(asked, options), options), wire))
    assert len(keys) == 1
    other = Conversation().asking("hello", (Image("image/png", b"dog", 1, 1, "cat.png"),))
    options = Options("m", max_tokens=9)
    assert key(provider.request(provider.payload(other, options), options), wire) not in keys


def test_a_fingerprint_names_what_differs_and_has_no_word_of_the_person() -> None:
    mine = canonical(a_request(headers={"anthropic-beta": "b", "X-Tenant": "acme"}), "openai")
    other = canonical(a_request(temperature=1, stop=["END"], model="n"), "openai")
    found = differences(fingerprint(mine), fingerprint(other))
    assert Difference("body.temperature", "0.2", "1") in found and Difference("body.model", "m", "n") in found
    assert Difference("headers.anthropic-beta", "b", None) in found
    assert {each.field for each in found} == {
        *("body.temperature", "body.model", "body.stop[0]", "headers.anthropic-beta", "headers.x-tenant"),
    }
    said = json.dumps([fingerprint(mine), fingerprint(other)])
    assert not [word for word in ("sky", "acme", "END", "sk-0123") if word in said]
    assert fingerprint(mine)["body.messages[0].role"] == "user"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, JSON)
def test_two_bodies_have_one_key_only_where_they_are_the_same_and_else_their_fingerprints_tell(
    first: Any, second: Any
) -> None:
    mine, other = (canonical(a_request(x=value), "openai") for value in (first, second))
    assert (key_of(mine) == key_of(other)) == (mine["body"] == other["body"] and repr(mine) == repr(other))
    if not differences(fingerprint(mine), fingerprint(other)):
        assert fingerprint(mine) == fingerprint(other)
