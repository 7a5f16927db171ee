"""What a service says of its limits: kept with an answer, warned of, and told afterwards."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from chatbot.lab.server.http import LabServer
from tests.journeys.chat import KEY, KEYS, Result, at, run
from tests.journeys.test_on_a_terminal import Person

ANSWER = json.dumps({"choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}]}).encode()
FOLDER = Path(".local/share/chat/limits")


def tell(server: LabServer, remaining: int, **more: str) -> None:
    headers = {
        "Content-Type": "application/json",
        "x-ratelimit-limit-requests": "500",
        "x-ratelimit-remaining-requests": str(remaining),
        "x-ratelimit-reset-requests": "6m0s",
        "x-ratelimit-key": KEY,
        **more,
    }
    server.will_answer(body=ANSWER, headers=headers)


def ask(server: LabServer, home: Path, *words: str) -> Result:
    return run(*at(server.url), "-m", "gpt", "--no-stream", *words, "hi", home=home, **KEYS)


def test_what_an_answer_told_is_shown_afterwards_without_keys(server: LabServer, tmp_path: Path) -> None:
    tell(server, 412)
    assert ask(server, tmp_path) == Result(b"Hi.\n", "", 0)
    told = run("limits", home=tmp_path)
    assert told.text.startswith("openai/gpt, seen just now\n")
    assert "  412 of 500 requests, full again in " in told.text
    assert (told.err, told.code) == ("", 0)
    [line] = run("limits", "openai", "--json", home=tmp_path).text.splitlines()
    [limit] = json.loads(line)["limits"]
    assert (limit["what"], limit["limit"], limit["remaining"]) == ("requests", 500, 412)
    [file] = (tmp_path / FOLDER).iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert KEY not in told.text + line + file.read_text()


def test_below_five_percent_one_sentence_warns(server: LabServer, tmp_path: Path) -> None:
    tell(server, 12)
    result = ask(server, tmp_path)
    assert result.out == b"Hi.\n"
    assert result.err == "chat: openai leaves only 12 of 500 requests, full again in 6 min\n"
    tell(server, 12)
    assert ask(server, tmp_path, "--quiet").err == ""


def test_of_a_question_that_is_not_kept_nothing_is_kept(server: LabServer, tmp_path: Path) -> None:
    tell(server, 12)
    assert "leaves only" in ask(server, tmp_path, "-n").err
    assert not (tmp_path / FOLDER).exists()
    nothing = run("limits", home=tmp_path)
    assert (nothing.out, nothing.code) == (b"", 0)
    assert "nothing was seen yet" in nothing.err
    assert run("limits", "--json", home=tmp_path) == Result(b"", "", 0)


def test_a_service_that_tells_nothing_is_said_to(server: LabServer, tmp_path: Path) -> None:
    server.will_answer(text="Hi.")
    ask(server, tmp_path)
    assert "not told" in run("limits", "openai", home=tmp_path).text


def test_a_provider_that_does_not_exist_is_a_mistake(tmp_path: Path) -> None:
    result = run("limits", "opnai", home=tmp_path)
    assert (result.out, result.code) == (b"", 2)
    assert "did you mean openai" in result.err


def test_limits_that_cannot_be_kept_cost_no_answer(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / FOLDER).parent.mkdir(parents=True)
    (tmp_path / FOLDER).write_text("in the way")
    tell(server, 412)
    assert ask(server, tmp_path) == Result(b"Hi.\n", "", 0)


def test_a_session_that_keeps_nothing_knows_its_limits_and_warns_once(server: LabServer, tmp_path: Path) -> None:
    person = Person([*at(server.url), "-m", "gpt", "--no-stream", "-n"], tmp_path)
    person.wait_for_prompt()
    person.asks("/limits", "nothing was seen yet", 2)
    for prompt in (3, 4):
        tell(server, 12)
        person.asks("hi", "Hi.", prompt)
    assert person.seen.count(b"leaves only 12 of 500 requests") == 1
    person.asks("/limits", "openai/gpt, seen just now", 5)
    person.wait_for_text("12 of 500 requests, full again in")
    person.leaves(5)
    assert not (tmp_path / FOLDER).exists()


def test_a_new_session_still_knows_what_was_seen_in_the_last_run(server: LabServer, tmp_path: Path) -> None:
    tell(server, 412)
    ask(server, tmp_path)
    person = Person([*at(server.url), "-m", "gpt"], tmp_path)
    person.wait_for_prompt()
    person.asks("/limits", "412 of 500 requests", 2)
    person.leaves(2)
