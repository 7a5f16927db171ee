"""An answer that broke off is finished, and is one answer everywhere."""

from __future__ import annotations

import json
from pathlib import Path

from chatbot.lab.server.http import LabServer
from tests.journeys.chat import KEY, KEYS, at, run


def test_a_cut_answer_is_finished_and_kept_as_one(server: LabServer, tmp_path: Path) -> None:
    whole = run(*at(server.url), "-m", "markdown", "-n", "hi", home=tmp_path, **KEYS)
    plain = run(*at(server.url), "-m", "cut-once", "--continue-cut", "-n", "hi", home=tmp_path, **KEYS)
    assert (plain.out, plain.code) == (whole.out, 0)
    assert "the answer broke off at character" in plain.err and KEY not in plain.err
    told = json.loads(
        run(*at(server.url), "-m", "cut-once", "--continue-cut", "--json", "hi", home=tmp_path, **KEYS).text
    )
    begun, rest = told["parts"]
    assert (told["text"], told["verdict"], told["attempts"]) == (whole.text[:-1], "complete", 2)
    assert (begun["verdict"], begun["end"], rest["start"], rest["joined"]) == ("cut", rest["start"], begun["end"], True)
    assert told["usage"]["output_tokens"] == rest["usage"]["output_tokens"] and told["cost"]["known"] is False
    kept = json.loads(run("logs", "show", "--json", home=tmp_path).text)["turns"]
    assert [(turn["answer"], turn["verdict"]) for turn in kept] == [(told["text"], "complete")]
    assert f"go on at character {begun['end']}" in kept[0]["failures"][-1]["message"]


def test_a_joined_answer_is_paid_once_where_answers_are_kept(server: LabServer, tmp_path: Path) -> None:
    words = (*at(server.url), "-m", "cut-once", "--continue-cut", "--cache", "--json", "hi")
    first, second = (json.loads(run(*words, home=tmp_path, **KEYS).text) for _ in range(2))
    assert (first["cache"]["hit"], second["cache"]["hit"], len(server.requests)) == (False, True, 2)
    assert (second["text"], second["usage"], len(second["parts"])) == (first["text"], first["usage"], 2)
    assert second["cost"]["usd"] == 0 and second["traffic"]["requests"] == 0


def test_another_model_elsewhere_finishes_it(server: LabServer, tmp_path: Path) -> None:
    variables = {**KEYS, "ANTHROPIC_BASE_URL": server.url}
    words = (*at(server.url), "-m", "cut", "--continue-with", "anthropic/echo", "--json", "hi")
    told = json.loads(run(*words, home=tmp_path, **variables).text)
    assert [(part["provider"], part["model"], part["joined"]) for part in told["parts"]] == [
        ("openai", "cut", True),
        ("anthropic", "echo", False),
    ]
    assert [request.path for request in server.requests] == ["/v1/chat/completions", "/v1/messages"]
    assert server.requests[1].json["messages"][1] == {
        "role": "assistant",
        "content": "The lab sends this answer one word",
    }
    booked = run("ledger", "--json", home=tmp_path).text.splitlines()
    assert {json.loads(line)["provider"] for line in booked} == {"openai", "anthropic"}


def test_a_model_that_cannot_finish_it_is_named_before_anything_is_sent(server: LabServer, tmp_path: Path) -> None:
    words = (*at(server.url), "-m", "cut", "--continue-with", "anthropic/echo", "hi")
    result = run(*words, home=tmp_path, OPENAI_API_KEY=KEY)
    assert (result.code, result.out, server.requests) == (78, b"", [])
    assert "ANTHROPIC_API_KEY" in result.err
