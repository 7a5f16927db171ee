"""`chat lab grade`: declared, run, and written as a table, JSON or a page."""

# Without `from __future__ import annotations`: chatbot.options.declared reads the annotations as they stand.

import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from chatbot.cli.command_line.declared import Command, Positional
from chatbot.cli.output import stdio
from chatbot.core.errors import Cancelled, ConfigurationError, UsageError
from chatbot.options.declared import Choice
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices

if TYPE_CHECKING:
    from chatbot.lab.grade.client import Client
    from chatbot.lab.grade.grading import Case, Graded, Mark, NothingAsked
    from chatbot.terminal.documents.graded import GradeRow

FULL, BELOW = 100, 1
_SAID_LINES = 3
_ENDED_HERE = {
    "too long": "took too long and was ended",
    "too much": "wrote without end and was ended",
    "ended": "did not end by itself",
}


class Grading(NamedTuple):
    """Options"""

    wire: Annotated[
        tuple[Literal["openai", "responses", "anthropic", "gemini"], ...],
        Choice(
            "The wire format it speaks: openai, responses, anthropic or gemini; usually found out; repeatable.",
            metavar="WIRE",
        ),
    ] = ()
    case: Annotated[tuple[str, ...], Choice("Only this case; repeatable.", metavar="NAME")] = ()
    env: Annotated[tuple[str, ...], Choice("Hand on or set this variable; repeatable.", metavar="NAME|NAME=VALUE")] = ()
    min: Annotated[
        int, Choice(f"The score that is enough for exit code 0; usually {FULL}.", metavar="N", least=0, most=FULL)
    ] = FULL
    json: Annotated[bool, Choice("One JSON object for programs.")] = False
    html: Annotated[Path | None, Choice("Write a page of HTML too, a new file.", metavar="FILE")] = None
    list: Annotated[bool, Choice("Show the cases, and run nothing.")] = False


def _grade(notices: Notices, words: "list[str] | None", options: Grading) -> int:
    from chatbot.cli.output.paged import write_json
    from chatbot.cli.output.screen import this_screen
    from chatbot.cli.output.written import require_new, write_output
    from chatbot.lab.grade.cases import CASES
    from chatbot.lab.grade.client import Client
    from chatbot.terminal.documents.graded import graded_text
    from chatbot.terminal.documents.graded_page import graded_page

    cases = [_case(name) for name in dict.fromkeys(options.case)] or CASES
    if options.list:
        stdio.write_answer("".join(map(_listed, cases)).encode())
        return 0
    if not words or not words[0]:
        raise UsageError(
            "which client is to be graded?", advice="For example: chat lab grade -- python client.py {question}"
        )
    if os.name == "nt":
        raise ConfigurationError("a client can be graded on Linux and macOS only")
    if options.html:
        require_new(options.html)
    graded = _run(Client(tuple(words), Path(), dict(map(_variable, options.env))), cases, options.wire, notices)
    rows, summary = _rows(graded.marks), _summary(graded)
    if options.json:
        write_json([_plain(graded, words)])
    else:
        screen = this_screen("auto")
        stdio.write_answer(graded_text(rows, summary, screen).encode(screen.encoding, "replace"))
    if options.html:
        write_output(options.html, [graded_page(rows, words, summary).encode()])
    return 0 if graded.score >= options.min else BELOW


def _run(client: "Client", cases: "Sequence[Case]", wires: Sequence[str], notices: Notices) -> "Graded":
    """The marks. Raises UsageError, and Cancelled."""
    from chatbot.lab.grade.grading import NothingAsked, grade
    from chatbot.outside.desktop.signals import Interrupts
    from chatbot.outside.desktop.streams import is_terminal
    from chatbot.terminal.batch_progress import BatchProgress, Standing

    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a client would inherit that, and is to be interrupted
        signal.signal(signal.SIGINT, lambda number, frame: None)
    stop = threading.Event()
    stream = sys.stderr if is_terminal(2) else None
    progress = BatchProgress(notices, stream, time.monotonic, stdio.encoding(sys.stderr))
    with Interrupts() as interrupts, progress:
        interrupts.wake = stop.set
        try:
            return grade(
                client, cases, wires=wires, stop=stop, tell=lambda done, total: progress.show(Standing(total, done))
            )
        except NothingAsked as error:
            raise _no_question(error) from None
        except OSError as error:
            raise UsageError(
                f"{client.words[0]} cannot be run: {(error.strerror or str(error)).lower()}",
                advice="Its words stand apart: chat lab grade -- python client.py {question}",
            ) from error
        except Cancelled:
            raise KeyboardInterrupt from None


def _no_question(error: "NothingAsked") -> UsageError:
    run = error.seen.run
    by_itself = f"ended with exit code {run.code}" if run.code >= 0 else f"was ended by signal {-run.code}"
    how = _ENDED_HERE.get(run.ended, by_itself)
    said = [line.strip() for line in run.err.decode("utf-8", "replace").splitlines() if line.strip()]
    if error.seen.asked and run.ended != "exited":
        return UsageError(
            f"the command had its answer, and {how}",
            said=" ".join(said[-_SAID_LINES:]),
            advice="What is graded asks one question and ends.",
        )
    return UsageError(
        f"no question came to the lab: the command {how}",
        said=" ".join(said[-_SAID_LINES:]),
        advice="It finds the lab by {base_url} {key} {question} {model} in its words, or by OPENAI_BASE_URL, "
        "OPENAI_API_KEY and their like of Anthropic and Gemini; without {question} the question is piped in.",
    )


def _case(name: str) -> "Case":
    """Raises UsageError, with the nearest names."""
    from chatbot.cli.command_line.mistyped import unknown
    from chatbot.lab.grade.cases import CASE_BY_NAME

    if name not in CASE_BY_NAME:
        raise unknown("case", name, [*CASE_BY_NAME], "chat lab grade")
    return CASE_BY_NAME[name]


def _variable(text: str) -> tuple[str, str]:
    """`NAME=VALUE`, or the name of a variable that is set here. Raises UsageError."""
    name, given, value = text.partition("=")
    if not name or (not given and name not in os.environ):
        raise UsageError(f"--env {text}: there is no such variable here", advice="Give its value: --env NAME=VALUE")
    return name, value if given else os.environ[name]


def _listed(case: "Case") -> str:
    return f"{case.name}\n    {case.done}\n    {case.expected}\n    {case.teaches}\n"


def _rows(marks: "Sequence[Mark]") -> "list[GradeRow]":
    """A row for each case."""
    from chatbot.terminal.documents.graded import GradeRow

    by_case: dict[str, list[Mark]] = {}
    for mark in marks:
        by_case.setdefault(mark.case.name, []).append(mark)
    return [
        GradeRow(
            name, case.done, case.expected, case.teaches, tuple((each.wire, each.verdict, each.seen) for each in of)
        )
        for name, of in by_case.items()
        for case in (of[0].case,)
    ]


def _summary(graded: "Graded") -> str:
    counts = ", ".join(f"{graded.count(verdict)} {verdict}" for verdict in ("pass", "fail", "n/a"))
    return f"score {graded.score} of {FULL}: {counts}; {', '.join(graded.wires)}; {graded.took_s:.0f} s"


def _plain(graded: "Graded", words: Sequence[str]) -> dict[str, Any]:
    return {
        "score": graded.score,
        "pass": graded.count("pass"),
        "fail": graded.count("fail"),
        "not_applicable": graded.count("n/a"),
        "wires": graded.wires,
        "command": words,
        "took_s": round(graded.took_s, 1),
        "runs": graded.runs,
        "marks": [
            {
                "case": mark.case.name,
                "wire": mark.wire,
                "verdict": mark.verdict,
                "seen": mark.seen,
                "done": mark.case.done,
                "expected": mark.case.expected,
                "teaches": mark.case.teaches,
            }
            for mark in graded.marks
        ],
    }


DECLARED = Command(
    "grade",
    "Runs anyone's client through the lab's faults, and marks it.",
    _grade,
    (Positional("command", "COMMAND", "What runs the client, behind --.", repeats=True),),
    (Grading,),
    "For example: chat lab grade -- python client.py {question}\n\n"
    "The command is run many times, with an empty home. It finds the lab by {base_url} {key} {model} {question} {wire} "
    "in its words, or by OPENAI_BASE_URL, OPENAI_API_KEY and their like. Without {question} the question is piped in. "
    "{timeout} and {max_retries} say how many seconds a server may be silent, and how often to ask again. Each of "
    "these words is a variable too, as TIMEOUT. The exit code is 0 for full marks.",
)
