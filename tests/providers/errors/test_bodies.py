"""Every shape in which an error was seen, read to one sentence and its code words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.providers.errors.bodies import MAX_SAID_CHARS, parse_error_body, words
from tests.tables import each

WRAPPED = json.dumps({"error": {"message": {"message": "missing field", "type": "x"}, "param": None}}, indent=2)


def said(document: Any) -> str:
    return words(json.dumps(document).encode()).sentence


@each(
    ("document", "sentence"),
    [
        ({"error": {"message": "m", "type": "t", "param": None, "code": None}}, "m"),  # OpenAI and many others
        ({"id": "x", "error": {"message": "m", "code": "401"}}, "m"),  # Together
        ({"error": {"message": "m", "code": 400, "metadata": {"provider_name": "P"}}, "user_id": "u"}, "m"),
        ({"type": "error", "error": {"type": "t", "message": "m", "details": None}, "request_id": "r"}, "m"),
        ({"error": {"code": 400, "message": "m", "status": "INVALID_ARGUMENT", "details": []}}, "m"),  # Google
        ([{"error": {"code": 400, "message": "m"}}], "m"),  # Google, as an array
        ({"object": "error", "message": "m", "type": "t", "param": None, "code": "3051"}, "m"),  # Mistral
        ({"detail": "m"}, "m"),
        ({"message": "m", "request_id": "r"}, "m"),
        ({"message": "m", "type": "t", "param": "p", "code": "c"}, "m"),  # Cerebras
        ({"code": "invalid-argument", "error": "m"}, "m"),  # xAI
        ({"error": "m", "error_type": "t"}, "m"),  # Hugging Face
        ({"code": 400, "reason": "R", "message": "m", "metadata": {}}, "m"),
        ({"id": "x", "message": "m"}, "m"),  # Cohere
        ({"success": False, "error": {"message": "m", "code": "C"}, "status": 401}, "m"),  # Pollinations
        ({"success": False, "errors": [{"code": 7, "message": "m"}]}, "m"),  # Cloudflare
        ({"detail": "outer", "error": {"message": "m"}}, "m"),  # gpustack
        ({"error": {"message": "m"}, "message": "m"}, "m"),  # LM Studio
        ({"statusCode": 404, "error": "Not Found", "message": "no such route"}, "Not Found: no such route"),
        ({"error": {"details": "m"}}, "m"),
        ("m", "m"),
    ],
)
def test_each_shape_gives_its_sentence(document: Any, sentence: str) -> None:
    assert said(document) == sentence


def test_the_places_that_fastapi_names_are_said_and_doubles_once() -> None:
    entry = {"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted", "input": 3}

    assert said({"detail": [entry, entry, {"msg": "and this"}]}) == (
        "body.seed: Extra inputs are not permitted; and this"
    )
    assert said({"object": "error", "message": {"detail": [entry]}, "type": "invalid_request_error"}) == (
        "body.seed: Extra inputs are not permitted"
    )


@each(
    ("raw", "sentence"),
    [
        ("plain reason", "Provider returned error: plain reason"),
        (json.dumps({"error": {"message": "inner reason"}}), "Provider returned error: inner reason"),
        (WRAPPED, "Provider returned error: missing field"),
        ("<html><title>502 Bad Gateway</title></html>", "Provider returned error: 502 Bad Gateway"),
        ("Provider returned error", "Provider returned error"),
        (None, "Provider returned error"),
    ],
)
def test_the_reason_behind_a_router_is_said_too(raw: str | None, sentence: str) -> None:
    document = {"error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": raw}}}

    assert said(document) == sentence


@each(
    ("message", "sentence"),
    [
        (WRAPPED, "missing field"),
        ('upstream said: {"error": {"message": "too big"}}', "upstream said: too big"),
        ('upstream said - {"error": {"message": "cut o', ""),
        ('cannot parse {"role": "user"} here', 'cannot parse {"role": "user"} here'),
        ("<!DOCTYPE html><title>Blocked</title><p>x</p>", "Blocked"),
        ("Bad gateway\n<html><body>page</body></html>", "Bad gateway"),
        ("* Quota exceeded\n* limit: 0, model: <model>", "* Quota exceeded * limit: 0, model: <model>"),
    ],
)
def test_a_message_is_freed_of_what_is_wrapped_around_it(message: str, sentence: str) -> None:
    assert said({"error": {"message": message}}) == sentence


@each(
    ("body", "sentence"),
    [
        ("upstream connect error or disconnect/reset before headers.\nreset reason: timeout", None),
        ("error code: 521", "error code: 521"),
        ("\n\n  first line \n second", "first line"),
        ("no <b>way</b> out", "no way out"),
        ('"a JSON text"', "a JSON text"),
        ("limit: 3 < 5 and 7 > 6", "limit: 3 < 5 and 7 > 6"),
        ("", ""),
        ("   ", ""),
        ("null", ""),
        ("42", ""),
        ("[]", ""),
        ("{}", ""),
        ("<html><head><title>502 Bad&#32;Gateway</title></head><body>nginx</body></html>", "502 Bad Gateway"),
        ("<!DOCTYPE HTML><style>p{}</style><h1>Sorry, <b>closed</b></h1><p>long text", "Sorry, closed"),
        ("<?xml version='1.0'?><Error><Message>Access denied</Message></Error>", "Access denied"),
        ("<html><head><script>alert('title')</script></head><body>text</body>", ""),
        ("<div class='" + "x" * 500, ""),
        ('\ufeff{"error": {"message": "with a byte order mark"}}', "with a byte order mark"),
        ('{"error": {"message": "broken \\"off\\"", "type": "inv', 'broken "off"'),
        ('{"error": {"mess', ""),
        ('event: error\ndata: {"error": {"message": "as an event"}}\n\n', "as an event"),
        ('error: {"error": {"message": "as a line"}}', "as a line"),
    ],
)
def test_a_body_that_is_no_json_gives_one_line_and_never_a_page(body: str, sentence: str | None) -> None:
    expected = body.splitlines()[0] if sentence is None else sentence

    assert words(body.encode()).sentence == expected


def test_bytes_that_are_not_utf8_are_replaced() -> None:
    assert words(b"caf\xe9 closed").sentence == "caf\ufffd closed"


def test_a_sentence_is_one_line_of_bounded_length() -> None:
    assert said({"message": "a\n  b\tc"}) == "a b c"
    assert len(said({"message": "x" * 10_000})) == MAX_SAID_CHARS


@each(
    ("document", "codes"),
    [
        ({"error": {"type": "Overloaded_Error", "code": "X1"}}, {"overloaded_error", "x1"}),
        ({"error": {"code": 429, "type": None}}, set()),
        ({"type": "error", "error": {"type": "t", "details": {"error_code": "c"}}}, {"error", "t", "c"}),
        ({"error": {"status": "S", "details": [{"reason": "API_KEY_INVALID"}]}}, {"s", "api_key_invalid"}),
        ({"error": {"details": [{"violations": [{"quotaId": "PerDay"}]}]}}, {"perday"}),
        ({"error": {"innererror": {"code": "Policy"}}}, {"policy"}),
    ],
)
def test_code_words_are_found_wherever_they_stand(document: Any, codes: set[str]) -> None:
    assert words(json.dumps(document).encode()).codes == codes


@each(
    ("delay", "seconds"),
    [
        ("37s", 37.0),
        ("48.939935699s", 48.939935699),
        ("250ms", 0.25),
        ("1h16m0.6s", 4560.6),
        ("0s", 0.0),
        ("soon", None),
        ("1.2.3s", None),
        (37, None),
        (None, None),
    ],
)
def test_the_wait_in_retry_info_is_read(delay: Any, seconds: float | None) -> None:
    document = {"error": {"details": [{"@type": "x/google.rpc.Help"}, {"retryDelay": delay}]}}

    assert parse_error_body(document).retry_after_s == pytest.approx(seconds)


@each(
    ("sentence", "seconds"),
    [
        ("Limit reached. Please try again in 2.3s. Visit the console.", 2.3),
        ("Please try again in 6ms.", 0.006),
        ("Please try again in 1m26.4s.", 86.4),
        ("Please try again in 1h7m0.9s", 4020.9),
        ("Please retry in 47.9s.", 47.9),
        ("Please retry after 26 seconds.", 26.0),
        ("Try again in 2 minutes", 120.0),
        ("Please try again later", None),
        ("Please try again in 2 moons", None),
    ],
)
def test_a_wait_in_words_is_read(sentence: str, seconds: float | None) -> None:
    assert parse_error_body({"error": {"message": sentence}}).retry_after_s == pytest.approx(seconds)


@each(
    ("document", "request_id"),
    [
        ({"error": {}, "request_id": "req_1"}, "req_1"),
        ({"id": "abc", "error": {}}, "abc"),
        ({"id": "chatcmpl-1", "choices": [], "error": {}}, None),  # that is the answer's
        ({"request_id": 7}, None),
    ],
)
def test_the_request_id_is_found(document: Any, request_id: str | None) -> None:
    assert parse_error_body(document).request_id == request_id


@each(("param", "parameter"), [("temperature", "temperature"), ("", None), (None, None), ([], None)])
def test_the_parameter_is_found(param: Any, parameter: str | None) -> None:
    assert parse_error_body({"error": {"param": param}}).parameter == parameter


@each(
    "body",
    [
        b"[" * 60_000,
        b'{"error":' * 10_000,
        b'{"message":' * 900 + b'"deep"' + b"}" * 900,
        b"<" * 60_000,
        b"<title>" * 9_000,
        b'{"message":"' + b"\\" * 60_000,
        b"{" * 30_000 + b'"',
        b"retry in " + b"1" * 60_000,
    ],
)
def test_a_hostile_body_is_read_quickly_and_quietly(body: bytes) -> None:
    assert len(words(body).sentence) <= MAX_SAID_CHARS


@settings(max_examples=200)
@given(st.text(alphabet='<>/abht!{}[]":, \n&;', max_size=60))
def test_no_body_gives_more_than_one_line_or_a_page(body: str) -> None:
    sentence = words(body.encode()).sentence

    assert "\n" not in sentence
    assert not sentence.lower().startswith(("<html", "<!doctype", "<a", "<b"))
