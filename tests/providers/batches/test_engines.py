"""What a batch engine's answers mean, without a server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chatbot.core.errors import ContextTooLong, MalformedAnswer
from chatbot.core.options import Endpoint, Options
from chatbot.core.request import HttpRequest
from chatbot.providers.batches.base import BatchEngine, BatchRequest, BatchState
from chatbot.providers.batches.lookup import engine_for
from chatbot.providers.services import SERVICES
from chatbot.providers.wires.lookup import provider_for
from tests.tables import each

ENDPOINT = Endpoint("https://example.test/v1", ("Authorization", "Bearer k"))


def engine(name: str) -> BatchEngine:
    service = next(row for row in SERVICES if row.name == name)
    return engine_for(provider_for(service, ENDPOINT), Options("m"))


def state_of(name: str, document: Any) -> BatchState:
    return engine(name).state("id", lambda request: document)


def test_openai_is_handed_a_file_first_and_then_its_id() -> None:
    sent: list[HttpRequest] = []

    def send(request: HttpRequest) -> Any:
        sent.append(request)
        return {"id": f"id-{len(sent)}"}

    lines = [engine("openai").line(BatchRequest(f"r{number}", {"model": "m", "n": number})) for number in (1, 2)]
    assert json.loads(lines[0]) == {
        "custom_id": "r1", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "m", "n": 1},
    }  # fmt: skip
    assert engine("openai").submit(lines, send) == "id-2"
    upload, batch = sent
    assert upload.url.endswith("/v1/files") and b"".join(lines) in upload.body and b"batch" in upload.body
    assert upload.headers["Authorization"] == "Bearer k"
    assert json.loads(batch.body) == {
        "input_file_id": "id-1", "endpoint": "/v1/chat/completions", "completion_window": "24h",
    }  # fmt: skip


@each(
    ("name", "document", "is_over", "ended", "reason"),
    [
        ("openai", {"status": "validating"}, False, "failed", ""),
        ("openai", {"status": "failed", "errors": {"data": [{"message": "line 3"}]}}, True, "failed", "line 3"),
        ("openai", {"status": "expired", "request_counts": {"completed": 3, "failed": 1}}, True, "expired", ""),
        ("openai", {"status": "cancelled", "request_counts": "none", "errors": {"data": 3}}, True, "cancelled", ""),
        ("anthropic", {"processing_status": "canceling"}, False, "failed", ""),
        ("anthropic", {"processing_status": "ended"}, True, "failed", ""),
        ("gemini", {"metadata": {"state": "BATCH_STATE_PENDING"}}, False, "failed", ""),
        ("gemini", {"metadata": {"state": "JOB_STATE_EXPIRED"}}, True, "expired", ""),
        ("gemini", {"metadata": {"state": "BATCH_STATE_FAILED"}, "error": {"message": "bad"}}, True, "failed", "bad"),
    ],
)
def test_a_state_says_whether_it_is_over_and_why(
    name: str, document: Any, is_over: bool, ended: str, reason: str
) -> None:
    state = state_of(name, document)
    assert (state.is_over, state.ended, state.reason) == (is_over, ended, reason)


@each("name", ["openai", "anthropic", "gemini"])
@each("document", [None, [], "no", {}, {"status": 3}, {"metadata": {}}])
def test_an_answer_that_tells_no_state_is_none(name: str, document: Any) -> None:
    with pytest.raises((MalformedAnswer, AttributeError)) as error:
        state_of(name, document)
    assert isinstance(error.value, MalformedAnswer)


def test_rows_come_from_both_files_and_what_is_no_row_is_left_out() -> None:
    files = {
        "out": [b'{"custom_id": "r2", "response": {"status_code": 200, "body": {"a": 1}}}', b"broken", b"3"],
        "err": [
            b'{"custom_id": "r1", "error": {"code": "batch_expired", "message": "late"}}',
            b'{"custom_id": "r3", "response": {"status_code": 400, "body": {"error": '
            b'{"message": "long", "code": "context_length_exceeded"}}}}',
        ],
    }
    state = state_of("openai", {"status": "expired", "output_file_id": "out", "error_file_id": "err"})
    found = list(engine("openai").answers("id", state, lambda request: iter(files[request.url.split("/")[-2]])))
    assert [(each.custom_id, each.document, each.ended) for each in found[:2]] == [
        ("r2", {"a": 1}, ""), ("r1", None, "expired"),
    ]  # fmt: skip
    assert isinstance(found[2].error, ContextTooLong)


def test_anthropic_is_asked_for_its_results_at_its_own_address_only() -> None:
    asked: list[str] = []
    state = state_of("anthropic", {"processing_status": "ended", "results_url": "https://elsewhere.invalid/r"})

    def lines(request: HttpRequest) -> Any:
        asked.append(request.url)
        return iter([b'{"custom_id": "r1", "result": {"type": "canceled"}}', b'{"custom_id": "r2", "result": 3}'])

    found = list(engine("anthropic").answers("id", state, lines))
    assert [each.ended for each in found] == ["cancelled", "failed"]
    assert asked == ["https://example.test/v1/v1/messages/batches/id/results"]
