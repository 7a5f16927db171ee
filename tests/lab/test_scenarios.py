"""Each fault on demand, in each wire format, over real HTTP."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from http.client import HTTPConnection, HTTPException, IncompleteRead
from itertools import pairwise
from typing import Any, NamedTuple

import pytest

from chatbot.core.sse import decoder
from chatbot.lab.scenarios import LONG_TOKENS, NAMES, OLD_NAMES, SCENARIOS
from chatbot.lab.server.http import LabServer
from tests.tables import each

DIALECTS = ("openai", "responses", "anthropic", "gemini")
QUESTION = "how do I attach an image?"

STREAMED = {
    "guide": "complete",
    "echo": "complete",
    "markdown": "complete",
    "reasoning": "complete",
    "slow": "complete",
    "long": "complete",
    "wrong-key": "401",
    "no-permission": "403",
    "unknown-model": "404",
    "context-too-long": "400",
    "unsupported-parameter": "400, then complete",
    "old-parameter": "400, then complete",
    "no-attachments": "complete",
    "attachment-too-large": "complete",
    "rate-limited": "429, then complete",
    "quota": "429",
    "overloaded": "503, 503, then complete",
    "always-500": "500",
    "html-502": "502",
    "hang-before-headers": "no answer",
    "hang-in-stream": "broken",
    "reset-before-headers": "no answer",
    "cut": "broken",
    "cut-once": "broken, then complete",
    "no-end-marker": "unfinished",
    "error-in-stream": "unfinished, error",
    "error-200": "error",
    "empty-200": "nothing",
    "html-200": "html",
    "early-hints": "103",
    "error-body-hangs": "broken",
    "not-http": "no answer",
    "huge-usage": "complete",
    "key-echo": "complete",
    "split-utf8": "complete",
    "crlf": "complete",
    "escapes": "complete",
    "length": "length",
    "refusal": "refused",
    "filtered": "filtered",
    "ignores-schema": "complete",
    "breaks-schema": "complete",
    "fenced-json": "complete",
    "tools": "complete",
    "parallel-calls": "complete",
    "mixed-calls": "complete",
    "calls-in-pieces": "complete",
    "broken-arguments": "complete",
    "unknown-tool": "complete",
    "call-without-id": "complete",
    "cut-call": "complete",
    "signed-calls": "complete",
}
PECULIAR = {
    ("gemini", "wrong-key"): "400",
    ("gemini", "old-parameter"): "complete",
    ("anthropic", "old-parameter"): "complete",
    ("responses", "old-parameter"): "complete",
    ("anthropic", "quota"): "400",
    ("anthropic", "overloaded"): "529, 529, then complete",
    ("anthropic", "filtered"): "400",
}
WHOLE = {"no-end-marker": "unfinished", "error-in-stream": "503", "empty-200": "nothing", "old-parameter": "complete"}
PECULIAR_WHOLE = {("anthropic", "error-in-stream"): "529"}

ENDS = {
    "stop": "complete",
    "end_turn": "complete",
    "STOP": "complete",
    "length": "length",
    "max_tokens": "length",
    "MAX_TOKENS": "length",
    "content_filter": "filtered",
    "SAFETY": "filtered",
    "refusal": "refused",
    "PROHIBITED_CONTENT": "refused",
    "completed": "complete",
    "incomplete/max_output_tokens": "length",
    "incomplete/content_filter": "filtered",
}


@pytest.fixture(scope="module")
def server() -> Iterator[LabServer]:
    with LabServer(pace_s=0.0, hang_s=0.02) as server:
        yield server


class Response(NamedTuple):
    """What came from a path of the lab."""

    path: str
    status: int
    content: bytes


def post(server: LabServer, dialect: str, model: str, *, stream: bool, bare: bool = False) -> Response:
    """One question, on a connection of its own; not `bare`: with a temperature and the request for usage.

    Raises IncompleteRead where the body breaks off.
    """
    extra: dict[str, object] = {} if bare else {"temperature": 0.5}
    if dialect == "gemini":
        method = "streamGenerateContent?alt=sse" if stream else "generateContent"
        body: dict[str, object] = {
            "contents": [{"role": "user", "parts": [{"text": QUESTION}]}],
            "generationConfig": extra,
        }
        return sent(server, f"/v1beta/models/{model}:{method}", body)
    body = {"model": model, "stream": stream, "messages": [{"role": "user", "content": QUESTION}], **extra}
    if dialect == "responses":
        body["input"] = body.pop("messages")
        return sent(server, "/v1/responses", body)
    if dialect == "anthropic":
        return sent(server, "/v1/messages", {**body, "max_tokens": 9})
    if stream and not bare:
        body["stream_options"] = {"include_usage": True}
    return sent(server, "/v1/chat/completions", body)


def sent(server: LabServer, path: str, body: dict[str, object]) -> Response:
    with closing(HTTPConnection(server.url.removeprefix("http://"), timeout=5)) as connection:
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        try:
            return Response(path, response.status, response.read())
        except ConnectionError as error:
            raise IncompleteRead(b"") from error


@cache
def documents(response: Response) -> list[dict[str, object]]:
    """The JSON of every event, or of the whole body."""
    if b"data:" not in response.content[:200]:
        return [json.loads(response.content)]
    data = (event.data for event in decoder.parse([response.content]) if event.data != "[DONE]")
    parsed: list[dict[str, object]] = json.loads(f"[{','.join(data)}]")  # at once is half the work
    return parsed


def found(value: Any, names: set[str]) -> list[str]:
    """Every string under one of these names, wherever it is in an object or array."""
    strings = []
    for name, inner in value.items() if type(value) is dict else enumerate(value):
        if type(inner) is str:
            if name in names:
                strings.append(inner)
        elif type(inner) in (dict, list):
            strings += found(inner, names)
    return strings


def responses_text(parsed: list[Any]) -> Iterator[str]:
    """The text in the deltas, or in the output of a whole response, which repeats it."""
    for document in parsed:
        if document.get("type") == "response.output_text.delta":
            yield document["delta"]
        for item in document.get("output", []):
            yield from (part["text"] for part in item.get("content", []))


def said(response: Response) -> str:
    """The text of the answer, in whatever shape; without the reasoning."""
    if response.path == "/v1/responses":
        return "".join(responses_text(documents(response)))
    return "".join(found(documents(response), {"content", "text"}))


def ended(response: Response) -> str:
    """What became of one answer, in a word."""
    if response.status != 200:
        return str(response.status)
    if not response.content:
        return "nothing"
    if response.content.startswith(b"<"):
        return "html"
    parsed = documents(response)
    reasons = set(found(parsed, {"finish_reason", "stop_reason", "finishReason", "blockReason"}))
    for document in parsed:
        last: Any = document if document.get("object") == "response" else document.get("response", {})
        if last.get("status") in ("completed", "incomplete"):
            reasons.add("/".join([last["status"], *(last["incomplete_details"] or {}).values()]))
    end = ENDS[reasons.pop()] if reasons else "unfinished"
    if "".join(found(parsed, {"refusal"})):
        end = "refused"
    failed = any(document.get("error") for document in parsed)
    if failed:
        return "error" if len(parsed) == 1 else f"{end}, error"
    return end


def outcome(server: LabServer, dialect: str, name: str, *, stream: bool) -> str:
    """What becomes of a scenario when a client keeps trying, at most three times."""
    seen = []
    for attempt in range(3):
        try:
            seen.append(ended(post(server, dialect, name, stream=stream, bare=attempt > 0 and "parameter" in name)))
        except IncompleteRead:
            seen.append("broken")
        except (OSError, HTTPException):
            return "no answer"
        if seen[-1] == "complete":
            break
    if seen[-1] == "complete" and len(seen) > 1:
        seen[-1] = "then complete"
        return ", ".join(seen)
    assert len(set(seen)) == 1, f"neither the same each time nor fine in the end: {seen}"
    return seen[0]


@each("name", [name for name in NAMES if name != "long"])  # which has a test of its own: it is dear
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_stream_ends_as_its_scenario_says(server: LabServer, name: str, dialect: str) -> None:
    assert outcome(server, dialect, name, stream=True) == PECULIAR.get((dialect, name), STREAMED[name])


@each("name", NAMES)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_answer_in_one_piece_ends_as_its_scenario_says(server: LabServer, name: str, dialect: str) -> None:
    expected = PECULIAR.get((dialect, name), WHOLE.get(name, STREAMED[name]))
    assert outcome(server, dialect, name, stream=False) == PECULIAR_WHOLE.get((dialect, name), expected)


@each("dialect", DIALECTS)
def test_a_scenario_starts_over_after_its_fine_answer(dialect: str) -> None:
    with LabServer() as server:
        statuses = [post(server, dialect, "rate-limited", stream=True).status for _ in range(4)]

    assert statuses == [429, 200, 429, 200]


@each("name", ["no-end-marker", "error-in-stream"])
@each("dialect", DIALECTS)
def test_what_ends_in_its_middle_has_said_the_same_seven_words(server: LabServer, name: str, dialect: str) -> None:
    assert said(post(server, dialect, name, stream=True)).strip() == "The lab sends this answer one word"


@each("stream", [True, False])
@each("dialect", DIALECTS)
def test_the_echo_is_the_question(server: LabServer, dialect: str, stream: bool) -> None:
    assert said(post(server, dialect, "echo", stream=stream)) == QUESTION


@each("dialect", DIALECTS)
def test_the_guide_answers_from_the_manual(server: LabServer, dialect: str) -> None:
    assert "--image PATH" in said(post(server, dialect, "guide", stream=True))


@each("dialect", DIALECTS)
def test_the_long_answer_has_all_its_tokens_and_its_end(server: LabServer, dialect: str) -> None:
    response = post(server, dialect, "long", stream=True)
    assert len(said(response).split()) == LONG_TOKENS
    assert ended(response) == STREAMED["long"]


@each("dialect", DIALECTS)
def test_characters_are_cut_between_chunks_and_whole_in_the_end(server: LabServer, dialect: str) -> None:
    assert said(post(server, dialect, "split-utf8", stream=True)) == "Grüße, 世界, здравствуй, 👩‍🚀 and 🇫🇷!"

    chunks = http_chunks(server, dialect, "split-utf8")
    with pytest.raises(UnicodeDecodeError):
        [chunk.decode() for chunk in chunks]


@each("dialect", DIALECTS)
def test_crlf_is_cut_between_its_two_bytes(server: LabServer, dialect: str) -> None:
    chunks = http_chunks(server, dialect, "crlf")

    assert b"\n" not in b"".join(chunks).replace(b"\r\n", b"")
    assert any(first.endswith(b"\r") and second.startswith(b"\n") for first, second in pairwise(chunks))


def http_chunks(server: LabServer, dialect: str, name: str) -> list[bytes]:
    """The body's chunks as the server framed them (RFC 9112, section 7.1)."""
    path = {
        "openai": "/v1/chat/completions",
        "responses": "/v1/responses",
        "anthropic": "/v1/messages",
        "gemini": f"/v1beta/models/{name}:streamGenerateContent?alt=sse",
    }[dialect]
    body = json.dumps({"model": name, "messages": [], "input": [], "contents": [], "max_tokens": 1, "stream": True})
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection, connection.makefile("rb") as incoming:
        connection.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        while incoming.readline().strip():
            pass
        chunks = []
        while size := int(incoming.readline(), 16):
            chunks.append(incoming.read(size))
            incoming.readline()
        return chunks


@each(("dialect", "field"), [("openai", "reasoning_content"), ("anthropic", "thinking"), ("responses", "text")])
def test_reasoning_comes_in_fields_of_its_own(server: LabServer, dialect: str, field: str) -> None:
    response = post(server, dialect, "reasoning", stream=True)

    assert said(response) == "Forty-two."
    assert "six times seven" in "".join(found(documents(response), {field}))


def test_gemini_marks_reasoning_as_a_thought(server: LabServer) -> None:
    response = post(server, "gemini", "reasoning", stream=False)

    assert documents(response)[0]["candidates"][0]["content"]["parts"] == [  # type: ignore[index]
        {"text": "The question is six times seven. That is forty-two.", "thought": True},
        {"text": "Forty-two."},
    ]


def test_the_escapes_reach_the_client_unharmed(server: LabServer) -> None:
    text = said(post(server, "openai", "escapes", stream=True))

    assert "\x1b]52;c;" in text
    assert "\u202e" in text


def test_openai_names_the_refused_parameter_and_its_new_name(server: LabServer) -> None:
    body: dict[str, object] = {"model": "unsupported-parameter", "messages": [], "max_tokens": 5}
    refused = json.loads(sent(server, "/v1/chat/completions", body).content)["error"]

    assert refused["param"] == "max_tokens"
    assert "Use 'max_completion_tokens' instead" in refused["message"]


def test_every_scenario_says_in_a_sentence_what_happens_and_what_it_teaches() -> None:
    for scenario in SCENARIOS:
        assert scenario.happens.endswith(".")
        assert scenario.teaches.endswith(".")
        assert scenario.turns


def test_names_are_unique() -> None:
    assert len(NAMES) == len(SCENARIOS)


@each("old, name", OLD_NAMES.items())
def test_an_old_name_goes_on_working_and_is_not_listed(server: LabServer, old: str, name: str) -> None:
    assert said(post(server, "openai", old, stream=True)) == said(post(server, "openai", name, stream=True))
    assert old not in NAMES
