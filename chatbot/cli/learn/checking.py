"""`chat learn check`: a person's program against the lab, and what was seen."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from chatbot.cli.learn.course import Course
from chatbot.cli.output import stdio
from chatbot.cli.output.paged import write_json
from chatbot.cli.output.screen import this_screen
from chatbot.core.checkup.finding import Finding
from chatbot.core.errors import Cancelled, ConfigurationError, UsageError
from chatbot.lab.learn.checking import Told, check
from chatbot.lab.learn.checks.table import CASES
from chatbot.lab.learn.exercises import Exercise
from chatbot.outside.desktop.signals import Interrupts
from chatbot.outside.desktop.streams import is_terminal
from chatbot.terminal.documents.checkup import finding_lines
from chatbot.terminal.notices import Notices

FAILED = 1


def run_check(exercise: Exercise, command: Sequence[str], course: Course, notices: Notices, *, json: bool) -> int:
    """Checks, and tells; the exit code says whether all is well. Raises UsageError, or ConfigurationError."""
    words = list(command) or _usual_command(exercise, course)
    if os.name == "nt":
        raise ConfigurationError("a program can be checked on Linux and macOS only")
    notices.tell([f"exercise {exercise.number}, {exercise.title}: {shlex.join(map(_short, words))}"])
    stop = threading.Event()
    with Interrupts() as interrupts:
        interrupts.wake = stop.set
        try:
            told = list(_written(check(words, CASES[exercise.number], stop=stop), exercise, json=json))
        except OSError as error:
            raise UsageError(f"{words[0]} cannot be started: {(error.strerror or str(error)).lower()}") from error
        except Cancelled:
            return 128 + (interrupts.number or 0)
    return _concluded(exercise, told, course, notices)


def _usual_command(exercise: Exercise, course: Course) -> list[str]:
    """What runs the file that was started, or the one of that name that is here."""
    started = course.step(exercise).file
    here = Path(exercise.file_name).absolute()
    file = next((path for path in (Path(started), here) if str(path) != "." and path.is_file()), None)
    if file is None:
        what = f"{started} is not there any more" if started else f"exercise {exercise.number} is not started yet"
        way = f"chat learn start {exercise.number}, or name your program: chat learn check {exercise.number} -- COMMAND"
        raise UsageError(what, advice=way)
    return [_interpreter(exercise), str(file)]


def _interpreter(exercise: Exercise) -> str:
    """For Python, that of the environment that is active; else the one that runs this program, as it has requests."""
    if exercise.language == "python":
        name = os.environ.get("VIRTUAL_ENV", "")
        active = Path(name, "Scripts" if os.name == "nt" else "bin", "python")
        return str(active) if name and active.exists() else sys.executable or "python3"
    node = shutil.which("node")
    if node is None:
        raise ConfigurationError(
            f"exercise {exercise.number} is skipped: it is run by node, which is not installed",
            advice=f"Install Node.js, or name another program: chat learn check {exercise.number} -- COMMAND",
        )
    return node


def _written(told: Iterable[Told], exercise: Exercise, *, json: bool) -> Iterator[Told]:
    """Writes each row as it comes."""
    screen = this_screen("auto")
    columns = screen.width if is_terminal(1) else 0
    before = ""
    for row in told:
        if json:
            write_json([{"exercise": exercise.number, "checked": row.name, "fault": row.fault}])
        else:
            advice = "The same." if row.fault and row.fault == before else row.fault
            finding = Finding(row.name, "fault" if row.fault else "ok", advice)
            lines = finding_lines(finding, columns, styles=screen.styles)
            stdio.write_answer("".join(f"{line}\n" for line in lines).encode(screen.encoding, "replace"))
        before = row.fault
        yield row


def _concluded(exercise: Exercise, told: Sequence[Told], course: Course, notices: Notices) -> int:
    """Says what comes next, and keeps what is passed."""
    good = sum(not row.fault for row in told)
    if good < len(told):
        number = exercise.number
        notices.tell([f"{good} of {len(told)}. A hint: chat learn hint {number}. The page again: chat learn {number}"])
        return FAILED
    course.keep(exercise, course.step(exercise)._replace(passed_s=time.time()))
    following = course.next
    way = f"Next: chat learn start {following.number}" if following else "That was the last one: the course is done."
    notices.tell([f"passed: all {len(told)}. {way}"])
    return 0


def _short(word: str) -> str:
    """A path below this folder as it is called from here."""
    path = Path(word)
    return str(path.relative_to(Path.cwd())) if path.is_absolute() and path.is_relative_to(Path.cwd()) else word
