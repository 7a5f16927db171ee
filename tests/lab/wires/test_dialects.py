"""The four wire formats as bytes, and which address speaks which."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.core.sse import decoder
from chatbot.lab.answers import Answer, Asked, Ending, Fault, tokens
from chatbot.lab.wires.dialects import DIALECTS, route
from tests.any_json import any_json
from tests.tables import each

OPENAI, ANTHROPIC, GEMINI = DIALECTS["openai"], DIALECTS["anthropic"], DIALECTS["gemini"]
ASKED = Asked("echo", streamed=True, usage_wanted=False, input_tokens=3)
USAGE = {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5}


def data(pieces: Any) -> list[Any]:
    return [json.loads(event.data) for event in decoder.parse(pieces) if event.data != "[DONE]"]


@settings(max_examples=100)
@given(st.text())
def test_tokens_joined_are_the_text(text: str) -> None:
    assert "".join(tokens(text)) == text


def test_openai_streams_role_words_finish_and_done() -> None:
    pieces = list(OPENAI.stream(Answer("Hello there"), ASKED))

    head = {"id": "chatcmpl-lab-1", "object": "chat.completion.chunk", "created": 1763683200, "model": "echo"}
    assert (
        pieces[1]
        == b"data: "
        + json.dumps(
            {
                **head,
                "choices": [{"index": 0, "delta": {"content": "Hello"}, "logprobs": None, "finish_reason": None}],
            },
            separators=(",", ":"),
        ).encode()
        + b"\n\n"
    )
    assert pieces[-1] == b"data: [DONE]\n\n"
    assert [chunk["choices"][0]["delta"] for chunk in data(pieces)] == [
        {"role": "assistant", "content": "", "refusal": None},
        {"content": "Hello"},
        {"content": " there"},
        {},
    ]
    assert data(pieces)[-1]["choices"][0]["finish_reason"] == "stop"


def test_openai_reports_usage_in_a_chunk_without_choices_only_if_asked() -> None:
    unasked = data(OPENAI.stream(Answer("Hello there"), ASKED))
    asked = data(OPENAI.stream(Answer("Hello there"), ASKED._replace(usage_wanted=True)))

    assert all("usage" not in chunk for chunk in unasked)
    assert asked[-1]["choices"] == []
    assert (asked[-1]["usage"]["prompt_tokens"], asked[-1]["usage"]["completion_tokens"]) == (3, 2)
    assert asked[0]["usage"] is None


def test_anthropic_streams_named_events_around_blocks() -> None:
    events = list(decoder.parse(ANTHROPIC.stream(Answer("Hello there", reasoning="Hm."), ASKED)))

    assert [event.type for event in events] == [
        "message_start",
        "ping",
        "content_block_start",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "content_block_start",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    bodies = [json.loads(event.data) for event in events]
    assert [body["type"] for body in bodies] == [event.type for event in events]
    assert [body.get("index") for body in bodies[2:10]] == [0, 0, 0, 0, 1, 1, 1, 1]
    assert bodies[0]["message"]["usage"]["input_tokens"] == 3
    assert bodies[-2]["usage"] == {"output_tokens": 3}


def test_responses_streams_items_with_their_parts_and_repeats_them_whole() -> None:
    asked = ASKED._replace(parameters=frozenset({"include"}))
    events = list(decoder.parse(DIALECTS["responses"].stream(Answer("Hello there", reasoning="Hm."), asked)))

    assert [event.type.removeprefix("response.") for event in events] == [
        *("created", "in_progress"),
        *("output_item.added", "reasoning_summary_part.added", "reasoning_summary_text.delta"),
        *("reasoning_summary_text.done", "reasoning_summary_part.done", "output_item.done"),
        *("output_item.added", "content_part.added", "output_text.delta", "output_text.delta"),
        *("output_text.done", "content_part.done", "output_item.done"),
        "completed",
    ]
    bodies = [json.loads(event.data) for event in events]
    assert [body["type"] for body in bodies] == [event.type for event in events]
    assert [body["sequence_number"] for body in bodies] == list(range(16))
    assert [body["output_index"] for body in bodies[2:-1]] == [0] * 6 + [1] * 7
    reasoning, message = bodies[-1]["response"]["output"]
    assert [bodies[7]["item"], bodies[14]["item"]] == [reasoning, message] and reasoning["encrypted_content"]
    assert bodies[-1]["response"]["usage"]["output_tokens_details"] == {"reasoning_tokens": 1}


def test_responses_tells_an_error_in_its_stream_twice_as_openai_does() -> None:
    responses = DIALECTS["responses"]
    error, failed = data([responses.stream_error(responses.refusal(Fault.RATE_LIMITED, model="m"), ASKED)])

    assert (error["type"], error["error"]["code"]) == ("error", "rate_limit_exceeded")
    assert (failed["type"], failed["response"]["error"]["code"]) == ("response.failed", "rate_limit_exceeded")


def test_responses_takes_a_text_for_its_input() -> None:
    assert DIALECTS["responses"].read({"input": "what?"}, Asked("echo")).question == "what?"


def test_gemini_streams_crlf_and_usage_in_every_event() -> None:
    pieces = list(GEMINI.stream(Answer("Hello there"), ASKED))

    assert all(piece.startswith(b"data: {") and piece.endswith(b"}\r\n\r\n") for piece in pieces)
    responses = data(pieces)
    assert [response["candidates"][0].get("finishReason") for response in responses] == [None, None, "STOP"]
    assert responses[-1]["usageMetadata"] == USAGE


def test_gemini_without_sse_is_one_json_array_in_pieces() -> None:
    pieces = list(GEMINI.stream(Answer("Hello there"), ASKED._replace(sse=False)))

    assert len(pieces) == 4
    assert [response["usageMetadata"]["candidatesTokenCount"] for response in json.loads(b"".join(pieces))] == [1, 2, 2]


def test_an_error_within_the_json_array_is_its_last_element() -> None:
    asked = ASKED._replace(sse=False)
    pieces = [*GEMINI.stream(Answer("Hello", ending=None), asked)]
    pieces.append(GEMINI.stream_error(GEMINI.refusal(Fault.OVERLOADED), asked))

    assert json.loads(b"".join(pieces))[-1]["error"]["status"] == "UNAVAILABLE"


@each("dialect", DIALECTS.values())
def test_an_answer_without_an_ending_has_no_end_marker(dialect: Any) -> None:
    whole = b"".join(dialect.stream(Answer("Hello there"), ASKED))
    broken = b"".join(dialect.stream(Answer("Hello there", ending=None), ASKED))

    assert whole.startswith(broken)
    assert len(broken) < len(whole)


@each("ending", Ending)
@each("dialect", DIALECTS.values())
def test_every_ending_is_a_finish_reason_or_an_error(dialect: Any, ending: Ending) -> None:
    assert ending in dialect.endings or Fault(ending) in dialect.faults


@each(
    ("fault", "openai", "anthropic", "gemini"),
    [
        (Fault.WRONG_KEY, (401, "invalid_api_key"), (401, "authentication_error"), (400, "INVALID_ARGUMENT")),
        (Fault.NO_PERMISSION, (403, None), (403, "permission_error"), (403, "PERMISSION_DENIED")),
        (Fault.UNKNOWN_MODEL, (404, "model_not_found"), (404, "not_found_error"), (404, "NOT_FOUND")),
        (
            Fault.CONTEXT_TOO_LONG,
            (400, "context_length_exceeded"),
            (400, "invalid_request_error"),
            (400, "INVALID_ARGUMENT"),
        ),
        (Fault.RATE_LIMITED, (429, "rate_limit_exceeded"), (429, "rate_limit_error"), (429, "RESOURCE_EXHAUSTED")),
        (Fault.QUOTA, (429, "insufficient_quota"), (400, "invalid_request_error"), (429, "RESOURCE_EXHAUSTED")),
        (Fault.OVERLOADED, (503, None), (529, "overloaded_error"), (503, "UNAVAILABLE")),
        (Fault.SERVER, (500, None), (500, "api_error"), (500, "INTERNAL")),
        (Fault.BAD_REQUEST, (400, None), (400, "invalid_request_error"), (400, "INVALID_ARGUMENT")),
        (Fault.NOT_FOUND, (404, None), (404, "not_found_error"), (404, "NOT_FOUND")),
    ],
)
def test_each_provider_has_its_own_status_and_word_for_a_fault(
    fault: Fault, openai: object, anthropic: object, gemini: object
) -> None:
    refusals = {name: dialect.refusal(fault, model="m", path="/x") for name, dialect in DIALECTS.items()}
    errors = {name: dialect.error(refusals[name])["error"] for name, dialect in DIALECTS.items()}

    for name in ("openai", "responses"):
        assert (refusals[name].row.status, errors[name]["code"]) == openai
    assert (refusals["anthropic"].row.status, errors["anthropic"]["type"]) == anthropic
    assert (refusals["gemini"].row.status, errors["gemini"]["status"]) == gemini


def test_an_anthropic_error_names_its_request_and_whether_to_retry() -> None:
    refusal = ANTHROPIC.refusal(Fault.RATE_LIMITED, 7, "3")

    assert ANTHROPIC.error(refusal)["request_id"] == "req_lab_7"
    assert ANTHROPIC.error_headers(refusal) == {"x-should-retry": "true", "Retry-After": "3"}


def test_gemini_puts_a_wrong_keys_reason_into_the_details() -> None:
    assert GEMINI.error(GEMINI.refusal(Fault.WRONG_KEY))["error"]["details"][0]["reason"] == "API_KEY_INVALID"


def test_gemini_leaves_a_date_to_the_header() -> None:
    refusal = GEMINI.refusal(Fault.RATE_LIMITED, retry_after="Fri, 21 Nov 2025 07:28:00 GMT", model="m")

    assert GEMINI.error_headers(refusal) == {"Retry-After": "Fri, 21 Nov 2025 07:28:00 GMT"}
    assert "details" not in GEMINI.error(refusal)["error"]


PIXEL = "iVBORw0KGgo="  # 8 bytes


def turns(answer: Any, *question: dict[str, Any]) -> list[dict[str, Any]]:
    """A question, its answer, and the next question."""
    return [
        {"role": "user", "content": "first"},
        {"role": "assistant", "content": answer},
        {"role": "user", "content": list(question)},
    ]


@each(
    ("name", "body"),
    [
        (
            "openai",
            {
                "messages": [
                    {"role": "system", "content": "be brief"},
                    *turns(
                        "answer",
                        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
                        {"type": "text", "text": "what is this"},
                    ),
                ]
            },
        ),
        (
            "responses",
            {
                "instructions": "be brief",
                "input": turns(
                    [{"type": "output_text", "text": "answer"}],
                    {"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}"},
                    {"type": "input_text", "text": "what is this"},
                ),
            },
        ),
        (
            "anthropic",
            {
                "system": "be brief",
                "messages": turns(
                    [{"type": "text", "text": "answer"}],
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}},
                    {"type": "text", "text": "what is this"},
                ),
            },
        ),
        (
            "gemini",
            {
                "systemInstruction": {"parts": [{"text": "be brief"}]},
                "contents": [
                    {"role": "user", "parts": [{"text": "first"}]},
                    {"role": "model", "parts": [{"text": "answer"}]},
                    {
                        "role": "user",
                        "parts": [
                            {"inlineData": {"mimeType": "image/png", "data": PIXEL}},
                            {"text": "what is this"},
                        ],
                    },
                ],
            },
        ),
    ],
)
def test_the_question_is_the_last_of_the_users_turns(name: str, body: dict[str, Any]) -> None:
    asked = DIALECTS[name].read(body, Asked("echo"))

    assert asked.question == "what is this"
    assert asked.attachments == ("image: image/png, 8 bytes",)
    assert asked.input_tokens == 7


JSON_VALUES = any_json(
    ["", "a", *"messages contents parts content role text type image_url inlineData source".split()],
    often=["user", "image", "image_url"],
)


@settings(max_examples=80)
@given(
    body=st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            ("messages", "input", "include", "contents", "model", "stream", "generationConfig", "system"), JSON_VALUES
        ),
    )
)
@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_no_body_is_too_strange_to_be_read(dialect: Any, body: dict[str, Any]) -> None:
    asked = dialect.read(body, Asked(""))

    assert b"".join(dialect.stream(Answer(asked.question), asked))


@each(
    ("method", "target", "headers", "dialect", "action"),
    [
        ("POST", "/v1/chat/completions", {}, "openai", "answer"),
        ("POST", "/any/prefix/chat/completions?api-version=1", {}, "openai", "answer"),
        ("POST", "/v1beta/openai/chat/completions", {}, "openai", "answer"),
        ("POST", "/v1/responses", {}, "responses", "answer"),
        ("POST", "/openai/responses?api-version=1", {}, "responses", "answer"),
        ("POST", "/v1/messages", {}, "anthropic", "answer"),
        ("POST", "/v1beta/models/x:generateContent", {}, "gemini", "answer"),
        ("POST", "/v1/models/tuned%2Fx:streamGenerateContent", {}, "gemini", "answer"),
        ("POST", "/v1beta/models/x:countTokens", {}, "gemini", "nothing"),
        ("GET", "/v1/models", {}, "openai", "models"),
        ("GET", "/v1/models?limit=5", {"anthropic-version": "2023-06-01"}, "anthropic", "models"),
        ("GET", "/v1beta/models", {}, "gemini", "models"),
        ("GET", "/v1beta/openai/models", {}, "openai", "models"),
        ("GET", "/v1/models", {"x-goog-api-key": "k"}, "gemini", "models"),
        ("GET", "/v1/chat/completions", {}, "openai", "nothing"),
        ("GET", "/", {}, "openai", "nothing"),
    ],
)
def test_the_address_tells_the_dialect(
    method: str, target: str, headers: dict[str, str], dialect: str, action: str
) -> None:
    found = route(method, target, headers)

    assert (found.dialect.name, found.action) == (dialect, action)


@each(
    ("method", "streamed", "sse_wanted"),
    [
        ("generateContent", False, False),
        ("streamGenerateContent", True, False),
        ("streamGenerateContent?alt=sse", True, True),
    ],
)
def test_geminis_address_says_the_model_and_the_form(method: str, streamed: bool, sse_wanted: bool) -> None:
    found = route("POST", f"/v1beta/models/echo:{method}", {})

    assert (found.model, found.streamed, found.sse) == ("echo", streamed, sse_wanted)
