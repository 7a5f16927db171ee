"""Whatever JSON a server sends: each wire format reads it, or raises a ChatError, and nothing else."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.core.errors import ChatError
from chatbot.core.request import HttpFailure
from chatbot.core.sse import decoder
from chatbot.core.sse.decoder import SseEvent
from chatbot.providers.wires.base import Provider
from tests.any_json import HUGE, NUMBERS, PLAIN, any_json
from tests.providers.asking import provider
from tests.wires import WIRES

PROVIDERS = [provider(name) for name in WIRES]
each_wire = pytest.mark.parametrize("wire", PROVIDERS, ids=lambda wire: wire.service.wire)
# Every word that some reader looks for, so that random documents get past the first look.
WORDS = (
    "choices delta message content finish_reason index error code type text thinking reasoning reasoning_content "
    "reasoning_details summary refusal usage prompt_tokens completion_tokens total_tokens prompt_tokens_details "
    "cached_tokens completion_tokens_details reasoning_tokens content_block content_block_delta "
    "content_block_start message_start message_delta message_stop stop_reason stop_details explanation "
    "output_tokens_details thinking_tokens input_tokens response output item delta output_index content_index "
    "summary_index item_id encrypted_content part incomplete_details incomplete reasoning output_text "
    "summary_text reasoning_text input_tokens_details response.output_text.delta response.output_text.done "
    "response.refusal.delta response.reasoning_text.delta response.reasoning_summary_text.done "
    "response.output_item.done response.completed response.incomplete response.failed function_call candidates "
    "parts thought finishReason finishMessage promptFeedback blockReason usageMetadata thoughtsTokenCount data "
    "models id name supportedGenerationMethods status status_code details retryDelay quotaId violations metadata "
    "raw param detail loc msg errors request_id ping length 429 503 "
).split()

statuses = st.integers(300, 599) | st.sampled_from([400, 401, 429, 500])
documents = any_json(WORDS, often=WORDS, values=(*PLAIN, HUGE), numbers=NUMBERS)


def _valid() -> Iterator[Any]:
    for path in sorted((Path(__file__).parent / "recordings").glob("[a-z]*")):
        if path.suffix == ".json":
            yield json.loads(path.read_bytes())
        else:
            for event in decoder.parse([path.read_bytes()]):
                with contextlib.suppress(ValueError):
                    yield json.loads(event.data)


VALID = list(_valid())


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value within a document."""
    yield path
    members: Any = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in members:
        yield from places(value, (*path, key))


def replaced(node: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy of the document with another value at one place."""
    if not path:
        return value
    copy = dict(node) if isinstance(node, dict) else list(node)
    copy[path[0]] = replaced(node[path[0]], path[1:], value)
    return copy


@st.composite
def mutations(draw: st.DrawFn) -> Any:
    """A chunk or an answer of a real shape, with something else at one or two of its places."""
    document = draw(st.sampled_from(VALID))
    for _ in range(draw(st.integers(1, 2))):
        path = draw(st.sampled_from(list(places(document))))
        document = replaced(document, path, draw(documents))
    return document


OTHERS: tuple[Any, ...] = ([], {}, None, 1.5, "x")


def shape(node: Any) -> Any:
    """What two events have in common that differ in their words alone."""
    if isinstance(node, dict):
        return tuple((key, shape(value)) for key, value in node.items())
    if isinstance(node, list):
        return ("list", *map(shape, node[:3]))
    return node if isinstance(node, str) and node in WORDS else type(node).__name__


@each_wire
def test_something_else_at_any_place_of_an_event_ends_no_stream_in_an_error_of_python(wire: Provider) -> None:
    seen = set()
    for path in (Path(__file__).parent / "recordings").glob(f"{wire.service.wire}-*.sse"):
        stream = list(decoder.parse([path.read_bytes()]))[-40:]
        for number, event in enumerate(stream):
            document = json.loads(event.data) if event.data.startswith("{") else None
            if (looks := shape(document)) in seen:
                continue
            seen.add(looks)
            for place in places(document):
                for value in OTHERS:
                    changed = SseEvent(event.type, json.dumps(replaced(document, place, value)))
                    with contextlib.suppress(ChatError):
                        list(wire.read_stream([*stream[:number], changed, *stream[number + 1 :]]))
    assert seen


@settings(max_examples=300)
@given(document=documents | mutations(), kind=st.sampled_from(["message", "error", "ping"]), status=statuses)
def test_no_document_and_no_change_of_a_real_one_raises_anything_but_a_chat_error(
    document: Any, kind: str, status: int
) -> None:
    data = json.dumps(document)
    for wire in PROVIDERS:  # a document costs more to think of than to read
        with contextlib.suppress(ChatError):
            list(wire.read_event(SseEvent(kind, data)))
        with contextlib.suppress(ChatError):
            list(wire.read_answer(document))
        with contextlib.suppress(ChatError):
            assert all(isinstance(model.name, str) for model in wire.read_models(document).models)
        error = wire.read_error(HttpFailure(status, {}, data.encode()), 0.0)
        assert isinstance(error, ChatError)
        assert error.retry_after_s is None or 0 <= error.retry_after_s < float("inf")
        assert "\n" not in error.said


@settings(max_examples=100)
@given(data=st.text(max_size=40), body=st.binary(max_size=60))
def test_no_text_or_bytes_raise_anything_but_a_chat_error(data: str, body: bytes) -> None:
    for wire in PROVIDERS:
        with contextlib.suppress(ChatError):
            list(wire.read_event(SseEvent("message", data)))
        assert isinstance(wire.read_error(HttpFailure(500, {}, body), 0.0), ChatError)


@each_wire
@pytest.mark.parametrize("member", ["error", "message", "choices", "detail", "metadata"])
def test_a_document_nested_as_deep_as_json_allows_is_read(wire: Provider, member: str) -> None:
    document: Any = "deep"
    for _ in range(600):
        document = {member: [document], "message": document}

    with contextlib.suppress(ChatError):
        list(wire.read_answer(document))
    with contextlib.suppress(ChatError):
        list(wire.read_answer({"error": document}))
