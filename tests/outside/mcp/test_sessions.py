"""Sessions with servers that are processes: they answer, they misbehave, and nothing of them is left."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import pytest

from tests.histories import ROOT
from tests.outside.mcp.served import NEEDS_MCP, RAW, by_command, call, opened, raw
from tests.processes import is_gone, is_soon

pytestmark = NEEDS_MCP


def test_tools_are_listed_page_by_page_and_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-nobody")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    entry = raw("one", "talks", env={"ITS_TOKEN": "of its entry"})
    with opened(entry) as (sessions, found):
        names = [tool.name for tool in found["one"].tools]
        assert names == ["echo", "env", "fail", "hang", "die", "many", "cancelled", "talks"]
        assert found["one"].tools[0].schema["type"] == "object"
        assert call(sessions, "one", "echo", text="grüß dich") == ("grüß dich", False)
        assert call(sessions, "one", "fail") == ("it failed", True)
        environ = json.loads(call(sessions, "one", "env").text)
        assert environ["ITS_TOKEN"] == "of its entry"
        assert environ["LC_ALL"] == "C.UTF-8"
        assert "OPENAI_API_KEY" not in environ
    assert call(sessions, "one", "echo", text="late") == ("the MCP server one was ended", True)


# Loads the package, which takes a second, and forks a process for each line: a server of the package, which hears and
# answers through these files, or a program that says who it is when its session is open.
_LOADED = f"""
import os, sys, time
from chatbot.core.mcp.entries import ServerEntry
from chatbot.outside.mcp import remote
from chatbot.outside.mcp.sessions import McpSessions
from tests.outside.mcp.packaged_server import server
def serve(heard, said):
    files = os.open(heard, os.O_RDONLY), os.open(said, os.O_WRONLY), os.open(os.devnull, os.O_WRONLY)
    for number, file in enumerate(files):  # it tells of what is broken on standard error
        os.dup2(file, number)
        os.close(file)
    server.run("stdio")
def hold(file):
    command = (sys.executable, "-S", "-E", {RAW!r}, "stubborn")
    sessions = McpSessions([ServerEntry("one", "", False, "", command, {{"PIDS": file}})])
    try:
        print(f"{{file}}:{{os.getpid()}}:{{sessions.open(50)[0].fault}}", flush=True)
        time.sleep(600)
    except KeyboardInterrupt:
        pass
    finally:
        sessions.close()
count = 0
for count, line in enumerate(sys.stdin, 1):
    if not os.fork():
        what, *files = line.split()
        {{"serve": serve, "hold": hold}}[what](*files)
        sys.exit()
for _ in range(count):
    os.wait()
"""


@pytest.fixture(scope="module")
def loaded() -> Iterator[Popen[str]]:
    how: Any = {"stdin": PIPE, "stdout": PIPE, "stderr": PIPE, "text": True, "bufsize": 1}
    with Popen([sys.executable, "-c", _LOADED], cwd=ROOT, process_group=0, **how) as program:
        try:
            yield program
            assert program.communicate(timeout=20) == ("", "")
        finally:
            if program.poll() is None:
                os.killpg(program.pid, signal.SIGKILL)


@pytest.mark.skipif(os.name != "posix", reason="named pipes are POSIX")
def test_a_server_of_the_package_answers_with_more_than_text(loaded: Popen[str], tmp_path: Path) -> None:
    heard, said = tmp_path / "heard", tmp_path / "said"
    os.mkfifo(heard)
    os.mkfifo(said)
    assert loaded.stdin
    loaded.stdin.write(f"serve {heard} {said}\n")
    to_it = by_command("one", "sh", "-c", 'cat "$1" & exec cat >"$0"', str(heard), str(said))
    with opened(to_it, within_s=20) as (sessions, found):
        assert [tool.name for tool in found["one"].tools] == ["add", "weather", "picture", "broken", "slow"]
        assert call(sessions, "one", "add", one=2, other=3) == ("5", False)
        assert json.loads(call(sessions, "one", "weather").text) == {"celsius": 21, "sky": "grey"}
        assert call(sessions, "one", "picture").text == "a dot\n[image, image/png, 5 bytes: it cannot be shown to you]"
        assert call(sessions, "one", "broken").is_error


def test_those_that_do_not_start_say_why_and_the_others_go_on() -> None:
    begun_s = time.monotonic()
    with opened(
        raw("good"),
        by_command("absent", "no-such-program-here"),
        by_command("homeless", "sh", cwd="/no/such/folder"),
        by_command("broken", "sh", "-c", "echo first >&2; echo 'no token' >&2; exit 3"),
        by_command("killed", "sh", "-c", "kill -9 $$"),
        raw("mute", "mute", "flood"),
        raw("rubbish", "rubbish"),
        raw("line", "line"),
        raw("misshapen", "misshapen"),
        within_s=3.0,
    ) as (sessions, found):
        assert time.monotonic() - begun_s < 3.5
        assert call(sessions, "good", "echo", text="hi").text == "hi"
    misshapen = found.pop("misshapen").fault
    assert misshapen.startswith("its answer is not as MCP has it: tools.0.inputSchema: ")
    assert {name: one.fault for name, one in found.items() if one.fault} == {
        "absent": "there is no program no-such-program-here",
        "homeless": "there is no folder /no/such/folder",
        "broken": "it ended with exit code 3",
        "killed": "it was killed by signal 9",
        "mute": "it did not answer within 3 s",
        "rubbish": "what it writes to standard output is no MCP",
        "line": "it sent a message of more than 16 MB",
    }
    assert found["broken"].said == "no token"
    assert "noise" in found["mute"].said and len(found["mute"].said) <= 300
    assert "Install it" in found["absent"].advice


def test_a_list_without_end_ends_and_one_of_ten_thousand_is_read() -> None:
    with opened(raw("endless", "endless"), raw("many", "10000"), raw("loud", "flood")) as (sessions, found):
        assert len(found["endless"].tools) == 100
        assert len(found["many"].tools) == 10_000
        assert call(sessions, "loud", "echo", text="heard").text == "heard"


def test_one_that_dies_in_the_middle_says_why_and_the_others_live() -> None:
    with opened(raw("one"), raw("two"), raw("three")) as (sessions, _):
        died = call(sessions, "one", "die")
        again = call(sessions, "one", "echo")
        too_long = call(sessions, "two", "many")
        assert [one.is_error for one in (died, again, too_long)] == [True] * 3
        assert "it ended with exit code 7 (it said: out of coffee)" in died.text
        assert "one gave no result" in again.text
        assert "more than 16 MB" in too_long.text
        assert call(sessions, "three", "echo", text="alive") == ("alive", False)


def test_a_call_ends_after_its_time_or_when_the_person_stops_and_the_server_is_told() -> None:
    with opened(raw("one"), call_within_s=0.3) as (sessions, _):
        begun_s = time.monotonic()
        assert call(sessions, "one", "hang") == ("the MCP server one did not answer within 0.3 s", True)
        assert sessions.call("one", "hang", {}, lambda: True) == ("stopped by the person", True)
        assert time.monotonic() - begun_s < 2
        seen = json.loads(call(sessions, "one", "cancelled").text)
        assert seen.count("notifications/cancelled") == 2


def test_calls_go_side_by_side() -> None:
    with opened(raw("one"), raw("two")) as (sessions, _):
        stop = threading.Event()
        hanging = threading.Thread(target=sessions.call, args=("one", "hang", {}, stop.is_set))
        hanging.start()
        assert call(sessions, "two", "echo", text="meanwhile").text == "meanwhile"
        stop.set()
        hanging.join(5)
        assert not hanging.is_alive()


@pytest.mark.skipif(os.name != "posix", reason="process groups are POSIX")
def test_what_does_not_leave_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    ready = raw("one", "stubborn", env={"PIDS": str(one)})
    mute = raw("two", "stubborn", "mute", env={"PIDS": str(two)})
    with opened(ready, mute, within_s=3.0) as (_, found):
        assert not found["one"].fault
        assert found["two"].fault
        begun_s = time.monotonic()
    assert time.monotonic() - begun_s < 3
    pids = [int(pid) for file in (one, two) for pid in file.read_text().split()]
    assert len(pids) == 4
    assert all(is_gone(pid) for pid in pids)


def test_twenty_runs_leave_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = threading.enumerate()
    for number in range(20):
        pids = tmp_path / f"{number}"
        with opened(raw("one", env={"PIDS": str(pids)}), by_command("broken", "false")) as (sessions, found):
            assert len(found["one"].tools) == 7
            if number % 2:
                call(sessions, "one", "echo", text="hi")
        assert is_gone(int(pids.read_text()))
    assert is_soon(
        lambda: set(threading.enumerate()) <= set(before)
    )  # a thread that has done all is there for a moment
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(os.name != "posix", reason="process groups are POSIX")
def test_a_program_that_is_killed_or_interrupted_leaves_no_server_behind(loaded: Popen[str], tmp_path: Path) -> None:
    numbers = [signal.SIGKILL, signal.SIGINT]
    files = [tmp_path / number.name for number in numbers]
    assert loaded.stdin and loaded.stdout
    for file in files:
        loaded.stdin.write(f"hold {file}\n")
    said = [loaded.stdout.readline().strip().split(":") for _ in files]
    assert [fault for *_, fault in said] == ["", ""]
    of = {file: int(pid) for file, pid, _ in said}
    for file, number in zip(files, numbers, strict=True):
        os.kill(of[str(file)], number)
    assert all(is_gone(pid) for pid in of.values())
    for file in files:
        pids = [int(pid) for pid in file.read_text().split()]
        assert len(pids) == 2
        assert all(is_gone(pid) for pid in pids)
