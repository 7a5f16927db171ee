"""`chat lab grade`, as a person and as a program in CI use it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.journeys.chat import COMMAND, environment, run
from tests.lab.grade.test_grading import CLIENT
from tests.processes import TOLD, runs
from tests.tables import each

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no process groups")
GRADE = ("lab", "grade")


def test_a_client_is_marked_in_json_on_a_page_and_by_the_exit_status(tmp_path: Path) -> None:
    (tmp_path / "client.py").write_text(CLIENT)
    client = ("--", sys.executable, "-I", "-S", "client.py", "{question}")
    cases = [word for name in ("answer", "asked-once", "status-401") for word in ("--case", name)]
    result = run(*GRADE, *cases, "--json", "--html", "page.html", *client, home=tmp_path)
    [report] = map(json.loads, result.text.splitlines())
    assert (report["score"], report["wires"], result.code) == (66, ["openai", "anthropic"], 1)
    failed = {mark["wire"]: mark for mark in report["marks"] if mark["verdict"] == "fail"}
    assert set(failed) == {"openai", "anthropic"}
    assert failed["openai"]["case"] == "status-401" and "KeyError" in failed["openai"]["seen"]
    assert "<h1>score 66 of 100</h1>" in (tmp_path / "page.html").read_text()
    again = run(*GRADE, "--wire", "openai", *cases, *cases, "--min", "60", *client, home=tmp_path)
    assert again.code == 0
    assert again.text.splitlines()[0] == "pass  answer      the answer, byte for byte"
    assert "fail  status-401  a crash in the place of a sentence: \"KeyError: 'choices'\"" in again.text
    assert again.text.splitlines()[-1].startswith("score 66 of 100: 2 pass, 1 fail, 0 n/a; openai; ")


def test_chat_itself_passes(tmp_path: Path) -> None:
    names = ("answer", "hard-question", "key-not-in-words", "key-not-shown", "retry-busy", "cut-kept", "ctrl-c-exit")
    cases = [word for name in (*names, "escapes-on-terminal", "closed-pipe") for word in ("--case", name)]
    package = f"PYTHONPATH={Path(__file__).parents[2]}"
    words = (*GRADE, "--wire", "anthropic", "--env", package, *cases, "--", *COMMAND, "{question}")
    result = run(*words, home=tmp_path, timeout_s=50)
    assert [line for line in result.text.splitlines() if not line.startswith("pass ")][1].startswith("score 100 of 100")
    assert result.code == 0


@each(
    ("words", "told"),
    [
        ((), "which client is to be graded?"),
        (("--", "./no-such-client"), "./no-such-client cannot be run: no such file or directory"),
        (
            ("--", "sh", "-c", "echo I need a key >&2; exit 7"),
            "no question came to the lab: the command ended with exit",
        ),
        (("--", "sh", "-c", "kill -9 $$"), "no question came to the lab: the command was ended by signal 9"),
        (("--case", "retry-afte", "--", "true"), "there is no case retry-afte Did you mean retry-after"),
        (("--wire", "openai", "--", "yes"), "no question came to the lab: the command wrote without end and was ended"),
        (("--html", ".", "--", "true"), ". is there already"),
        (("--html", "no/page.html", "--", "true"), "no/page.html cannot be written: there is no folder no"),
        (("--env", "NO_SUCH_VARIABLE", "--", "true"), "--env NO_SUCH_VARIABLE: there is no such variable here"),
    ],
)
def test_what_cannot_be_graded_is_told(words: tuple[str, ...], told: str, tmp_path: Path) -> None:
    result = run(*GRADE, *words, home=tmp_path)
    assert told in " ".join(result.err.split())
    assert (result.out, result.code) == (b"", 74 if "folder" in told else 2)


def test_the_cases_are_listed(tmp_path: Path) -> None:
    result = run(*GRADE, "--list", "--case", "bom", home=tmp_path)
    assert result.text.splitlines()[0] == "bom"
    assert len(run(*GRADE, "--list", home=tmp_path).text.splitlines()) > 160


@pytest.mark.skipif(not TOLD, reason="only Linux tells what runs")
def test_ctrl_c_ends_it_and_what_it_runs(tmp_path: Path) -> None:
    command = [*COMMAND, *GRADE, "--", "sleep", "307"]
    with subprocess.Popen(command, env=environment(tmp_path), cwd=tmp_path, stderr=subprocess.PIPE) as process:
        until_s = time.monotonic() + 20
        while not runs("sleep", "307") and time.monotonic() < until_s:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    assert not runs("sleep", "307")
