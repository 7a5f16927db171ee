"""How a process ends: signals, closed pipes, closed and full streams, foreign locales."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from chatbot.lab.server.http import LabServer
from tests import forked
from tests.journeys.chat import CHAT, COMMAND, KEYS, at, environment, run, run_code
from tests.tables import each
from tests.timing import quickest

AT_ONCE_S = 0.6  # half of it is asked for


def start(server: LabServer, home: Path, scenario: str, **streams: Any) -> subprocess.Popen[Any]:
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    words = [*CHAT, *at(server.url), "-m", scenario, "hi"]
    return forked.start(words, environment(home, **KEYS), home, **(pipes | streams))


STRIKES = """
import signal, sys, weakref
from chatbot.cli.main import main
class Thing: pass
kept = [Thing()]
reference = weakref.ref(kept[0], lambda gone: signal.raise_signal(signal.SIGINT))
sys.addaudithook(lambda event, words: kept.clear() if event == "import" else None)
sys.exit(main(sys.argv[1:]))
"""


def wait_for_request(server: LabServer, more_than: int = 0) -> None:
    deadline = time.monotonic() + 10
    while len(server.requests) <= more_than:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_ctrl_c_is_heard_also_where_python_can_raise_nothing(server: LabServer, tmp_path: Path) -> None:
    words = [*at(server.url), "-m", "hang-in-stream", "hi"]
    result = run_code(STRIKES, *words, home=tmp_path, check=False, **KEYS)
    assert (result.code, "ignored" in result.err) == (130, False)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=["INT", "TERM", "HUP"]
)
@pytest.mark.parametrize("scenario", ["hang-before-headers", "hang-in-stream", "overloaded", "slow"])
def test_a_signal_ends_every_phase_at_once_and_keeps_the_text(
    server: LabServer, tmp_path: Path, scenario: str, number: int, code: int
) -> None:
    def took_s() -> float:
        asked = len(server.requests)
        with start(server, tmp_path, scenario) as child:
            assert child.stdout is not None
            wait_for_request(server, asked)
            came = child.stdout.read(3) if scenario in ("hang-in-stream", "slow") else b""
            time.sleep(0.1)  # into the wait that is meant
            sent_s = time.monotonic()
            child.send_signal(number)
            rest, err = child.communicate(timeout=10)
            ended_s = time.monotonic() - sent_s
        assert child.returncode == code
        assert (came + rest).decode().startswith("The" if came else "")
        assert b"Traceback" not in err
        return ended_s

    assert quickest(took_s, AT_ONCE_S) < AT_ONCE_S


def test_a_reader_that_leaves_ends_it_silently(server: LabServer, tmp_path: Path) -> None:
    with start(server, tmp_path, "long") as child:
        assert child.stdout is not None and child.stderr is not None
        child.stdout.readline()
        child.stdout.close()
        assert child.stderr.read() == b""
    assert child.returncode == 141


def test_a_full_disk_is_one_line(server: LabServer, tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full, start(server, tmp_path, "echo", stdout=full) as child:
        _, err = child.communicate(timeout=10)
    assert child.returncode == 74
    assert err.decode().splitlines()[0] == "chat: the answer cannot be written: No space left on device"


@each("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_fault(server: LabServer, tmp_path: Path, closed: str) -> None:
    line = " ".join([*COMMAND, *at(server.url), "-m", "echo", "hi", closed])
    done = subprocess.run(
        ["sh", "-c", line],
        capture_output=True,
        env=environment(tmp_path, **KEYS),
        cwd=tmp_path,
        check=False,
        timeout=20,
    )
    assert done.returncode == 0
    assert done.stderr == b""
    assert done.stdout == (b"" if ">&- 2" in closed or closed == ">&-" else b"hi\n")


@each(
    "variables",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
        {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
)
def test_a_pipe_is_utf8_in_any_locale(server: LabServer, tmp_path: Path, variables: dict[str, str]) -> None:
    server.will_answer(text="naïve 日本 🎉")
    result = run(*at(server.url), "-m", "echo", "hi", home=tmp_path, **{**KEYS, **variables})
    assert (result.text, result.err, result.code) == ("naïve 日本 🎉\n", "", 0)


def test_a_silent_pipe_gets_a_hint_and_is_waited_for(server: LabServer, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    with start(server, tmp_path, "echo", stdin=reading) as child:
        os.close(reading)
        assert child.stderr is not None
        assert b"waiting for the end of standard input" in child.stderr.readline()
        os.write(writing, b"late")
        os.close(writing)
        out, _ = child.communicate(timeout=10)
    assert out == b"hi\n\nlate\n"


def test_nohup_is_respected(server: LabServer, tmp_path: Path) -> None:
    line = "trap '' HUP; exec " + " ".join([*COMMAND, *at(server.url), "-m", "slow", "hi"])
    with subprocess.Popen(
        ["sh", "-c", line],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env=environment(tmp_path, **KEYS),
        cwd=tmp_path,
    ) as child:
        wait_for_request(server)
        child.send_signal(signal.SIGHUP)
        out, _ = child.communicate(timeout=20)
    assert (child.returncode, out.endswith(b"break.\n")) == (0, True)


def test_the_whole_answer_may_be_given_a_limit(server: LabServer, tmp_path: Path) -> None:
    result = run(*at(server.url), "-m", "hang-in-stream", "--max-time", "0.6", "hi", home=tmp_path, **KEYS)
    assert result.code == 74
    assert result.text.startswith("The lab sends")
    assert "not complete after 0.6 s" in result.err


# The name never resolves: a look-up that takes its time, as behind a dead resolver.
SLOW_LOOK_UP = """
import socket, sys, time
socket.getaddrinfo = lambda *args, **kwargs: (sys.stderr.write("looking up\\n"), sys.stderr.flush(), time.sleep(15))
from chatbot.cli.main import main
sys.exit(main(["--provider", "openai", "-m", "x", "hi"]))
"""


def interrupted_s(child: subprocess.Popen[bytes]) -> float:
    """How long a process takes to end after Ctrl-C."""
    sent_s = time.monotonic()
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=10)
    assert child.returncode == 130
    return time.monotonic() - sent_s


def test_ctrl_c_acts_while_a_name_is_looked_up(tmp_path: Path) -> None:
    def took_s() -> float:
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with forked.start(["-c", SLOW_LOOK_UP], environment(tmp_path, **KEYS), tmp_path, **pipes) as child:
            assert child.stderr is not None
            assert child.stderr.readline() == b"looking up\n"
            time.sleep(0.1)
            return interrupted_s(child)

    assert quickest(took_s, AT_ONCE_S) < AT_ONCE_S


def test_ctrl_c_acts_while_a_connection_is_made(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        words = [*CHAT, "--base-url", f"http://127.0.0.1:{port}/v1", "-m", "x", "hi"]

        def took_s() -> float:
            with forked.start(
                words, environment(tmp_path), tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
            ) as child:
                time.sleep(1.0)
                assert child.poll() is None  # it is still connecting
                return interrupted_s(child)

        assert quickest(took_s, AT_ONCE_S) < AT_ONCE_S
        for filler in fillers:
            filler.close()


# A fault of our own, planted where an answer is read, with the key in its words.
PLANTED = """
import sys
from chatbot.providers.wires.openai import OpenAIChat
def broken(self, event):
    raise RuntimeError("broken with sk-journey-0123456789abcdefghij in it")
OpenAIChat.read_event = broken
from chatbot.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("debug", [False, True])
def test_a_fault_of_our_own_is_one_line_and_a_traceback_only_on_request(
    server: LabServer, tmp_path: Path, debug: bool
) -> None:
    words = [*at(server.url), "-m", "echo", *(["--debug"] if debug else []), "hi"]
    _, told, code = run_code(PLANTED, *words, home=tmp_path, check=False, loaded=True, **KEYS)
    assert code == 70
    assert "a fault of chat itself: RuntimeError: broken with [key] in it" in told
    assert ("Traceback" in told) is debug
    assert "sk-journey" not in told


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="what a process catches is read from /proc")
def test_ctrl_z_stops_an_answer_into_a_pipe_as_it_stops_any_program(server: LabServer, tmp_path: Path) -> None:
    with start(server, tmp_path, "hang-in-stream") as child:
        assert child.stdout is not None
        child.stdout.read(10)
        status = Path(f"/proc/{child.pid}/status").read_text()
        caught = int(status.partition("SigCgt:")[2].split()[0], 16)
        child.send_signal(signal.SIGINT)
        child.wait(10)
    assert caught >> (signal.SIGINT - 1) & 1 and not caught >> (signal.SIGTSTP - 1) & 1


# Each of the eight is forked when everything is loaded, and ends as an interpreter ends.
READS_CERTIFICATES = """
import os, ssl, sys, threading, requests.certs
from chatbot.__main__ import run
from chatbot.cli.main import main

def read():
    while True:
        ssl.create_default_context(cafile=requests.certs.where())

def start():
    for _ in range(2):
        threading.Thread(target=read, daemon=True).start()
    run()

main(sys.argv[1:])
for _ in range(8):
    child = os.fork()
    if not child:
        start()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def test_a_thread_that_still_reads_certificates_does_not_crash_the_end(tmp_path: Path) -> None:
    ended = run_code(READS_CERTIFICATES, "-m", "lab/echo", "hi", home=tmp_path, check=False)
    assert (ended.code, ended.text.splitlines()) == (0, ["hi", *["hi", "0"] * 8])  # every second one crashed
