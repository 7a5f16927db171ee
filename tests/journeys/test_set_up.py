"""What is there, or is not, where `chat` starts: commands, a home, a `.env`, a terminal, a disk with room."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from chatbot import __version__
from chatbot.cli import commands
from chatbot.lab.server.http import LabServer
from tests import forked
from tests.journeys.chat import CHAT, KEY, KEYS, at, environment, run
from tests.tables import each
from tests.wires import WIRES

RESERVED = [command.name for command in commands.COMMANDS if not command.is_there]


@each("word", RESERVED)
def test_a_word_that_is_a_command_elsewhere_is_never_a_question(word: str, server: LabServer, tmp_path: Path) -> None:
    for words in ([word], [word, "list"]):
        result = run(*words, home=tmp_path, **KEYS, OPENAI_BASE_URL=f"{server.url}/v1")
        assert (result.code, result.out) == (2, b"")
        assert re.match(f"chat: there is no command {word}: it is chat .*\n", result.err)
        assert f'chat -- "{" ".join(words)}"' in result.err
    assert server.requests == []


def test_a_word_whose_command_has_another_name_says_it(tmp_path: Path) -> None:
    assert "there is no command settings: it is chat config\n" in run("settings", home=tmp_path).err
    assert "there is no command grade: it is chat lab grade\n" in run("grade", "--", "x", home=tmp_path).err
    assert "there is no command login: it is chat keys set NAME\n" in run("login", "openai", home=tmp_path).err


def test_the_same_words_in_one_string_are_a_question(tmp_path: Path) -> None:
    assert run("models of cats", "-m", "lab/echo", home=tmp_path).text == "models of cats\n"
    assert run("-m", "lab/echo", "--", "models", home=tmp_path).text == "models\n"


def test_help_and_version_are_words_too(tmp_path: Path) -> None:
    assert run("version", home=tmp_path).text == f"chat {__version__}\n"
    assert run("help", home=tmp_path) == run("--help", home=tmp_path)
    assert run("help", "logs", home=tmp_path) == run("logs", "--help", home=tmp_path)
    assert run("help", "logs", "show", home=tmp_path) == run("logs", "show", "--help", home=tmp_path)
    assert run("help", "me", home=tmp_path).code == 2


# A user whom nobody knows, as in a container.
NOBODY = """
import pwd, sys
def unknown(uid):
    raise KeyError(uid)
pwd.getpwuid = unknown
from chatbot.__main__ import run
run()
"""


@each("home", [None, ".", ""])
def test_without_a_home_there_is_an_answer_and_one_notice(home: str | None, tmp_path: Path) -> None:
    env = environment(tmp_path)
    del env["HOME"]
    if home is not None:
        env["HOME"] = home
    done = forked.run(["-c", NOBODY, "-m", "lab/echo", "hi"], env, tmp_path, timeout_s=30, alone=True)
    assert (done.stdout, done.returncode) == (b"hi\n", 0)
    assert done.stderr == b"chat: nothing is kept: there is no home folder\n"
    assert list(tmp_path.iterdir()) == []


@each(
    ("data", "why"),
    [
        (f"OPENAI_API_KEY={KEY}\n".encode("utf-16"), "binary"),
        (b"OPENAI_API_KEY=" + KEY.encode() + b"\n" + b"#" * 70_000, "too large"),
        (f"OPENAI_API_KEY: {KEY}\n".encode(), "line 1 does not set OPENAI_API_KEY"),
        (f'A=1\nOPENAI_API_KEY="{KEY}\n'.encode(), "line 2 does not set OPENAI_API_KEY"),
    ],
)
@each("words", [["-m", "openai/m"], []])
def test_what_is_wrong_with_a_env_is_told_with_the_missing_key(
    data: bytes, why: str, words: list[str], tmp_path: Path
) -> None:
    (tmp_path / ".env").write_bytes(data)
    result = run(*words, "hi", home=tmp_path)
    assert result.code == 78
    assert ".env" in result.err
    assert why in result.err
    assert KEY not in result.err


@each("wire", WIRES)
def test_a_key_that_comes_back_is_in_no_json_history_or_export(wire: str, server: LabServer, tmp_path: Path) -> None:
    words = [*at(server.url, wire=wire), "-m", "key-echo", "hi"]
    shown = run(*words, "--json", home=tmp_path, **KEYS)
    assert json.loads(shown.text)["request_id"] == "[key]"
    kept = run("logs", "show", "--json", home=tmp_path)
    exported = run("logs", "export", "--format", "json", home=tmp_path)
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert KEY.encode() not in shown.out + kept.out + exported.out + files


def test_a_key_in_the_answer_itself_is_masked_and_told(server: LabServer, tmp_path: Path) -> None:
    result = run(*at(server.url), "-m", "echo", f"is {KEY} a good key?", home=tmp_path, **KEYS)
    assert result.text == "is [key] a good key?\n"
    assert result.err.count("the server gave the key back") == 1


def test_json_gives_a_terminal_no_orders(server: LabServer, tmp_path: Path) -> None:
    shown = run(*at(server.url), "-m", "escapes", "--json", "hi", home=tmp_path, **KEYS)
    kept = [run("logs", *words, home=tmp_path) for words in (["show", "--json"], ["export", "--format", "json"])]
    for result in (shown, *kept):
        text = result.text
        assert not any(character in text for character in "\x1b\x7f\x9b\x9d\u202e\u2066")
        assert "\\u202e" in text


@pytest.mark.parametrize("words", ["--help", "--version", "lab list", "logs --help", "help", "version"])
def test_a_full_disk_is_told_whatever_is_written(words: str, tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full here")
    streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    with full.open("wb") as out:
        child = forked.start([*CHAT, *words.split()], environment(tmp_path), tmp_path, stdout=out, **streams)
        _, err = child.communicate(timeout=30)
    assert child.returncode == 74
    assert err.decode() == "chat: the answer cannot be written: No space left on device\n"


@each("name", ["Cookie", "X-Auth-Token", "Proxy-Authorization", "OpenAI-Organization"])
def test_a_header_that_names_the_person_is_not_sent_in_the_clear(name: str, tmp_path: Path) -> None:
    words = ["--base-url", "http://192.0.2.1/v1", "-m", "m", "--header", f"{name}: secret-0123456789", "hi"]
    result = run(*words, home=tmp_path)
    assert result.code == 78
    assert "unencrypted" in result.err
    assert "secret-0123456789" not in result.err
