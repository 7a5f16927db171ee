"""What a server answers to a call, as text: nothing of it is dropped in silence."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.mcp.answered import output_of
from tests.any_json import any_json
from tests.tables import each

RESOURCE = {"uri": "file:///a", "mimeType": "text/plain"}


@each(
    ("block", "said"),
    [
        ({"type": "text", "text": "hi"}, "hi"),
        (
            {"type": "image", "data": "aGVsbG8=", "mimeType": "image/png"},
            "[image, image/png, 5 bytes: it cannot be shown to you]",
        ),
        (
            {"type": "audio", "data": "AAAA", "mimeType": "audio/wav"},
            "[audio, audio/wav, 3 bytes: it cannot be shown to you]",
        ),
        ({"type": "resource_link", "uri": "file:///a"}, "[resource file:///a]"),
        ({"type": "resource_link", "uri": "f:a", "name": "A", "mimeType": "b/c"}, "[resource f:a: A, b/c]"),
        ({"type": "resource", "resource": {**RESOURCE, "text": "in it"}}, "[resource file:///a]\nin it"),
        (
            {"type": "resource", "resource": {**RESOURCE, "blob": "AAAA"}},
            "[resource file:///a, text/plain, 3 bytes: it cannot be shown to you]",
        ),
        ({"type": "hologram", "data": 1}, "[hologram: it cannot be shown to you]"),
        ({}, "[something: it cannot be shown to you]"),
    ],
)
def test_each_kind_of_content_is_told(block: dict[str, Any], said: str) -> None:
    assert output_of([block]) == (said, False)


def test_blocks_are_joined_and_nothing_is_said_so() -> None:
    two = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]
    assert output_of(two, is_error=True) == ("one\ntwo", True)
    assert output_of([]).text == output_of([{"type": "text", "text": ""}]).text == "(no content)"


@each(
    ("texts", "structured", "said"),
    [
        ([], {"a": 1}, '{"a": 1}'),
        (['{"a":  1}'], {"a": 1}, '{"a":  1}'),
        (["5"], {"result": 5}, "5"),
        (["five"], {"result": "five"}, "five"),
        (["a", "b"], {"result": ["a", "b"]}, "a\nb"),
        (["see below"], {"a": "ü"}, 'see below\n{"a": "ü"}'),
    ],
)
def test_structured_content_is_told_once(texts: list[str], structured: Any, said: str) -> None:
    assert output_of([{"type": "text", "text": text} for text in texts], structured).text == said


@given(
    st.lists(any_json(["type", "text", "data", "uri", "resource"], most_members=5, only_objects=True), max_size=3),
    any_json(),
)
def test_whatever_comes_is_a_text(content: list[dict[str, Any]], structured: Any) -> None:
    assert output_of(content, structured).text
