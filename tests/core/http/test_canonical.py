"""Two requests are the same question, or differ in something that can be named."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.http.canonical import canonical, differing, key_of

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


def test_a_body_that_is_no_json_is_compared_as_text() -> None:
    assert canonical("", "https://h", (), b"\xffno")["body"] == "\ufffdno"


@given(json_values, json_values)
def test_nothing_differs_exactly_where_the_keys_are_equal(one: Any, other: Any) -> None:
    assert (list(differing({"body": one}, {"body": other})) == []) == (key_of({"body": one}) == key_of({"body": other}))
