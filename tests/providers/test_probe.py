"""Probes as values: the table, what is read of odd answers, reports held against each other, a row to keep."""

from __future__ import annotations

import json

import pytest

from chatbot.core.errors import ConfigurationError
from chatbot.core.http.exchange import Chunk, Exchange, SafeExchange
from chatbot.core.options import Endpoint
from chatbot.providers import services
from chatbot.providers.own import own_services
from chatbot.providers.probe.abilities import call_index, overflow_request, streamed_arguments, tool_call
from chatbot.providers.probe.chat import accepted, limit
from chatbot.providers.probe.checks import CHECKS, MOST_REQUESTS, wanted
from chatbot.providers.probe.course import budget, learnt, next_request
from chatbot.providers.probe.finding import Finding
from chatbot.providers.probe.reading import Call, calls, excerpt
from chatbot.providers.probe.report import Report, Row, as_json, changes, from_json, own_row
from chatbot.providers.probe.subject import WRONG_KEY, Subject
from tests.tables import cases, each

SUBJECT = Subject(services.find("custom"), Endpoint("http://127.0.0.1:9/v1", ("Authorization", "Bearer k-123")), "m")


def exchange(*documents: object, status: int = 200, body: bytes | None = None) -> SafeExchange:
    stream = b"".join(b"data: %s\n\n" % json.dumps(document).encode() for document in documents)
    data = stream if body is None else body
    record = Exchange("", 1, 0.0, "custom", "openai", "m", "POST", "http://h/v1", (), b"{}", status=status, end="eof")
    return SafeExchange(record._replace(chunks=(Chunk(1.0, data),)))


def piece(**call: object) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": None}]}


def test_the_names_of_checks_are_different_and_each_reads_what_is_asked() -> None:
    names = [check.name for check in CHECKS]
    asked = {check.name for check in CHECKS if check.request}
    assert len(set(names)) == len(names)
    assert all(set(check.reads or (check.name,)) <= asked for check in CHECKS)
    assert all(check.title for check in CHECKS)


def test_the_budget_is_twenty_requests_and_few_tokens() -> None:
    requests, tokens = budget(SUBJECT, wanted(deep=False))
    assert requests == MOST_REQUESTS
    assert 1_000 < tokens < 10_000
    assert budget(SUBJECT, wanted(deep=True))[0] == MOST_REQUESTS + 3


def test_no_long_conversation_is_sent_to_a_model_that_takes_a_million_tokens() -> None:
    assert overflow_request(SUBJECT._replace(model="gpt-6-luna")) is None
    small = overflow_request(SUBJECT._replace(model="gpt-4"))
    assert small is not None and len(small.body) > 4 * 8_192


def test_the_key_is_taken_off_and_changed() -> None:
    plain = SUBJECT._replace(endpoint=SUBJECT.endpoint._replace(headers=(("Api-Key", "x"), ("X-Title", "t"))))
    assert "Authorization" not in plain.with_key(None).chat("hi").headers
    assert "Api-Key" not in plain.with_key(None).chat("hi").headers
    assert plain.with_key(WRONG_KEY).chat("hi").headers["Authorization"] == f"Bearer {WRONG_KEY}"
    assert plain.with_key(None).chat("hi").headers["X-Title"] == "t"
    bare = SUBJECT._replace(endpoint=SUBJECT.endpoint._replace(auth=("api-key", "k")))
    assert bare.with_key(WRONG_KEY).chat("hi").headers["api-key"] == WRONG_KEY


def test_the_first_model_of_the_list_is_asked_where_none_is_named() -> None:
    nameless = SUBJECT._replace(model="")
    stop = next(check for check in CHECKS if check.name == "stop")
    assert next_request(stop, nameless, {}) is None
    seen = {"models": exchange(body=b'{"data": [{"id": "first"}, {"id": "second"}]}')}
    assert learnt(nameless, seen).model == "first"
    request = next_request(stop, nameless, seen)
    assert request is not None and json.loads(request.body)["model"] == "first"
    assert learnt(SUBJECT, seen).model == "m"


@each(
    ("pieces", "expected"),
    [
        (
            [
                piece(index=0, id="a", function={"name": "f", "arguments": "{"}),
                piece(index=0, function={"arguments": "}"}),
            ],
            [Call("a", "f", ("{", "}"))],
        ),
        # Mistral: whole calls without an index
        ([piece(id="a", function={"name": "f", "arguments": "{}"})], [Call("a", "f", ("{}",), False)]),
        (
            [piece(id="a", function={"name": "f", "arguments": "{}"}), piece(id="b", function={"name": "g"})],
            [Call("a", "f", ("{}",), False), Call("b", "g", (), False)],
        ),
        # Alibaba: the id again, with an empty name
        (
            [
                piece(index=0, id="a", function={"name": "f"}),
                piece(index=0, id="a", function={"name": "", "arguments": "{}"}),
            ],
            [Call("a", "f", ("{}",))],
        ),
        ([{"choices": [{"delta": {"tool_calls": None}}]}, {"choices": []}, {}], []),
    ],
)
def test_the_pieces_of_calls_are_put_together(pieces: list[object], expected: list[Call]) -> None:
    assert calls(exchange(*pieces)) == expected


def test_arguments_that_are_no_json_in_a_string_are_wrong() -> None:
    whole = {
        "choices": [{"message": {"tool_calls": [{"id": "a", "function": {"name": "get_weather", "arguments": {}}}]}}]
    }
    found = tool_call(exchange(body=json.dumps(whole).encode()), {})
    assert (found.answer, found.says) == ("wrong", "the arguments are no JSON object in a string")
    assert "get_weather" in found.shown


def test_calls_without_an_index_are_shown() -> None:
    stream = exchange(piece(id="a", function={"name": "f", "arguments": "{}"}))
    assert call_index(stream, {}).answer == "wrong"
    assert '"id": "a"' in call_index(stream, {}).shown
    assert streamed_arguments(stream, {}).answer == "no"


@each(
    ("tokens", "reason", "answer"),
    cases("""
        16 | length | yes
        16 | stop | unknown
        17 | stop | wrong
        17 | length | wrong
        null | stop | unknown
    """),
)
def test_a_limit_is_obeyed_or_not_by_the_count_of_the_server(tokens: str, reason: str, answer: str) -> None:
    told = {
        "choices": [{"message": {"content": "one"}, "finish_reason": reason}],
        "usage": {"completion_tokens": json.loads(tokens)},
    }
    assert limit(exchange(body=json.dumps(told).encode()), {}).answer == answer


@each(("status", "answer"), [(400, "no"), (500, "wrong"), (503, "unknown"), (429, "unknown")])
def test_a_refusal_a_failure_and_a_passing_fault_are_told_apart(status: int, answer: str) -> None:
    assert accepted(exchange(status=status, body=b"{}"), {}).answer == answer


@each(
    ("data", "shown"),
    [
        (b"plain", "plain"),
        (b"two\r\nlines", "two⏎lines"),
        (b"\x1b[31m\xff", "\\x1b[31m\\xff"),
        ("\u202eabc\u200b".encode(), "\\x202eabc\\x200b"),
        (b"x" * 200, "x" * 160 + "…"),
    ],
)
def test_an_excerpt_is_one_harmless_line(data: bytes, shown: str) -> None:
    assert excerpt(data) == shown


def report(**answers: str) -> Report:
    found = {name.replace("_", "-"): answer for name, answer in answers.items()}
    rows = tuple(Row(name, name, Finding(answer)) for name, answer in found.items())  # type: ignore[arg-type]
    return Report("http://127.0.0.1:9/v1", "m", "2026-11-27T12:00:00Z", rows)


def test_a_report_is_the_same_after_json() -> None:
    row = Row("stop", "stop", Finding("wrong", "ignored", "four", "12 ms"))
    saved = report(chat="yes")._replace(rows=(row,))
    assert from_json(json.dumps(as_json(saved)), "a.json") == saved


@each(
    "text",
    ["", "{}", "[]", "null", '{"format": "chat probe 1"}', '{"format": "chat probe 1", "rows": [1]}', "[" * 99_999],
)
def test_what_is_no_report_is_told(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"a\.json is no report of a probe"):
        from_json(text, "a.json")


def test_a_row_with_another_answer_is_no_report() -> None:
    damaged = as_json(report(chat="perhaps"))
    with pytest.raises(ConfigurationError):
        from_json(json.dumps(damaged), "a.json")


def test_what_was_lost_comes_first() -> None:
    before = report(a="no", b="unknown", c="yes", d="yes", e="wrong", gone="yes")
    after = report(a="yes", b="no", c="wrong", d="yes", e="wrong", new="no")
    assert [(each.kind, each.row.name) for each in changes(before, after)] == [
        ("lost", "c"),
        ("gained", "a"),
        ("changed", "b"),
    ]


def test_what_only_was_measured_is_no_change() -> None:
    rows = [Row("stream", "s", Finding("yes", "", "", f"{ms} ms")) for ms in (1, 2)]
    before, after = (report()._replace(rows=(row,)) for row in rows)
    assert changes(before, after) == []


@each(
    ("answers", "fields"),
    [
        (
            {"max_tokens": "yes", "max_completion_tokens": "yes", "seed": "yes"},
            {"token_limit_field": "max_tokens", "seed_field": "seed"},
        ),
        (
            {"max_tokens": "no", "max_completion_tokens": "yes", "seed": "no"},
            {"token_limit_field": "max_completion_tokens", "seed_field": ""},
        ),
        ({"no_key": "no", "seed": "unknown"}, {"key_required": False}),
        ({"json_schema": "wrong"}, {"schemas": "none"}),
        ({"json_schema": "no"}, {"schemas": "none"}),
        ({"json_schema": "yes"}, {}),
    ],
)
def test_only_what_was_learnt_is_kept(answers: dict[str, str], fields: dict[str, object]) -> None:
    known = {"base_url": "http://127.0.0.1:9/v1", "default_model": "m"}
    assert own_row(report(**answers), services.find("custom")) == known | fields


KEY_WANTED = Row("no-key", "", Finding("wrong", "HTTP 401, and a body without error.message"))
KEY_MAYBE = Row("no-key", "", Finding("wrong", "refused with HTTP 400"))


def test_a_key_is_required_where_401_says_so_in_whatever_words() -> None:
    custom = services.find("custom")
    assert own_row(report()._replace(rows=(KEY_WANTED,)), custom)["key_required"] is True
    assert "key_required" not in own_row(report()._replace(rows=(KEY_MAYBE,)), custom)


def test_a_row_that_is_kept_can_be_read() -> None:
    learnt_rows = (*report(max_tokens="yes", seed="no").rows, KEY_WANTED)
    fields = own_row(report()._replace(rows=learnt_rows), services.find("groq"))
    text = "[desk]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in fields.items())
    [row] = own_services(text, "providers.toml").rows
    assert (row.key_required, row.seed_field, row.keys[0].name) == (True, "", "GROQ_API_KEY")
