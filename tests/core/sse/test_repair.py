from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.sse.decoder import SseEvent, events, lines
from chatbot.core.sse.repair import MAX_DOCUMENT_BYTES, repaired
from tests.any_json import any_json
from tests.tables import each


def read(stream: bytes) -> list[SseEvent]:
    return list(events(repaired(lines([stream]))))


def datas(stream: bytes) -> list[str]:
    return [event.data for event in read(stream)]


CHUNK = b'data: {"a": 1}\n\n'


def test_an_ordinary_stream_is_left_as_it_is() -> None:
    stream = [b"event: x", b"id: 1", b'data: {"a": 1}', b"", b": comment", b"retry: 3", b"data: [DONE]", b""]
    assert list(repaired(stream)) == stream


def test_an_error_line_is_an_event_of_that_type() -> None:
    events = read(CHUNK + b'error: {"message": "no capacity"}\n\n' + CHUNK)
    assert [event.type for event in events] == ["message", "error", "message"]
    assert events[1].data == '{"message": "no capacity"}'


def test_an_error_line_right_behind_an_event_does_not_swallow_it() -> None:
    assert datas(b'data: {"a": 1}\nerror: {"b": 2}\n') == ['{"a": 1}', '{"b": 2}']


def test_bare_json_on_one_line_is_an_event() -> None:
    assert datas(CHUNK + b'{"error": {"message": "no"}}') == ['{"a": 1}', '{"error": {"message": "no"}}']


def test_a_bare_array_is_an_event() -> None:
    assert datas(b'[{"error": 1}]\n') == ['[{"error": 1}]']


@each("indent", [2, 0])
@each("end", ["\n", "\r\n", "\r"])
def test_bare_json_over_several_lines_is_an_event(indent: int, end: str) -> None:
    document = {"error": {"code": 503, "details": [{"a": []}, {}], "message": "The model is overloaded."}}
    text = json.dumps(document, indent=indent).replace("\n", end)
    [first, error] = datas(CHUNK + text.encode())
    assert (first, json.loads(error)) == ('{"a": 1}', document)


def test_a_brace_that_never_ends_does_not_swallow_what_follows() -> None:
    assert datas(b"{ this is no JSON\n" + CHUNK) == ['{"a": 1}']


def test_a_brace_inside_an_event_does_not_swallow_its_end() -> None:
    assert datas(b"data: 1\n[\n\n" + CHUNK) == ["1", '{"a": 1}']


def test_bare_json_that_never_ends_is_given_up() -> None:
    line = b'"x": "' + b"y" * 1_000 + b'",\n'
    stream = b"{\n" + line * (MAX_DOCUMENT_BYTES // len(line) + 3) + b"}\n\n" + CHUNK
    assert datas(stream) == ['{"a": 1}']


def test_bare_json_that_is_cut_off_is_no_event() -> None:
    assert datas(CHUNK + b'{\n  "error": {\n    "mess') == ['{"a": 1}']


@each("end", [b"", b"\n", b"\r\n", b"\r"])
def test_a_whole_last_event_is_given_without_its_blank_line(end: bytes) -> None:
    assert datas(CHUNK + b'data: {"b": 2}' + end) == ['{"a": 1}', '{"b": 2}']


def test_a_last_event_over_several_lines_is_given_without_its_blank_line() -> None:
    assert datas(b'event: x\ndata: {\ndata: "b": 2}') == ['{\n"b": 2}']


def test_the_end_marker_is_given_without_its_blank_line() -> None:
    assert datas(CHUNK + b"data: [DONE]") == ['{"a": 1}', "[DONE]"]


@each("rest", [b'data: {"b": ', b"data: [DO", b"data:", b"event: x", b"data: {} {"])
def test_a_last_event_that_is_cut_off_is_not_given(rest: bytes) -> None:
    assert datas(CHUNK + rest) == ['{"a": 1}']


def test_endless_nesting_is_no_json() -> None:
    assert datas(CHUNK + b"[" * 200_000) == ['{"a": 1}']
    assert datas(CHUNK + b"data: " + b"[" * 200_000) == ['{"a": 1}']


@given(any_json(only_objects=True), st.sampled_from([None, 0, 1, 4]))
def test_any_json_object_outside_of_an_event_comes_through(document: dict[str, object], indent: int | None) -> None:
    stream = CHUNK + json.dumps(document, indent=indent).encode() + b"\n\n" + CHUNK
    assert [json.loads(data) for data in datas(stream)] == [{"a": 1}, document, {"a": 1}]


@given(st.lists(st.sampled_from([b"data: 1", b"", b"{", b"}", b'{"a":1}', b"error: x", b": c", b"[", b"]"])))
def test_no_line_of_data_is_lost(stream: list[bytes]) -> None:
    stdio = [line for event in events(stream) for line in event.data.split("\n")]
    mended = iter([line for event in events(repaired(stream)) for line in event.data.split("\n")])
    assert all(line in mended for line in stdio), "one after the other, in their order"


DOCUMENTS = [
    {},
    {"a": 1},
    {"{": "}"},
    {"[": [[], "]"]},
    {"": None},
    {'"': "\\"},
    {"data: x": "\n\n"},
    {"é": ["\u2028", {}]},
]


@given(st.lists(st.sampled_from(DOCUMENTS), min_size=1, max_size=12), st.lists(st.booleans(), max_size=12))
def test_events_without_their_blank_lines_are_all_there(documents: list[dict[str, object]], blanks: list[bool]) -> None:
    lines = [b"data: " + json.dumps(document).encode() for document in documents]
    ends = [b"\n\n" if blank else b"\n" for blank in [*blanks, *[False] * len(lines)]]
    stream = b"".join(line + end for line, end in zip(lines, ends, strict=False)) + b"data: [DONE]\n\n"
    found = datas(stream)
    assert [json.loads(data) for data in found[:-1]] == documents
    assert found[-1] == "[DONE]"


def test_a_document_over_several_data_lines_stays_one() -> None:
    assert datas(b'data: {"a":\ndata: {"b": 1}}\n\n') == ['{"a":\n{"b": 1}}']
