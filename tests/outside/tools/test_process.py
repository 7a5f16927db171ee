"""A command for a tool ends in time, and nothing of it is left: what hangs, floods, crashes, forks or hides."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chatbot.core.tools.calling import MAX_RESULT_BYTES
from chatbot.outside.tools.process import Ended, Surroundings, run
from tests.outside.wire import PATIENCE_S
from tests.processes import is_gone, is_running, is_soon


def ran(command: str, folder: Path, within_s: float = PATIENCE_S, **options: object) -> Ended:
    around = Surroundings(folder, {"PATH": os.environ["PATH"]}, within_s)
    return run(["sh", "-c", command], around, lambda: False, **options)  # type: ignore[arg-type]


def pids_in(folder: Path) -> list[int]:
    return [int(word) for file in folder.glob("pid*") for word in file.read_text().split()]


def test_what_it_writes_and_how_it_ends_are_told(tmp_path: Path) -> None:
    assert ran("echo out; echo err >&2; pwd; exit 3", tmp_path) == Ended(3, f"out\n{tmp_path}\n", "err\n")
    assert ran("echo one; echo two >&2", tmp_path, merged=True).out == "one\ntwo\n"
    assert ran("cat", tmp_path, data=b"x" * 300_000).out.startswith("x" * 100)
    assert ran("kill -SEGV $$", tmp_path).status == 128 + 11
    around = Surroundings(tmp_path, {})
    assert (
        run(["/no/such/program"], around, lambda: False).said
        == "/no/such/program cannot be started: No such file or directory\n"
    )


def test_it_has_no_terminal_no_input_and_no_other_variables_than_it_was_given(tmp_path: Path) -> None:
    own = "-e ^PWD= -e ^_= -e ^SHLVL= -e ^LC_CTYPE="  # of the shell, and of Python in a system without a locale
    found = ran(f"cat; (exec </dev/tty) 2>/dev/null && echo terminal; env | grep -v {own}", tmp_path)
    assert found.out == f"PATH={os.environ['PATH']}\n"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a session of its own is out of reach")
def test_nothing_that_it_started_is_left_though_it_hides(tmp_path: Path) -> None:
    command = """
        sleep 60 & echo $! > pid1
        setsid sleep 60 & echo $! > pid2
        (setsid sh -c 'echo $$ > pid3; trap "" TERM HUP INT; (sleep 60 & echo $! > pid4); sleep 60' &)
        while [ ! -s pid4 ]; do sleep 0.01; done
        echo over
    """
    assert ran(command, tmp_path).out == "over\n"
    pids = pids_in(tmp_path)
    assert len(pids) == 4
    assert [pid for pid in pids if is_running(pid)] == []


def test_what_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    for command in (
        "sleep 60 & echo $! > pid; wait",
        "exec >&- 2>&-; echo $$ > pid; sleep 60",
        "echo $$ > pid; trap '' TERM; while :; do sleep 9; done",
    ):
        ended = ran(command, tmp_path, within_s=0.5)
        assert ended.ended_here == "it took too long and was ended"
        assert [pid for pid in pids_in(tmp_path) if is_running(pid)] == []


def test_what_forks_without_end_is_ended(tmp_path: Path) -> None:
    """Each starts another and goes: what is being ended starts something in that moment."""
    (tmp_path / "again.sh").write_text("[ $1 -gt 3000 ] && exit; echo $$ > pid; setsid sh again.sh $(($1 + 1)) & exit")
    assert ran("sh again.sh 0; sleep 60", tmp_path, within_s=0.5).ended_here
    last = (tmp_path / "pid").read_text()
    time.sleep(0.1)
    assert (tmp_path / "pid").read_text() == last


def test_what_writes_without_end_is_ended_and_its_beginning_and_end_are_kept(tmp_path: Path) -> None:
    ended = ran("echo first; yes", tmp_path)
    assert ended.ended_here == "it wrote without end and was ended"
    assert ended.out.startswith("first\ny\n")
    assert "left out here" in ended.out
    assert len(ended.out) < MAX_RESULT_BYTES + 100


def test_it_ends_at_once_when_it_is_stopped(tmp_path: Path) -> None:
    around = Surroundings(tmp_path, {"PATH": os.environ["PATH"]})
    ended = run(["sh", "-c", "echo $$ > pid; sleep 60"], around, lambda: bool(pids_in(tmp_path)))
    assert ended.ended_here == "it was stopped"
    assert not is_running(pids_in(tmp_path)[0])


def test_a_command_that_turns_on_its_parent_ends_itself_alone(tmp_path: Path) -> None:
    assert ran("kill -TERM $PPID; echo still here", tmp_path).out == "still here\n"
    if sys.platform == "linux":
        ended = ran("echo $$ > pid; kill -KILL $PPID; sleep 60", tmp_path)
        assert (ended.status, ended.ended_here) == (128 + 9, "")
        assert is_gone(pids_in(tmp_path)[0])


WAITS = """
import sys
from pathlib import Path
from chatbot.outside.tools.process import Surroundings, run
around = Surroundings(Path.cwd(), {"PATH": sys.argv[1]})
run(["sh", "-c", "setsid sh -c 'echo $$ > pid; sleep 60'"], around, lambda: False)
"""


def test_when_this_program_is_killed_its_tools_are_too(tmp_path: Path) -> None:
    words = [sys.executable, "-c", WAITS, os.environ["PATH"]]
    ours = subprocess.Popen(words, cwd=tmp_path, env={"PYTHONPATH": str(Path(__file__).parents[3])})
    assert is_soon(lambda: bool(pids_in(tmp_path)))
    ours.kill()
    ours.wait()
    assert is_gone(pids_in(tmp_path)[0])
