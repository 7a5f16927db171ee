from __future__ import annotations

import os
import sys
import time
from collections import UserDict
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatbot.core.errors import Cancelled, ChatError, ConfigurationError
from chatbot.outside.keys.command import key_from
from tests.tables import each

NAME = "OPENAI_API_KEY"
KEY = "plain-key-0123456789"
ENVIRON = {"PATH": os.environ["PATH"]}
PYTHON = sys.executable


def script(code: str) -> str:
    return f"sh -c '{code}'"


def key(command: str, limit_s: float = 10.0) -> str:
    return key_from(command, NAME, ENVIRON, lambda text: None, limit_s)


def refused(command: str, limit_s: float = 10.0) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        key(command, limit_s)
    assert "\n" not in str(caught.value)
    assert NAME in str(caught.value)
    assert caught.value.advice
    return caught.value


@each(
    "command",
    [f"echo {KEY}", f"printf {KEY}", f"printf '{KEY}\\nurl: https://x\\n'", f"printf '\\n  {KEY}\\r\\n'"],
)
def test_the_first_line_is_the_key(command: str) -> None:
    assert key(command) == KEY


def test_it_runs_without_a_shell(tmp_path: Path) -> None:
    assert key(f"echo $HOME;touch {tmp_path}/made") == f"$HOME;touch {tmp_path}/made"
    assert list(tmp_path.iterdir()) == []


def test_it_gets_the_environment_that_is_given_and_no_other() -> None:
    told = key_from("env", NAME, {**ENVIRON, "ONLY": "this"}, lambda text: None)
    assert told in (f"PATH={ENVIRON['PATH']}", "ONLY=this")


class Stopping(UserDict[str, str]):
    """What is looked at while the command is started: the person presses Ctrl-C then."""

    def __iter__(self) -> Iterator[str]:
        raise KeyboardInterrupt


def test_a_stop_while_it_is_started_is_told_like_one_later() -> None:
    with pytest.raises(Cancelled, match="the key command of OPENAI_API_KEY was stopped"):
        key_from("echo x", NAME, Stopping(), lambda text: None)


@each("command", ["", "  ", "op read 'x", "a\0b"])
def test_what_is_no_command_is_refused(command: str) -> None:
    assert "is no command" in str(refused(command))


def test_a_program_that_is_not_there_is_named() -> None:
    assert str(refused("no-such-program x")).endswith("cannot be run: there is no program no-such-program")


def test_a_program_that_is_not_executable_is_named(tmp_path: Path) -> None:
    file = tmp_path / "op"
    file.write_text("#!/bin/sh\necho x\n")
    assert str(refused(str(file))).endswith("is not executable")


def test_a_file_that_is_no_program_is_named(tmp_path: Path) -> None:
    file = tmp_path / "op"
    file.write_bytes(b"\x7fELF not really")
    file.chmod(0o700)
    assert "cannot be run" in str(refused(str(file)))


def test_its_failure_is_told_with_its_status_and_its_own_words() -> None:
    error = refused(script("echo no session >&2; exit 6"))
    assert str(error) == f"the key command of {NAME} (sh) failed with exit code 6"
    assert error.said == "no session"


def test_of_its_words_the_end_is_told_and_not_the_key() -> None:
    error = refused(script(f"seq 100000 >&2; echo {KEY}; echo {KEY} is wrong >&2; exit 1"))
    assert error.said.endswith("99999 100000 [key] is wrong")
    assert len(error.said) < 200


def test_a_killed_program_is_told_so() -> None:
    assert "was killed by signal 9" in str(refused(script("kill -9 $$")))


def test_one_that_was_stopped_by_the_person_is_no_fault() -> None:
    for code in ("kill -2 $$", "exit 130"):
        with pytest.raises(Cancelled, match="was stopped") as caught:
            key(script(code))
        assert caught.value.exit_code == 130


@each("code", ["true", "echo", "echo key >&2"])
def test_no_output_is_told(code: str) -> None:
    assert "wrote nothing" in str(refused(script(code)))


def test_output_that_is_no_text_is_told() -> None:
    assert "no text" in str(refused(r"printf \\377\\376abc"))


@each("code", ["yes", "head -c 1000000 /dev/zero >&2 & yes", "head -c 100000 /dev/zero; sleep 60"])
def test_a_flood_is_stopped(code: str) -> None:
    began_s = time.monotonic()
    assert "writes without end" in str(refused(script(f"exec 2>/dev/null; {code}")))
    assert time.monotonic() - began_s < 5


def test_one_that_takes_too_long_is_ended() -> None:
    began_s = time.monotonic()
    assert "took too long" in str(refused("sleep 60", limit_s=0.3))
    assert "took too long" in str(refused(script("exec >&- 2>&-; sleep 60"), limit_s=0.3))
    assert time.monotonic() - began_s < 5


def test_what_it_leaves_running_is_not_waited_for() -> None:
    began_s = time.monotonic()
    assert key(script(f"sleep 3 & echo {KEY}")) == KEY
    assert time.monotonic() - began_s < 5


def test_its_input_is_never_what_was_piped_in() -> None:
    code = (
        "import os; from chatbot.outside.keys.command import key_from;"
        "print(key_from('head -c 5', 'N', os.environ, print))"
    )
    import subprocess

    done = subprocess.run(
        [PYTHON, "-c", code], input=b"question", capture_output=True, check=False, start_new_session=True
    )
    assert b"wrote nothing" in done.stderr


def test_what_it_says_while_it_waits_is_told_but_for_what_may_be_a_key() -> None:
    told: list[str] = []
    code = 'printf "Passphrase: " >&2; sleep 0.6; echo touch it abcdefghij0123456789 >&2; sleep 0.6; echo k'
    assert key_from(script(code), NAME, ENVIRON, told.append) == "k"
    assert "".join(told) == "Passphrase: touch it [key]\n"


def test_the_key_is_in_no_sentence_however_it_fails() -> None:
    for code in (f"echo {KEY}; echo got {KEY} >&2; exit 1", f"echo got {KEY} >&2; echo {KEY}; kill -9 $$"):
        try:
            key(script(code))
        except ChatError as error:
            assert KEY not in f"{error} {error.said} {error.advice}"
            assert KEY[:8] not in error.said
