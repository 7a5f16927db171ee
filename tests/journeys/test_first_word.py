"""A first word that is no command: a program `chat-WORD`, a command with a letter wrong, or a question."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chatbot.cli.commands import COMMANDS
from chatbot.lab.server.http import LabServer
from tests.journeys.chat import COMMAND, KEY, KEYS, Result, environment, run
from tests.journeys.test_on_a_terminal import Person
from tests.tables import each

SHOW = """#!/bin/sh
printf '<%s>' "$@"
"""


def program(home: Path, name: str, text: str = SHOW, folder: str = "bin") -> str:
    """A program on PATH; that PATH."""
    (home / folder).mkdir(exist_ok=True)
    (home / folder / name).write_text(text)
    (home / folder / name).chmod(0o755)
    return f"{home / folder}:/usr/bin:/bin"


def test_chat_name_runs_the_program_with_the_remaining_words_as_they_are(tmp_path: Path) -> None:
    path = program(tmp_path, "chat-weather")
    assert run("weather", "in  Wien", "", "--help", "-m", home=tmp_path, PATH=path).text == "<in  Wien><><--help><-m>"


def test_only_the_exact_first_word_runs_it(tmp_path: Path) -> None:
    path = program(tmp_path, "chat-weather")
    lab = ["-m", "lab/echo", "-n"]
    for words in (["weather tomorrow", *lab], [*lab, "weather"], [*lab, "--", "weather"]):
        asked = words[0] if words[0] not in lab else "weather"
        assert run(*words, home=tmp_path, PATH=path).text == f"{asked}\n"
    assert run("--", "weather", home=tmp_path, PATH=path, CHAT_MODEL="lab/echo").text == "weather\n"


def test_a_command_and_a_reserved_word_are_no_program(tmp_path: Path) -> None:
    for entry in COMMANDS:
        path = program(tmp_path, f"chat-{entry.name}", "#!/bin/sh\necho hijacked\n")
    assert "hijacked" not in run("version", home=tmp_path, PATH=path).text
    for entry in COMMANDS:
        assert "hijacked" not in run(entry.name, "--help", home=tmp_path, PATH=path).text


@each("search", ["", ".", "bin", ":", "./bin", "../{home}/bin"])
def test_nothing_of_the_current_folder_is_run(search: str, tmp_path: Path) -> None:
    program(tmp_path, "chat-weather", "#!/bin/sh\necho hijacked\n")
    program(tmp_path, "chat-weather", "#!/bin/sh\necho hijacked\n", folder=".")
    path = f"{search.format(home=tmp_path.name)}:/usr/bin:/bin"
    assert run("weather", "-m", "lab/echo", home=tmp_path, PATH=path).text == "weather\n"


@each("word", ["bin/weather", "../bin/weather", "/weather", "-weather", "weat her", ".", "wéather"])
def test_what_is_no_name_is_not_looked_for(word: str, tmp_path: Path) -> None:
    from chatbot.cli.first_word.external import find_external

    program(tmp_path, "chat-bin", folder="chat-bin")
    assert find_external(word) is None


def test_a_folder_and_a_file_that_may_not_run_are_no_programs(tmp_path: Path) -> None:
    path = program(tmp_path, "chat-weather")
    (tmp_path / "bin/chat-weather").chmod(0o644)
    (tmp_path / "bin/chat-notes").mkdir()
    for word in ("weather", "notes"):
        assert run(word, "-m", "lab/echo", home=tmp_path, PATH=path).text == f"{word}\n"


def test_it_is_told_where_things_are_and_no_key(tmp_path: Path) -> None:
    path = program(tmp_path, "chat-show", "#!/bin/sh\nenv\n")
    secret = {**KEYS, "MY_SECRET": "s" * 20, "GITHUB_TOKEN": "t" * 20, "DB_PASSWORD": "p" * 20}
    told = dict(line.split("=", 1) for line in run("show", home=tmp_path, PATH=path, **secret).text.splitlines())
    assert not {*secret} & set(told)
    assert KEY not in str(told)
    folders = {name: told[f"CHAT_{name}_FOLDER"] for name in ("CONFIG", "DATA", "CACHE")}
    assert folders == {
        "CONFIG": f"{tmp_path}/.config/chat",
        "DATA": f"{tmp_path}/.local/share/chat",
        "CACHE": f"{tmp_path}/.cache/chat",
    }
    assert os.access(told["CHAT_EXECUTABLE"], os.X_OK)
    assert told["HOME"] == str(tmp_path)


def test_it_asks_by_running_the_command_it_was_told_of(tmp_path: Path) -> None:
    path = program(tmp_path, "chat-twice", '#!/bin/sh\n"$CHAT_EXECUTABLE" -n -m lab/echo "$1 $1"\n')
    started = Path(path.partition(":")[0]) / "chat"
    started.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m chatbot "$@"\n')
    started.chmod(0o755)
    env = environment(tmp_path, PATH=path)
    done = subprocess.run([started, "twice", "ha"], env=env, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"ha ha\n", b"")


def test_its_streams_and_its_exit_code_are_ours(tmp_path: Path) -> None:
    path = program(tmp_path, "chat-weather", "#!/bin/sh\ncat\necho aside >&2\nexit 37\n")
    assert run("weather", home=tmp_path, stdin=b"a\xff\0b", PATH=path) == Result(b"a\xff\0b", "aside\n", 37)


@each(("number", "code"), [(signal.SIGTERM, -15), (signal.SIGINT, -2), (signal.SIGHUP, -1)])
def test_signals_reach_it(number: int, code: int, tmp_path: Path) -> None:
    path = program(tmp_path, "chat-weather", "#!/bin/sh\necho ready\nexec sleep 20\n")
    env = environment(tmp_path, PATH=path)
    with subprocess.Popen([*COMMAND, "weather"], env=env, cwd=tmp_path, stdout=subprocess.PIPE) as child:
        assert child.stdout and child.stdout.readline() == b"ready\n"
        time.sleep(0.05)  # the shell becomes sleep
        child.send_signal(number)
        assert child.wait(10) == code


def test_a_pipe_that_is_closed_ends_it_as_any_program(tmp_path: Path) -> None:
    path = program(tmp_path, "chat-weather", "#!/bin/sh\nexec yes\n")
    env = environment(tmp_path, PATH=path)
    with subprocess.Popen([*COMMAND, "weather"], env=env, cwd=tmp_path, stdout=subprocess.PIPE) as child:
        assert child.stdout
        child.stdout.readline()
        child.stdout.close()
        assert child.wait(10) == -signal.SIGPIPE


def test_a_program_that_cannot_be_started_is_told_with_the_way_out(tmp_path: Path) -> None:
    path = program(tmp_path, "chat-weather", "no line that says what runs it\n")
    done = run("weather", home=tmp_path, PATH=path)
    assert (done.code, done.out) == (2, b"")
    assert "chat-weather cannot be started: exec format error" in done.err
    assert 'chat -- "weather"' in done.err


def test_help_of_such_a_command_is_its_own(tmp_path: Path) -> None:
    assert run("help", "weather", home=tmp_path, PATH=program(tmp_path, "chat-weather")).text == "<--help>"


def test_help_of_a_reserved_word_says_that_it_is_not_there_yet(tmp_path: Path) -> None:
    for entry in COMMANDS:
        if not entry.is_there:
            done = run("help", entry.name, home=tmp_path)
            assert (done.code, done.out) == (2, b"")
            assert f"there is no command {entry.name}" in done.err
            assert f'To ask it as a question: chat -- "help {entry.name}"\n' in done.err


# ------------------------------------------------------------------------------------------------ one letter is wrong


def person(home: Path, server: LabServer, *words: str) -> Person:
    return Person([*words], home, OPENAI_BASE_URL=f"{server.url}/v1", CHAT_MODEL="openai/echo", CHAT_NO_LOG="1")


def test_enter_sends_the_word_as_a_question_all_the_same(server: LabServer, tmp_path: Path) -> None:
    asked = person(tmp_path, server, "lgos")
    asked.wait_for_text("[Enter/l]")
    assert '"lgos" is close to the command logs' in "\n".join(asked.rows)
    assert server.requests == []
    asked.child.send("\r")
    assert asked.leave() == 0
    assert "lgos" in asked.rows[-1] or "lgos" in "\n".join(asked.rows)
    assert len(server.requests) == 1


def test_the_letter_of_the_command_runs_it_and_asks_nothing(server: LabServer, tmp_path: Path) -> None:
    asked = person(tmp_path, server, "versoin")
    asked.wait_for_text("[Enter/v]")
    asked.child.send("x\r")  # is neither
    asked.wait_for(lambda: "\n".join(asked.rows).count("[Enter/v]") == 2)
    asked.child.send("v\r")
    assert asked.leave() == 0
    assert any(row.startswith("chat 0.") for row in asked.rows)
    assert server.requests == []


@pytest.mark.parametrize("key", ["\x03", "\x04"])
def test_ctrl_c_and_ctrl_d_leave_without_a_question(key: str, server: LabServer, tmp_path: Path) -> None:
    asked = person(tmp_path, server, "lgos")
    asked.wait_for_text("[Enter/l]")
    asked.child.send(key)
    assert asked.leave() == 130
    assert server.requests == []


@pytest.mark.parametrize("words", [["hello"], ["lgos", "please"], ["lgos please"], ["-q", "lgos"], ["--", "lgos"]])
def test_everything_else_is_a_question_at_once(words: list[str], server: LabServer, tmp_path: Path) -> None:
    asked = person(tmp_path, server, *words)
    assert asked.leave() == 0
    assert len(server.requests) == 1
    assert "close to" not in "\n".join(asked.rows)


def test_where_nobody_can_be_asked_the_word_is_a_question(server: LabServer, tmp_path: Path) -> None:
    done = run("lgos", home=tmp_path, OPENAI_BASE_URL=f"{server.url}/v1", CHAT_MODEL="openai/echo", **KEYS)
    assert (done.code, done.text, done.err) == (0, "lgos\n", "")
