"""Two requests are the same question, or differ in something that can be named."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chatbot.core.http.canonical import Difference, canonical, differences, differing, key_of, without_words
from chatbot.core.messages import Conversation, Image
from chatbot.core.options import Endpoint, Options
from chatbot.core.request import HttpRequest
from chatbot.providers import services
from chatbot.providers.wires import lookup

BODY = {"model": "m", "messages": [{"role": "user", "content": "why is the sky blue"}], "temperature": 0.2}
HEADERS = {"Authorization": "Bearer sk-0123456789", "Content-Type": "application/json", "Accept": "text/event-stream"}
URL = "https://api.openai.com/v1/chat/completions"


def a_request(url: str = URL, headers: dict[str, str] | None = None, **fields: Any) -> HttpRequest:
    return HttpRequest("POST", url, {**HEADERS, **(headers or {})}, json.dumps({**BODY, **fields}).encode())


def of(request: HttpRequest, wire: str = "openai") -> dict[str, Any]:
    return canonical(wire, request.url, tuple(request.headers.items()), request.body)


def key(request: HttpRequest, wire: str = "openai") -> str:
    return key_of(of(request, wire))


USUAL = key(a_request())


@pytest.mark.parametrize(
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


@pytest.mark.parametrize(
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


@pytest.mark.parametrize("wire", ["openai", "anthropic", "gemini"])
def test_a_stream_and_a_whole_answer_are_one_question_in_every_wire_format(wire: str) -> None:
    provider = lookup.provider_for(services.find(wire), Endpoint("https://example.com/v1"))
    asked = Conversation().asking("hello", (Image("image/png", b"cat", 1, 1, "cat.png"),))
    keys = set()
    for stream in (True, False):
        options = Options("m", stream=stream, max_tokens=9)  # Anthropic's own limit depends on it
        keys.add(key(provider.request(provider.payload(asked, options), options), wire))
    assert len(keys) == 1
    other = Conversation().asking("hello", (Image("image/png", b"dog", 1, 1, "cat.png"),))
    options = Options("m", max_tokens=9)
    assert key(provider.request(provider.payload(other, options), options), wire) not in keys


def test_a_form_without_words_tells_what_differs() -> None:
    mine = of(a_request(headers={"anthropic-beta": "b", "X-Tenant": "acme"}))
    other = of(a_request(temperature=1, stop=["END"], model="n"))
    found = list(differences(without_words(mine), without_words(other)))
    assert Difference("body.temperature", "0.2", "1") in found and Difference("body.model", '"m"', '"n"') in found
    assert Difference("headers.anthropic-beta", '"b"', None) in found
    assert [each.path for each in found] == [
        *("body.model", "body.stop", "body.temperature", "headers.anthropic-beta", "headers.x-tenant"),
    ]
    said = json.dumps([without_words(mine), without_words(other)])
    assert not [word for word in ("sky", "acme", "END", "sk-0123") if word in said]
    assert without_words(mine)["body"]["messages"][0]["role"] == "user"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def form(body: Any = None, url: str = "https://h/v1", any_port: bool = False, **headers: str) -> dict[str, Any]:
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return canonical("openai", url, pairs, json.dumps(body).encode() if body is not None else b"", any_port=any_port)


def test_what_changes_no_answer_changes_no_key() -> None:
    asked = {"model": "m", "messages": []}
    other = asked | {"stream": True, "user": "me", "metadata": {"a": 1}, "service_tier": "flex", "store": True}
    assert form(asked, Authorization="Bearer a", User_Agent="x") == form(other, Authorization="Bearer b", Host="h")
    assert key_of(form({"b": 1, "a": 2})) == key_of(form({"a": 2, "b": 1}))


def test_what_changes_the_answer_changes_the_key_and_is_named() -> None:
    one = form({"model": "m", "messages": [{"content": "a"}]}, anthropic_version="1")
    assert list(differing(one, form({"model": "m", "messages": [{"content": "b"}]}, anthropic_version="1"))) == [
        "body.messages.0.content"
    ]
    assert list(differing(one, form({"model": "m", "messages": []}, anthropic_version="2"))) == [
        "body.messages",
        "headers.anthropic-version",
    ]
    for other in ("https://h:8/v1", "https://g/v1", "https://h/v2", "http://h/v1"):
        assert key_of(form({}, other)) != key_of(form({}))


def test_this_machine_is_one_place_where_any_port_will_do() -> None:
    here = [form({}, url, any_port=True) for url in ("http://127.0.0.1:1/v1", "http://localhost:2/v1")]
    assert here[0] == here[1]
    assert form({}, "http://127.0.0.1:1/v1") != form({}, "http://127.0.0.1:2/v1")


@given(json_values, json_values)
@example({"a": None}, {})
@example([1], [1, 2])
def test_nothing_differs_exactly_where_the_keys_are_equal(one: Any, other: Any) -> None:
    assert (list(differing({"body": one}, {"body": other})) == []) == (key_of({"body": one}) == key_of({"body": other}))


@given(json_values, json_values)
def test_without_their_words_forms_that_are_the_same_stay_so(one: Any, other: Any) -> None:
    if key_of({"body": one}) == key_of({"body": other}):
        assert without_words(one) == without_words(other)
    assert list(differing(without_words(one), without_words(one))) == []
