"""Histories for tests, in this process and in others."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chatbot.core.events import Finished, Verdict
from chatbot.core.messages import Image
from chatbot.outside.history.store import History
from tests.forked import start_code

COMPLETE = Finished(Verdict.COMPLETE, "stop")
CAT = Image("image/png", b"the bytes of a cat", 640, 480, "cat.png")
ROOT = Path(__file__).parents[1]

# What a script of another process begins with: its folder is the first argument, its warnings go to standard output.
PROLOGUE = """
import os, signal, sys, time
from pathlib import Path
from chatbot.core.events import Finished, Verdict
from chatbot.outside.history.store import History
COMPLETE = Finished(Verdict.COMPLETE, "stop")
def history():
    warn = lambda text: print("warned:", text, flush=True)
    return History(Path(sys.argv[1]), now=time.time, clock=time.monotonic, warn=warn)
def in_processes(count, work):
    pids, (gate, opens) = [], os.pipe()
    for number in range(count):
        pid = os.fork()
        if pid == 0:
            try:
                os.close(opens)
                os.read(gate, 1)  # until all are there: they begin at once
                work(number)
                os._exit(0)
            finally:
                os._exit(1)
        pids.append(pid)
    os.close(opens)
    os.close(gate)
    statuses = [os.waitpid(pid, 0)[1] for pid in pids]
    assert statuses == [0] * count, statuses
"""


class Told(list[str]):
    """The warnings of a history."""

    __call__ = list.append


def a_history(folder: Path, clock: Callable[[], float] | None = None, told: Told | None = None) -> History:
    """A history in `folder`; without a clock every look at the time is a second later. A warning that no list is
    given for is a failure.
    """
    seconds = itertools.count(1_000.0)
    clock = clock or (lambda: next(seconds))
    return History(folder, now=clock, clock=clock, warn=_unexpected if told is None else told)


def _unexpected(text: str) -> None:
    raise AssertionError(f"warned: {text}")


def ask(history: History, question: str = "why?", answer: str = "because", conversation_id: str | None = None) -> str:
    """Keeps a whole turn; the id of its conversation."""
    writing = history.begin(conversation_id, question, provider="lab", model="guide")
    writing.add(answer)
    writing.finish(COMPLETE)
    assert writing.conversation_id
    return writing.conversation_id


def keep_one_turn(folder: Path, question: str = "why?") -> str:
    """A history with one turn, closed again; the id of its conversation."""
    history = a_history(folder)
    conversation_id = ask(history, question)
    history.close()
    return conversation_id


def script(code: str, folder: Path, *, before: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    """Runs code after PROLOGUE in another process; `before` are words in front of the command."""
    how: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    if not before:
        return start_code(PROLOGUE + code, str(folder), **how)
    return subprocess.Popen([*before, sys.executable, "-c", PROLOGUE + code, str(folder)], cwd=ROOT, **how)


def output_of(code: str, folder: Path, *, before: tuple[str, ...] = ()) -> str:
    """What the code printed, once it has ended well."""
    with script(code, folder, before=before) as process:
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    return output
