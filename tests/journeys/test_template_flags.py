"""-t, --var and --save-template: what is saved is asked, and the command line wins over it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chatbot.lab.server.http import LabServer
from tests.journeys.chat import KEYS, Result, at, run
from tests.tables import each


def ask(server: LabServer, home: Path, *words: str, stdin: bytes | None = None) -> Result:
    return run(*at(server.url), *words, home=home, stdin=stdin, **KEYS)


def body(server: LabServer) -> Any:
    return server.requests[-1].json


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A home with one template, saved as a person saves it."""
    words = ["-m", "echo", "-s", "You speak $language.", "--temperature", "0.25", "-o", "a.b=1", "--seed", "7"]
    done = run(*words, "--save-template", "translate", "In $language: $input", home=tmp_path)
    assert (done.out, done.code) == (b"", 0)
    assert "used with chat -t translate" in done.err
    return tmp_path


@pytest.mark.parametrize("flag", ["-t", "--template", "--role"])
def test_a_template_brings_model_system_prompt_options_and_prompt(server: LabServer, saved: Path, flag: str) -> None:
    done = ask(server, saved, flag, "translate", "--var", "language=French", "hello")
    assert done == Result(b"In French: hello\n", "", 0)
    sent = body(server)
    assert sent["model"] == "echo"
    assert [message["content"] for message in sent["messages"]] == ["You speak French.", "In French: hello"]
    assert (sent["temperature"], sent["seed"], sent["a"]) == (0.25, 7, {"b": 1})


def test_piped_text_stands_where_the_question_would_and_is_left_as_it_is(server: LabServer, saved: Path) -> None:
    ask(server, saved, "-t", "translate", "--var", "language=French", stdin=b"  $5 for $language\n")
    assert body(server)["messages"][-1]["content"] == "In French:   $5 for $language\n"


def test_the_command_line_wins(server: LabServer, saved: Path) -> None:
    words = ["-m", "markdown", "-s", "Mine, $language.", "--temperature", "0", "-o", "a.c=2"]
    ask(server, saved, "-t", "translate", "--var", "language=French", *words, "hello")
    sent = body(server)
    assert (sent["model"], sent["temperature"], sent["seed"], sent["a"]) == ("markdown", 0.0, 7, {"b": 1, "c": 2})
    assert sent["messages"][0]["content"] == "Mine, $language."


def test_a_prompt_that_needs_no_question_is_asked_alone(server: LabServer, tmp_path: Path) -> None:
    run("--save-template", "joke", "-m", "echo", "Tell a joke", home=tmp_path)
    assert ask(server, tmp_path, "-t", "joke") == Result(b"Tell a joke\n", "", 0)
    assert ask(server, tmp_path, "-t", "joke", stdin=b"about cats") == Result(b"Tell a joke\n\nabout cats\n", "", 0)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["-t", "translate", "hi"], "--var language=value"),
        (["-t", "translate", "--var", "language=fr", "--var", "x=1", "hi"], "has no variable $x"),
        (["-t", "translate", "--var", "language=fr"], "the template translate wants a question"),
        (["-t", "translat", "hi"], "Did you mean translate?"),
        (["-t", "../translate", "hi"], "cannot be the name of a template"),
        (["--var", "a=1", "hi"], "--var belongs to a template"),
        (["-t", "translate", "--var", "language", "hi"], "--var wants name=value"),
        (["-t", "translate", "--save-template", "other", "hi"], "do not go together"),
        (["--save-template", "translate", "hi"], "there is a template translate already"),
        (["--save-template", "empty"], "there is nothing to save"),
        (["--save-template", "new", "-o", "a=null", "hi"], "extra.a cannot be saved"),
    ],
)
def test_wrong_usage_is_told_and_nothing_is_sent(server: LabServer, saved: Path, words: list[str], told: str) -> None:
    done = run("--base-url", server.url + "/v1", *words, home=saved, **KEYS)
    assert (done.out, done.code) == (b"", 2)
    assert told in done.err
    assert server.requests == []


def test_usual_values_are_saved_with_the_template(server: LabServer, tmp_path: Path) -> None:
    run("--save-template", "t", "-m", "echo", "--var", "who=you", "Who are $who?", home=tmp_path)
    assert ask(server, tmp_path, "-t", "t").text == "Who are you?\n"
    assert ask(server, tmp_path, "-t", "t", "--var", "who=they").text == "Who are they?\n"


def test_a_template_keeps_what_the_command_line_says_and_no_variable(tmp_path: Path) -> None:
    saved = run("-s", "Be brief.", "--save-template", "brief", home=tmp_path, CHAT_TEMPERATURE="0.3")
    assert saved.code == 0
    assert "temperature" not in run("templates", "show", "brief", home=tmp_path).text


def test_what_a_template_does_not_keep_is_said(tmp_path: Path) -> None:
    words = ("-T", "read", "--max-steps", "3", "-a", "a.pdf", "--json", "-m", "echo", "--schema", "a int")
    saved = run(*words, "--save-template", "t", "What is $it?", home=tmp_path)
    assert "does not keep --attach, --tool, --max-steps, --json: say it again with -t t" in " ".join(saved.err.split())
    assert "does not keep" not in run("-s", "Be brief.", "--save-template", "brief", home=tmp_path).err


@each("words", [("-t", ""), ("-r", ""), ("--save-template", "")])
def test_an_empty_name_is_never_a_question_without_it(words: tuple[str, str], tmp_path: Path) -> None:
    result = run(*words, "-m", "lab/echo", "hi", home=tmp_path)
    assert result.code != 0 and result.text == ""
