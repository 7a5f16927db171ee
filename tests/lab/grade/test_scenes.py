"""A scene sends what its case says, on each wire."""

from __future__ import annotations

import json
import time
import zlib
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests
import urllib3

from chatbot.core.sse.decoder import SseEvent, parse
from chatbot.lab.grade.client import FACTS, WIRES
from chatbot.lab.grade.scenes import SCENE_BY_NAME, Scene
from chatbot.lab.grade.stage import Stage
from tests.tables import each

BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "openai": ("/v1/chat/completions", {"model": "m", "messages": [{"role": "user", "content": "hi"}]}),
    "responses": ("/v1/responses", {"model": "m", "input": "hi"}),
    "anthropic": ("/v1/messages", {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}),
    "gemini": (
        "/v1beta/models/m:streamGenerateContent?alt=sse",
        {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]},
    ),
}


def asked(scene: Scene, wire: str, times: int = 1, encoding: str = "identity") -> tuple[list[requests.Response], Stage]:
    """The answers to a streamed question, as their bytes came."""
    path, body = BODIES[wire]
    streamed = body if wire == "gemini" else {**body, "stream": True}
    answers = []
    with Stage(scene, lambda: None) as stage:
        for _ in range(times):
            response = requests.post(
                stage.url + path,
                json=streamed,
                headers={"Accept-Encoding": encoding, "Authorization": "Bearer sk-lab-1"},
                stream=True,
                allow_redirects=False,
                timeout=10,
            )
            response._content = response.raw.read(decode_content=False)
            answers.append(response)
    return answers, stage


def events_of(scene: str, wire: str) -> list[SseEvent]:
    [answer], _ = asked(SCENE_BY_NAME[scene], wire)
    return list(parse([answer.content]))


@each("wire", WIRES)
def test_other_frames_are_the_same_events(wire: str) -> None:
    plain = events_of("split-bytes", wire)
    assert "plain" in "".join(event.data for event in plain)
    marks = {
        "comments": b": keep-alive\n",
        "no-blank": b"data:{",
        "data-in-lines": b"data: {\ndata: ",
        "bom": b"\xef\xbb\xbf",
    }
    for name, mark in marks.items():
        [answer], stage = asked(SCENE_BY_NAME[name], wire)
        events = list(parse([answer.content]))
        assert mark in answer.content
        assert [_data(event) for event in events] == [_data(event) for event in plain]
        assert stage.says.startswith("The lab answers in one plain line")
    others = events_of("other-events", wire)
    assert all(event in others for event in plain) and len(others) >= 2 * len(plain)


def _data(event: SseEvent) -> object:
    return event.data if event.data == "[DONE]" else json.loads(event.data)


@each("wire", WIRES)
def test_a_compressed_answer_is_sent_to_who_takes_it(wire: str) -> None:
    [packed], _ = asked(SCENE_BY_NAME["gzip"], wire, encoding="br, gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    [plain], _ = asked(SCENE_BY_NAME["gzip"], wire)
    assert "Content-Encoding" not in plain.headers
    assert list(parse([zlib.decompress(packed.content, wbits=31)])) == list(parse([plain.content]))


def test_an_end_marker_is_left_out_and_half_an_event_is_half() -> None:
    [answer], _ = asked(SCENE_BY_NAME["no-done"], "openai")
    assert b"[DONE]" not in answer.content and b'"finish_reason":"stop"' in answer.content
    with pytest.raises(urllib3.exceptions.ProtocolError):
        asked(SCENE_BY_NAME["half-an-event"], "openai")


@each("wire", WIRES)
def test_a_wait_stands_in_the_header_in_seconds_or_as_a_date(wire: str) -> None:
    [first, second], stage = asked(SCENE_BY_NAME["limited"], wire, 2)
    assert (first.status_code, first.headers["Retry-After"], second.status_code) == (429, "3", 200)
    assert [each.dialect for each in stage.asked] == [wire, wire] and stage.asked[0].streamed
    [first], _ = asked(SCENE_BY_NAME["limited-until"], wire)
    assert 3.5 < parsedate_to_datetime(first.headers["Retry-After"]).timestamp() - time.time() < 5.1


@each("wire", WIRES)
def test_a_redirect_leads_to_another_host_and_a_rejected_key_is_repeated(wire: str) -> None:
    [answer], stage = asked(SCENE_BY_NAME["redirect"], wire)
    assert answer.status_code == 307 and answer.headers["Location"].startswith("http://localhost:")
    assert stage.elsewhere == ()
    [answer], _ = asked(SCENE_BY_NAME["wrong-key-said"], wire)
    assert answer.status_code in (400, 401) and b"sk-lab-1" in answer.content
    assert FACTS[wire].model_variable


def test_a_question_that_is_none_is_refused_as_by_the_service() -> None:
    with Stage(SCENE_BY_NAME["plain"], lambda: None) as stage:
        response = requests.post(f"{stage.url}/v1/messages", json={"model": "m", "messages": []}, timeout=5)
        assert (response.status_code, "max_tokens" in response.text) == (400, True)
        assert requests.get(f"{stage.url}/v1/models", timeout=5).status_code == 200
        assert len(stage.asked) == 1
