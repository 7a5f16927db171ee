"""`chat http`: the exchanges behind the last answers."""

from __future__ import annotations

import json
from pathlib import Path

from chatbot.lab.server.http import LabServer
from tests.journeys.chat import KEY, KEYS, at, run


def test_the_last_exchange_is_shown_without_its_key_in_any_form(server: LabServer, tmp_path: Path) -> None:
    run(*at(server.url), "-m", "echo", "hello", home=tmp_path, **KEYS)
    shown = run("http", home=tmp_path).text
    assert shown.startswith("POST /v1/chat/completions HTTP/1.1\nHost: 127.0.0.1:")
    assert "Authorization: Bearer (hidden)" in shown and "HTTP/1.1 200 OK\n" in shown
    assert 'data: {"id":"chatcmpl-lab-1"' in shown and "data: [DONE]" in shown and KEY not in shown
    assert '"Authorization: Bearer ${OPENAI_API_KEY}"' in run("http", "--as", "curl", home=tmp_path).text
    assert json.loads(run("http", "--as", "body", home=tmp_path).text)["model"] == "echo"


def test_a_retry_is_two_exchanges_and_an_id_names_one(server: LabServer, tmp_path: Path) -> None:
    server.will_answer(status=429, retry_after="0.01")
    run(*at(server.url), "-m", "echo", "hello", home=tmp_path, **KEYS)
    first, second = [json.loads(line) for line in run("http", "list", "--json", home=tmp_path).text.splitlines()][::-1]
    assert (first["attempt"], first["status"], first["outcome"]) == (1, 429, "error")
    assert (second["attempt"], second["status"], second["outcome"]) == (2, 200, "complete")
    assert "HTTP/1.1 429" in run("http", first["id"], home=tmp_path).text
    assert "HTTP/1.1 429" in run("http", "show", first["id"][:6], home=tmp_path).text
    assert first["id"] in run("http", "list", home=tmp_path).text
    unknown = run("http", "zzz", home=tmp_path)
    assert unknown.code == 2 and "no exchange begins with zzz" in unknown.err


def test_nothing_is_kept_without_a_history_and_all_of_it_can_be_deleted(server: LabServer, tmp_path: Path) -> None:
    run(*at(server.url), "-m", "echo", "-n", "hello", home=tmp_path, **KEYS)
    assert "no exchange is kept yet" in run("http", home=tmp_path).err
    assert "no exchange is kept yet" in run("http", "list", home=tmp_path).err
    run(*at(server.url), "-m", "echo", "hello", home=tmp_path, **KEYS)
    assert run("http", "clear", home=tmp_path).code == 2, "nobody is there to ask"
    assert "1 deleted" in run("http", "clear", "--yes", home=tmp_path).err
    assert run("http", home=tmp_path).code == 2


def test_an_attempt_that_never_had_an_answer_is_kept_too(tmp_path: Path) -> None:
    run(*at("http://127.0.0.1:1"), "-m", "echo", "hello", home=tmp_path, **KEYS)
    [row] = [json.loads(line) for line in run("http", "list", "--json", home=tmp_path).text.splitlines()]
    assert (row["status"], row["outcome"]) == (None, "failed")
