"""What is kept of a conversation, and how it is found and gone on with."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from chatbot.lab.server.http import LabServer
from tests import forked
from tests.journeys.chat import CHAT, KEY, KEYS, Result, at, environment, run
from tests.tables import each
from tests.wires import WIRES


def ask(server: LabServer, home: Path, *words: str, model: str = "echo", wire: str = "openai") -> Result:
    return run(*at(server.url, wire=wire), "-m", model, *words, home=home, **KEYS)


def database(home: Path) -> Path:
    return next(home.rglob("history.db"))


def rows(home: Path, query: str) -> list[Any]:
    connection = sqlite3.connect(database(home))
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def sent(server: LabServer) -> list[tuple[str, str]]:
    """Role and text of each message of the last request, in any wire format."""
    body = server.requests[-1].json
    if "contents" in body:
        return [(content["role"], content["parts"][-1]["text"]) for content in body["contents"]]
    said = [(message["role"], message["content"]) for message in body.get("messages") or body["input"]]
    return [(role, text if isinstance(text, str) else text[-1]["text"]) for role, text in said]


def test_a_question_and_its_answer_are_kept_for_this_person_only(server: LabServer, tmp_path: Path) -> None:
    ask(server, tmp_path, "one")
    assert rows(tmp_path, "SELECT question, answer, verdict FROM turn") == [("one", "one", "complete")]
    assert database(tmp_path).stat().st_mode & 0o777 == 0o600
    assert database(tmp_path).parent.stat().st_mode & 0o777 == 0o700
    assert KEY.encode() not in database(tmp_path).read_bytes()


@each("wire", WIRES)
def test_continue_sends_what_was_said_before_in_any_wire_format(server: LabServer, tmp_path: Path, wire: str) -> None:
    ask(server, tmp_path, "one")
    ask(server, tmp_path, "-c", "two", wire=wire)
    answerer = "model" if wire == "gemini" else "assistant"
    assert sent(server) == [("user", "one"), (answerer, "one"), ("user", "two")]


def test_continue_asks_the_same_model_again_unless_another_is_named(tmp_path: Path) -> None:
    run("-m", "lab-anthropic/echo", "one", home=tmp_path)
    run("-c", "two", home=tmp_path)
    assert rows(tmp_path, "SELECT provider, model FROM turn") == [("lab-anthropic", "echo")] * 2


@each("wire", WIRES)
def test_a_cut_answer_is_kept_as_far_as_it_came_and_gone_on_from(server: LabServer, tmp_path: Path, wire: str) -> None:
    cut = ask(server, tmp_path, "one", model="cut")
    result = ask(server, tmp_path, "-c", "two", wire=wire)
    assert [text for _, text in sent(server)] == ["one", cut.text.rstrip("\n"), "two"]
    assert "the last answer was cut" in result.err


@each("wire", WIRES)
def test_after_an_unanswered_question_the_sides_still_alternate(server: LabServer, tmp_path: Path, wire: str) -> None:
    run(*at(server.url), "-m", "always-500", "--max-retries", "0", "one", home=tmp_path, **KEYS)
    ask(server, tmp_path, "-c", "two", wire=wire)
    assert sent(server) == [("user", "two")]
    ask(server, tmp_path, "-c", "three", wire=wire)
    assert [text for _, text in sent(server)] == ["two", "two", "three"]


def test_a_conversation_is_resumed_by_the_beginning_of_its_id(server: LabServer, tmp_path: Path) -> None:
    ask(server, tmp_path, "one")
    ask(server, tmp_path, "other")
    (found,) = rows(tmp_path, "SELECT id FROM conversation WHERE title = 'one'")
    ask(server, tmp_path, "-r", found[0][:4], "two")
    assert sent(server)[0] == ("user", "one")


@pytest.mark.parametrize("words", [("-c", "x"), ("-r", "zzz", "x")])
def test_what_cannot_be_gone_on_with_is_said_before_any_request(
    server: LabServer, tmp_path: Path, words: tuple[str, ...]
) -> None:
    result = ask(server, tmp_path, *words)
    assert (result.code, server.requests) == (2, [])


def test_old_turns_are_left_out_only_when_asked_and_that_is_said(server: LabServer, tmp_path: Path) -> None:
    ask(server, tmp_path, "one " * 100)
    ask(server, tmp_path, "-c", "two")
    result = ask(server, tmp_path, "-c", "--truncate", "30", "three")
    assert [text for _, text in sent(server)] == ["two", "two", "three"]
    assert "the oldest 2 messages are left out" in result.err


def test_a_conversation_that_no_longer_fits_says_what_can_be_done(server: LabServer, tmp_path: Path) -> None:
    ask(server, tmp_path, "one")
    result = ask(server, tmp_path, "-c", "two", model="context-too-long")
    assert "about" in result.err and "--truncate" in result.err


@contextmanager
def answering(server: LabServer, home: Path, model: str, after_bytes: int) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is in the middle of its answer."""
    words = [*CHAT, *at(server.url), "-m", model, "one"]
    env = environment(home, **KEYS)
    with forked.start(words, env, home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.read(after_bytes)
        yield child


def test_a_killed_process_leaves_its_question_and_most_of_its_answer(server: LabServer, tmp_path: Path) -> None:
    with answering(server, tmp_path, "hang-in-stream", 10) as child:
        time.sleep(0.5)
        child.send_signal(signal.SIGKILL)
    result = ask(server, tmp_path, "-c", "two")
    assert sent(server)[0] == ("user", "one")
    assert sent(server)[1][1].startswith("The lab sends")
    assert "interrupted" in result.err


@each("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_answer_is_kept(server: LabServer, tmp_path: Path, number: int) -> None:
    with answering(server, tmp_path, "hang-in-stream", 10) as child:
        child.send_signal(number)
        child.communicate(timeout=10)
    ((answer, verdict),) = rows(tmp_path, "SELECT answer, verdict FROM turn")
    assert (answer.startswith("The lab sends"), verdict) == (True, "cancelled")


def test_a_reader_that_leaves_does_not_cost_what_came(server: LabServer, tmp_path: Path) -> None:
    with answering(server, tmp_path, "long", 3) as child:
        assert child.stdout is not None
        child.stdout.close()
    assert child.returncode == 141
    kept = "".join(answer for (answer,) in rows(tmp_path, "SELECT answer FROM piece ORDER BY number"))
    assert kept.startswith("word1")  # how much more depends on when the reader left


def test_logs_without_a_command_lists(server: LabServer, tmp_path: Path) -> None:
    for question in ("one", "other"):
        ask(server, tmp_path, question)
    assert run("logs", home=tmp_path).text == run("logs", "list", home=tmp_path).text
    assert len(run("logs", "-n", "1", home=tmp_path).text.splitlines()) == 1
    assert json.loads(run("logs", "--json", "-n", "1", home=tmp_path).out)["title"] == "other"
    wrong = run("logs", "lst", home=tmp_path)
    assert (wrong.code, "chat logs --help" in wrong.err) == (2, True)
    assert run("logs", "show", "", home=tmp_path).code == 2


def test_a_home_that_cannot_be_written_costs_no_answer(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / ".local").write_text("not a folder")
    result = ask(server, tmp_path, "one")
    assert (result.text, result.code) == ("one\n", 0)
    assert len(result.err.splitlines()) == 1
    assert "history" in result.err


def test_logs_list_show_search_export_and_delete(server: LabServer, tmp_path: Path) -> None:
    ask(server, tmp_path, "about penguins")
    listed = run("logs", home=tmp_path)
    assert "about penguins" in listed.text
    assert "about penguins" in run("logs", "show", home=tmp_path).text
    assert "[penguin]s" in run("logs", "search", "penguin", home=tmp_path).text
    exported = run("logs", "export", "--format", "json", home=tmp_path)
    assert "about penguins" in json.dumps(json.loads(exported.text))
    conversation_id = listed.text.split()[0]
    assert run("logs", "delete", conversation_id, home=tmp_path).code == 2  # nobody can be asked
    assert run("logs", "delete", "--yes", conversation_id, home=tmp_path).code == 0
    assert "penguins" not in run("logs", home=tmp_path).text


def test_control_characters_of_an_answer_are_harmless_in_the_logs(server: LabServer, tmp_path: Path) -> None:
    ask(server, tmp_path, "one", model="escapes")
    assert b"\x1b" not in run("logs", "show", home=tmp_path).out
    assert [path.name for path in tmp_path.iterdir()] == [".local"]
