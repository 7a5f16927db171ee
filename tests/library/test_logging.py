"""What was sent and got, written down without keys."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from chatbot import Logging, LoggingHTTPClient, RequestLog, Retry, Retrying
from chatbot.core.http.exchange import MAX_KEPT_BYTES
from chatbot.lab.server.http import LabServer
from tests.library.wire import ANSWER, Reply, Wire, session_of
from tests.tables import each

URL = "http://127.0.0.1:9/v1/chat/completions"
KEY = "sk-live-0123456789abcdefghij"


def logged(wire: Wire, url: str = URL, **options: Any) -> list[RequestLog]:
    logs: list[RequestLog] = []
    session_of(Logging(wire, on_log=logs.append)).post(url, **options)
    return logs


def test_a_log_tells_the_whole_exchange() -> None:
    [log] = logged(Wire(), json={"model": "m"}, headers={"X-A": "b"})
    assert (log.method, log.url, log.response_status, log.error) == ("POST", URL, 200, None)
    assert (log.body, log.response_body, log.body_cut) == ('{"model": "m"}', ANSWER.decode(), False)
    assert log.headers["X-A"] == "b" and log.duration_ms >= 0 and log.timestamp.endswith("+00:00")


@each("header", ["Authorization", "x-api-key", "api-key", "x-goog-api-key", "Cookie", "X-Team-Token", "My-Secret"])
def test_a_header_that_identifies_the_person_is_hidden_also_where_no_list_has_its_name(header: str) -> None:
    """Others redact by a list of exact names only."""
    [log] = logged(Wire(), headers={header: "hush-hush-hush"}, json={"echo": "hush-hush-hush"})
    assert "hush" not in repr(log)


@given(st.sampled_from(["header", "body", "url", "userinfo", "answer", "answer header", "error"]))
def test_a_key_is_in_no_log_wherever_it_stands(place: str) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    if place == "header":
        headers["X-Other"] = KEY
    url = {"url": f"{URL}?key={KEY}&x={KEY}", "userinfo": f"http://me:{KEY}@127.0.0.1:9/v1"}.get(place, URL)
    reply: Reply | Exception = Reply(body=KEY.encode() if place == "answer" else b"{}", headers={"X-Echo": KEY})
    if place == "error":
        reply = requests.ConnectionError(f"cannot connect to {KEY}")
    logs: list[RequestLog] = []
    session = session_of(Logging(Wire(reply), on_log=logs.append))
    try:
        session.post(url, headers=headers, data=KEY if place == "body" else "{}")
    except requests.ConnectionError:
        assert logs[0].error
    assert len(logs) == 1 and KEY not in repr(logs) and "0123456789" not in repr(logs)


def test_an_attempt_without_an_answer_is_logged_with_its_error() -> None:
    logs: list[RequestLog] = []
    session = session_of(Logging(Wire(requests.ReadTimeout("timed out")), on_log=logs.append))
    with pytest.raises(requests.ReadTimeout):
        session.post(URL, data=b"{}")
    assert (logs[0].response_status, logs[0].response_body) == (None, None)
    assert logs[0].error == "ReadTimeout: timed out"


def test_each_attempt_below_a_retry_has_its_line(tmp_path: Path) -> None:
    file = tmp_path / "api.jsonl"
    adapter = Retrying(Logging(Wire(Reply(503), Reply()), file=file), Retry(attempts=2), sleep=lambda delay_s: None)
    session_of(adapter).post(URL, data=b"{}", headers={"Authorization": f"Bearer {KEY}"})
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["status"] for line in lines] == [503, 200] and KEY not in file.read_text()
    assert lines[1]["response"] == {"text": ANSWER.decode(), "body_bytes": len(ANSWER), "body_cut": False}
    assert file.stat().st_mode & 0o077 == 0


def test_a_body_that_is_too_long_is_cut_and_that_is_said(tmp_path: Path) -> None:
    body = b"x" * (2 * MAX_KEPT_BYTES)
    logs: list[RequestLog] = []
    session = session_of(Logging(Wire(Reply(body=body)), file=tmp_path / "log", on_log=logs.append))
    assert session.post(URL, data=b"{}").content == body
    assert logs[0].body_cut and len(logs[0].response_body or "") < len(body)
    response = json.loads((tmp_path / "log").read_text())["response"]
    assert response["body_cut"] is True and response["body_bytes"] == len(body)


def test_without_bodies_their_sizes_are_told(tmp_path: Path) -> None:
    logs: list[RequestLog] = []
    adapter = Logging(Wire(), file=tmp_path / "log", log_bodies=False, on_log=logs.append)
    session_of(adapter).post(URL, data=b"{}")
    assert (logs[0].body, logs[0].response_body) == (None, None)
    line = json.loads((tmp_path / "log").read_text())
    assert "body" not in line and (line["bytes_up"], line["bytes_down"]) == (2, len(ANSWER))


@each("read", ["iter_lines", "read", "read1", "close"])
def test_a_stream_is_logged_when_it_is_read_or_closed(read: str) -> None:
    logs: list[RequestLog] = []
    session = session_of(Logging(Wire(), on_log=logs.append))
    response = session.post(URL, data=b"{}", stream=True)
    assert logs == []
    if read == "iter_lines":
        assert list(response.iter_lines()) == [ANSWER]
    elif read == "close":
        response.close()
    else:
        while getattr(response.raw, read)(40):
            pass
    response.close()
    assert len(logs) == 1 and logs[0].response_body == ("" if read == "close" else ANSWER.decode())


def test_a_log_that_cannot_be_written_is_a_warning_and_the_answer_goes_on(tmp_path: Path) -> None:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        response = session_of(Logging(Wire(), file=tmp_path / "no" / "log")).post(URL, data=b"{}")
    assert response.content == ANSWER
    assert [str(each.message).startswith(f"the log {tmp_path / 'no' / 'log'} cannot be written") for each in warned]


def test_the_client_keeps_its_logs(server: LabServer, tmp_path: Path) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    with LoggingHTTPClient(f"{server.url}/v1", headers, tmp_path / "log", log_bodies=False) as client:
        client.get("models")
        client.post("chat/completions", json={"model": "echo", "messages": [{"role": "user", "content": "hi"}]})
        logs = client.get_logs()
    assert [(log.method, log.response_status, log.body) for log in logs] == [("GET", 200, None), ("POST", 200, None)]
    assert len((tmp_path / "log").read_text().splitlines()) == 2
