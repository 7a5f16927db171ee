"""A question at the terminal itself: only what is typed there, and after it was shown, is an answer."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pexpect
import pytest

from tests.outside.wire import PATIENCE_S
from tests.processes import python

ROOT = Path(__file__).parents[3]

# Waits for a line of the tests' own on standard input, so that what is typed ahead is there before the question.
ASKS = """
import os, signal, sys, termios, time
from chatbot.outside.desktop.typed_answer import is_somebody_there, typed_answer

class Stopped(Exception): pass
seen = []

def look():
    if "stop" in seen: raise Stopped
    return bool(again) and again.pop()

again = []
signal.signal(signal.SIGINT, lambda *_: seen.append("stop"))
signal.signal(signal.SIGUSR1, lambda *_: again.append(True))
modes = termios.tcgetattr(2)
silent = termios.tcgetattr(2)
silent[3] &= ~(termios.ECHO | termios.ICANON)
termios.tcsetattr(2, termios.TCSANOW, silent)
os.write(2, b"there %r\\n" % is_somebody_there())
for number in range(int(sys.argv[1])):
    os.write(2, b"ready\\n")
    time.sleep(0.2)
    try:
        said = typed_answer(lambda: os.write(2, b"question %d? " % number), look)
    except Stopped:
        said = "STOPPED"
    os.write(2, b"said %r\\n" % said)
now = termios.tcgetattr(2)
assert now[:3] == silent[:3]
assert not now[3] & (termios.ECHO | termios.ICANON), now
os.write(2, b"over\\n")
"""


def spawned(questions: int, *, before: str = "") -> pexpect.spawn[str]:
    words = f'{before or "exec"} {sys.executable} -c "$ASKS" {questions}'
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "ASKS": ASKS}
    return pexpect.spawn("/bin/sh", ["-c", words], env=environ, encoding="utf-8", timeout=PATIENCE_S * 2)


def wait_for_question(asked: pexpect.spawn[str], number: int) -> None:
    """Until it is shown and the terminal echoes again: what is typed before that is dropped."""
    asked.expect_exact(f"question {number}? ")
    deadline = time.monotonic() + PATIENCE_S * 2
    while not asked.getecho():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_what_was_typed_before_the_question_is_no_answer_to_it_nor_what_is_piped_in() -> None:
    for before in ("", "printf 'y\\ny\\ny\\n' |"):
        asked = spawned(3, before=before)
        asked.expect_exact("there True")
        asked.expect_exact("ready")
        asked.send("y\ny\n")
        wait_for_question(asked, 0)
        asked.send("nay\n")
        asked.expect_exact("said 'nay'")
        wait_for_question(asked, 1)
        asked.send("xy\x7fes\n")  # a line is edited as ever
        asked.expect_exact("said 'xes'")
        wait_for_question(asked, 2)
        asked.send("\x04")
        asked.expect_exact("said None")
        asked.expect_exact("over")
        asked.wait()


def test_ctrl_c_ends_the_question_and_it_is_shown_again_after_a_pause() -> None:
    asked = spawned(1)
    wait_for_question(asked, 0)
    asked.send("half")
    asked.kill(signal.SIGUSR1)
    wait_for_question(asked, 0)
    asked.send("whole\n")
    asked.expect_exact("said 'whole'")
    asked.wait()
    asked = spawned(1)
    wait_for_question(asked, 0)
    asked.send("\x03")
    asked.expect_exact("said 'STOPPED'")
    asked.expect_exact("over")
    asked.wait()


NOBODY = """
from chatbot.outside.desktop.typed_answer import is_somebody_there, typed_answer
print(is_somebody_there(), typed_answer(lambda: None, lambda: False))
"""


def test_without_a_terminal_nobody_is_there() -> None:
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    assert python(NOBODY, input="y\ny\n", env=environ, start_new_session=True) == "False None\n"


@pytest.mark.skipif(sys.platform != "linux", reason="setsid(1) is a program of Linux")
def test_in_the_background_nobody_is_there_either() -> None:
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "NOBODY": NOBODY.replace(", typed", "#")}
    words = f'set -m; {sys.executable} -c "$NOBODY" & wait'
    asked = pexpect.spawn("/bin/sh", ["-c", words], env=environ, encoding="utf-8", timeout=PATIENCE_S * 2)
    asked.expect_exact("False")
    asked.wait()
