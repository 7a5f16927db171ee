"""The course as a beginner takes it: list, start, check, hint, show; and the solutions as programs of their own."""

from __future__ import annotations

import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chatbot.lab.learn.checking import Told, check
from chatbot.lab.learn.checks.table import CASES
from chatbot.lab.learn.exercises import exercises
from chatbot.outside.processes.running import Ended, Limits, Piece, ProcessRun, Streams, run_bounded
from tests import forked
from tests.journeys.chat import CHAT, environment, run
from tests.journeys.test_on_a_terminal import Person
from tests.tables import each

PROGRESS = Path(".local/share/chat/learn.json")
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed")
TIMED = (5, 6, 7)  # what waits, or shows that it does not

FETCH = """
const question = process.argv[2];
const response = await fetch(`${process.env.OPENAI_BASE_URL}/chat/completions`, {
  method: "POST",
  headers: { "content-type": "application/json", authorization: `Bearer ${process.env.OPENAI_API_KEY}` },
  body: JSON.stringify({ model: process.env.OPENAI_MODEL, messages: [{ role: "user", content: question }] }),
});
console.log((await response.json()).choices[0].message.content);
"""


FORKING = threading.Lock()


def run_forked(
    words: Sequence[str], environ: Mapping[str, str], folder: Path, streams: Streams, limits: Limits, watch: object
) -> ProcessRun:
    """As `run_bounded` a program in Python, which ends by itself or at its limit of time."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    assert streams == Streams()
    pieces = []
    with FORKING:
        child = forked.start(words[1:], {**environ, **forked.STARTED_WITH}, folder, **pipes)
    began_s = time.monotonic()
    limit = threading.Timer(limits.time_s, child.kill)
    limit.start()
    assert child.stdout and child.stderr
    with child, selectors.DefaultSelector() as selector:
        for stream in (child.stdout, child.stderr):
            selector.register(stream, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select():
                if data := os.read(key.fd, 65536):
                    pieces.append(Piece(time.monotonic() - began_s, key.fileobj is child.stderr, data))
                else:
                    selector.unregister(key.fileobj)
    limit.cancel()
    ended: Ended = "too long" if child.returncode == -signal.SIGKILL else "exited"
    return ProcessRun(began_s, child.returncode, ended, tuple(pieces), time.monotonic() - began_s)


def test_a_beginner_is_led_from_a_starter_to_a_pass(tmp_path: Path) -> None:
    listed = run("learn", home=tmp_path)
    assert listed.text.startswith(" 1   Get the list of models\n 2   Post a question\n")
    assert (listed.err, listed.code) == ("chat: 0 of 13 passed. Next: chat learn start 1\n", 0)

    started = run("learn", "start", home=tmp_path)
    assert started.text.startswith("# Get the list of models\n") and "**To do.**" in started.text
    assert "chat: written: 01_models.py\n" in started.err and "chat learn check 1\n" in started.err

    failed = run("learn", "check", home=tmp_path)
    assert failed.code == 1
    assert failed.text.startswith("  fault    three models\n           No request reached the lab. ")
    assert "chat: 0 of 3. A hint: chat learn hint 1." in failed.err
    assert "01_models.py" in failed.err.splitlines()[0]

    hints = [run("learn", "hint", home=tmp_path) for _ in range(5)]
    assert [hint.text.partition("**")[2].partition(".")[0] for hint in hints[:3]] == [
        f"Hint {n} of 4" for n in (1, 2, 3)
    ]
    assert "## Which models are there" in hints[3].text
    assert hints[4].text == hints[3].text
    assert hints[3].err == "chat: that was the last; a solution: chat learn show 1\n"

    (tmp_path / "01_models.py").write_bytes(run("learn", "show", "1", home=tmp_path).out)
    passed = run("learn", "check", home=tmp_path)
    assert (passed.text.count("  ok  "), passed.code) == (3, 0)
    assert passed.err.endswith("chat: passed: all 3. Next: chat learn start 2\n")

    assert run("learn", home=tmp_path).text.startswith(" 1 ✓ Get the list of models\n")
    first = json.loads(run("learn", "--json", home=tmp_path).text.splitlines()[0])
    assert (first["exercise"], first["hints"]) == (1, 4) and first["passed_s"] >= first["started_s"] > 0


def test_nothing_is_overwritten_and_a_folder_may_be_named(tmp_path: Path) -> None:
    folder = tmp_path / "course" / "mine"
    assert f"written: {folder}/02_question.py" in run("learn", "start", "2", str(folder), home=tmp_path).err
    (folder / "02_question.py").write_text("mine")
    again = run("learn", "start", "2", str(folder), home=tmp_path)
    assert (again.code, (folder / "02_question.py").read_text()) == (0, "mine")
    assert "is there already, and stays as it is" in again.err
    checked = run("learn", "check", "--json", home=tmp_path)  # the file that was started, wherever it is
    assert checked.code == 1
    assert json.loads(checked.text.splitlines()[0])["fault"].startswith('It broke off with "NameError')


@each(
    ("words", "sentence", "code"),
    [
        (["99"], "there is no exercise 99: they are numbered from 1 to 13", 2),
        (["chekc"], "there is no command chekc", 2),
        (["start", "one"], "there is no exercise one: they are numbered from 1 to 13", 2),
        (["check", "2"], "exercise 2 is not started yet", 2),
        (["check", "1", "--", "no-such-program"], "no-such-program cannot be started: no such file", 2),
        (["show"], "Missing argument", 2),
    ],
)
def test_wrong_words_get_a_sentence(tmp_path: Path, words: list[str], sentence: str, code: int) -> None:
    result = run("learn", *words, home=tmp_path)
    assert (result.out, result.code) == (b"", code)
    assert sentence.lower() in result.err.lower()


def test_broken_progress_is_a_notice_and_begins_anew(tmp_path: Path) -> None:
    (tmp_path / PROGRESS).parent.mkdir(parents=True)
    (tmp_path / PROGRESS).write_text("{")
    listed = run("learn", home=tmp_path)
    assert listed.code == 0
    assert f"the progress is broken: {tmp_path / PROGRESS}; it begins anew" in listed.err
    assert run("learn", "start", "3", home=tmp_path).code == 0
    assert run("learn", home=tmp_path).err == "chat: 0 of 13 passed. Next: chat learn start 1\n"


def test_without_node_the_relay_is_skipped_with_its_reason(tmp_path: Path) -> None:
    run("learn", "start", "13", home=tmp_path)
    result = run("learn", "check", home=tmp_path, PATH=str(tmp_path))
    assert result.code == 78
    assert "exercise 13 is skipped: it is run by node, which is not installed" in result.err


@needs_node
def test_another_language_and_library_pass(tmp_path: Path) -> None:
    (tmp_path / "question.mjs").write_text(FETCH)
    result = run("learn", "check", "2", "--", "node", "question.mjs", home=tmp_path)
    assert (result.text, result.code) == (
        "  ok       a plain question\n  ok       quotes, a line break, other scripts\n",
        0,
    )


@needs_node
def test_solutions_pass_as_programs_of_their_own(tmp_path: Path) -> None:
    def faults(number: int) -> list[Told]:
        exercise = exercises()[number - 1]
        file = tmp_path / exercise.file_name
        file.write_text(exercise.solution)
        program, run_it = (sys.executable, run_forked) if exercise.language == "python" else (NODE or "", run_bounded)
        told = check([program, str(file)], CASES[number], environment(tmp_path), tmp_path, run_it)
        return [row for row in told if row.fault]

    numbers = (*TIMED, 13)
    with ThreadPoolExecutor() as pool:
        assert list(pool.map(faults, numbers)) == [[]] * len(numbers)


def test_ctrl_c_ends_a_check_and_what_it_runs(tmp_path: Path) -> None:
    program = tmp_path / "hangs.sh"
    program.write_text(f"echo $$ >> {tmp_path}/pids; sleep 300")
    words = [*CHAT, "learn", "check", "1", "--", "sh", str(program)]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with forked.start(words, environment(tmp_path), tmp_path, **pipes) as child:
        until = time.monotonic() + 10
        while not (tmp_path / "pids").exists():
            assert time.monotonic() < until
            time.sleep(0.02)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=10)
    assert (child.returncode, out) == (130, b"")
    assert b"Traceback" not in err
    for pid in (tmp_path / "pids").read_text().split():
        assert not Path("/proc", pid, "cmdline").exists() or not Path("/proc", pid, "cmdline").read_bytes()


def test_on_a_terminal_a_page_is_drawn_and_fits(tmp_path: Path) -> None:
    person = Person(["learn", "4"], tmp_path, columns=40, lines=60)
    assert person.leave() == 0
    assert person.rows[0] == "One branch for each status"
    assert "**" not in "".join(person.rows)
