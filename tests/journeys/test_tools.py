"""Tools from the command line: called, shown, kept, and gone on with after the program was killed."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from chatbot.lab.server.http import LabServer
from tests import forked
from tests.journeys.chat import CHAT, KEYS, at, environment, run
from tests.journeys.test_on_a_terminal import Person

FUNCTIONS = '''
import pathlib, time

def weather(city: str) -> str:
    """Tells the weather in a city."""
    with open("made", "a") as made:
        made.write("weather ")
    return f"rain in {city}\\x1b[2J"

def slow(city: str) -> str:
    """Takes its time."""
    pathlib.Path("begun").touch()
    time.sleep(30)
    return "slow"
'''


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "w.py").write_text(FUNCTIONS)
    return tmp_path


def words(server: LabServer, *tools: str, model: str = "tools", wire: str = "openai") -> list[str]:
    named = [word for tool in tools for word in ("-T", f"w.py:{tool}", "--allow", tool)]
    return [*at(server.url, wire=wire), "-m", model, *named]


def bodies(server: LabServer) -> list[Any]:
    return [received.json for received in server.requests]


def test_a_tool_is_called_and_the_answer_alone_is_printed(server: LabServer, home: Path) -> None:
    done = run(*words(server, "weather"), "Weather?", home=home, **KEYS)
    assert (done.text, done.code) == ("weather said: rain in text␛[2J\n".replace("␛", "\x1b"), 0)
    assert done.err.splitlines() == [
        'chat: calls weather {"city": "text"}',
        done.err.splitlines()[1],
    ]
    assert done.err.splitlines()[1].startswith("chat: weather: rain in text␛[2J (")
    first, second = bodies(server)
    dry = run(*words(server, "weather"), "--dry-run", "--as", "body", "Weather?", home=home)
    assert json.loads(dry.out)["tools"] == first["tools"]
    assert first["tools"][0]["function"]["description"] == "Tells the weather in a city."
    assert [message["role"] for message in second["messages"]] == ["user", "assistant", "tool"]
    shown = run("logs", "show", home=home).text
    assert "*tool: weather*" in shown and "rain in text␛[2J" in shown and "2 steps" in shown


def test_steps_are_told_to_programs_and_usage_is_that_of_all(server: LabServer, home: Path) -> None:
    done = run(
        *words(server, "weather", model="parallel-calls", wire="anthropic"),
        "--json",
        "-q",
        "Weather?",
        home=home,
        **KEYS,
    )
    found = json.loads(done.out)
    assert not done.err and found["text"].count("rain in text") == 2 and found["attempts"] == 2
    (step,) = found["steps"]
    assert [call["result"] for call in step["calls"]] == ["rain in text\x1b[2J"] * 2
    assert found["usage"]["output_tokens"] > step["usage"]["output_tokens"] > 0


def test_a_call_that_nobody_allows_is_refused_and_the_model_is_told(server: LabServer, home: Path) -> None:
    told = [word for word in words(server, "weather") if word not in ("--allow", "weather")]
    done = run(*told, "Weather?", home=home, **KEYS)
    assert done.code == 0 and "--allow weather" in done.text and not (home / "made").exists()


@pytest.mark.parametrize(
    ("more", "told", "code"),
    [
        (["--max-steps", "1"], "the model wants to go on after 1 step\n", 74),
        (["-m", "lab/echo"], "tools are for one model", 2),
        (["-T", "w.py:nothing"], "nothing", 2),
        (["--continue-cut"], "an answer made with tools is not finished by another request", 2),
        (["--provider", "perplexity", "--base-url", "http://127.0.0.1:9"], "knows no tools", 2),
    ],
)
def test_what_cannot_be_is_one_sentence(server: LabServer, home: Path, more: list[str], told: str, code: int) -> None:
    done = run(*words(server, "weather"), *more, "Weather?", home=home, **KEYS, PERPLEXITY_API_KEY="pplx-key-for-tests")
    assert told in done.err and done.code == code and not done.out


def test_a_setting_that_has_cut_answers_finished_does_not_forbid_tools(server: LabServer, home: Path) -> None:
    (home / ".config/chat").mkdir(parents=True)
    (home / ".config/chat/config.toml").write_text("continue-cut = true\n")
    done = run(*words(server, "weather"), "Weather?", home=home, **KEYS)
    assert done.code == 0 and done.text.startswith("weather said: rain")


def test_after_a_kill_no_call_is_made_again(server: LabServer, home: Path) -> None:
    child = forked.start([*CHAT, *words(server, "weather", "slow"), "Weather?"], environment(home, **KEYS), home)
    until_s = time.monotonic() + 20
    while not ((home / "begun").exists() and (home / "made").exists()) and time.monotonic() < until_s:
        time.sleep(0.02)
    time.sleep(0.3)  # for the result to be stored
    child.kill()
    child.wait()
    done = run(*at(server.url), "-m", "echo", "-c", "Go on.", home=home, **KEYS)
    assert done.text == "Go on.\n" and "what its tools said is sent with the next one" in done.err
    *_, called, weather, slow, question = bodies(server)[-1]["messages"]
    assert [call["function"]["name"] for call in called["tool_calls"]] == ["weather", "slow"]
    assert weather["content"] == "rain in text\x1b[2J" and "was interrupted" in slow["content"]
    assert question["content"] == "Go on." and (home / "made").read_text() == "weather "


def test_on_a_terminal_calls_are_dim_lines_above_the_answer_and_ctrl_c_ends_a_tool(
    server: LabServer, home: Path
) -> None:
    person = Person([*words(server, "weather"), "Weather?"], home)
    assert person.leave() == 0
    assert person.rows[0] == '• weather {"city": "text"}'
    assert person.rows[1].startswith("  ↳ rain in text␛[2J (") and person.rows[2:] == ["weather said: rain in text␛[2J"]
    person = Person([*words(server, "slow"), "Weather?"], home)
    person.wait_for_text("waiting for slow")
    person.child.send("\x03")
    assert person.leave() == 130
