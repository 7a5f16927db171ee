"""`chat learn`: the exercises of a course on web APIs, offline: what to do, a starter, a check, hints, a solution."""

# Without `from __future__ import annotations`: chatbot.options.declared reads the annotations as they stand.

import time
from pathlib import Path
from typing import Annotated, Any

from chatbot.cli.command_line import mistyped
from chatbot.cli.command_line.declared import Command, Group, Positional
from chatbot.cli.command_line.parsing import run_one_of
from chatbot.cli.learn.course import Course
from chatbot.cli.output import stdio
from chatbot.cli.output.paged import write_json, write_lines
from chatbot.cli.output.screen import show_text, this_screen
from chatbot.core.errors import OutputUnwritable
from chatbot.lab.learn.exercises import Exercise, exercises
from chatbot.options.declared import Choice
from chatbot.outside.desktop.streams import is_terminal
from chatbot.outside.files.private import write_new
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices


class AsJson(NamedTuple):
    """Options"""

    json: Annotated[bool, Choice("JSON for programs: an object on each line.")] = False


def learn(argv: list[str], notices: Notices) -> int:
    """Runs one of the commands."""
    run = run_one_of(DECLARED, argv, "chat learn")
    return int(run(Course(notices), notices) or 0) if run else 0


def _list(course: Course, notices: Notices, number: str | None, form: AsJson) -> None:
    if number is not None and not number.isdecimal():
        raise mistyped.unknown("command", number, [command.name for command in _COMMANDS], "chat learn")
    if number is not None:
        exercise = course.find(number)
        show_text(exercise.page, False, "auto", notices)
        notices.tell(_ways(exercise, course))
    elif form.json:
        write_json(_plain(exercise, course) for exercise in exercises())
    else:
        write_lines(_row(exercise, course) for exercise in exercises())
        following = course.next
        way = f"Next: chat learn start {following.number}" if following else "The course is done."
        notices.tell([f"{course.passed} of {len(exercises())} passed. {way}"])


def _row(exercise: Exercise, course: Course) -> str:
    step = course.step(exercise)
    done, begun = ("✓", "…") if this_screen("auto").unicode else ("x", ".")
    sign = done if step.passed_s else begun if step.started_s else " "
    return f"{exercise.number:>2} {sign} {exercise.title}"


def _plain(exercise: Exercise, course: Course) -> dict[str, Any]:
    return {"exercise": exercise.number, "title": exercise.title, **course.step(exercise)._asdict()}


def _ways(exercise: Exercise, course: Course) -> list[str]:
    """What can be done now."""
    number = exercise.number
    if not course.step(exercise).started_s:
        return [f"begin it: chat learn start {number}"]
    return [
        f"check it: chat learn check {number}",
        f"a hint:   chat learn hint {number}",
        "by hand:  chat lab serve in another terminal; the starter asks there",
    ]


def _start(course: Course, notices: Notices, number: str | None, folder: str | None) -> None:
    exercise = course.find(number) if number else course.next or exercises()[0]
    file = Path(folder or ".").expanduser() / exercise.file_name
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_new(file, [exercise.starter.encode()])
        written = f"written: {file}"
    except FileExistsError:
        written = f"{file} is there already, and stays as it is"
    except OSError as error:
        raise OutputUnwritable(f"{file} cannot be written: {error.strerror}") from error
    course.keep(exercise, course.step(exercise)._replace(file=str(file.absolute()), started_s=time.time()))
    show_text(exercise.page, False, "auto", notices)
    notices.tell([written, *_ways(exercise, course)])


def _check(course: Course, notices: Notices, words: list[str], form: AsJson) -> int:
    from chatbot.cli.learn.checking import run_check

    is_numbered = bool(words) and words[0].isdecimal()
    exercise = course.find(words[0] if is_numbered else None)
    return run_check(exercise, words[1:] if is_numbered else words, course, notices, json=form.json)


def _hint(course: Course, notices: Notices, number: str | None) -> None:
    from chatbot.lab import guide

    exercise = course.find(number)
    step, total = course.step(exercise), len(exercise.hints) + 1
    at = min(step.hints, total - 1)
    if at < len(exercise.hints):
        text = f"**Hint {at + 1} of {total}.** {exercise.hints[at]}\n"
    else:
        said = guide.answer(exercise.about, guide.manual())
        text = f"**Hint {total} of {total}.** How `chat` itself does it, from its manual:\n\n{said}"
    show_text(text, False, "auto", notices)
    course.keep(exercise, step._replace(hints=at + 1))
    more = "one more: chat learn hint" if at + 1 < total else "that was the last; a solution: chat learn show"
    notices.tell([f"{more} {exercise.number}"])


def _show(course: Course, notices: Notices, number: str) -> None:
    exercise = course.find(number)
    if is_terminal(1):
        show_text(f"```{exercise.language}\n{exercise.solution}```\n", False, "auto", notices)
    else:
        stdio.write_answer(exercise.solution.encode())


_NUMBER = Positional("number", "N", "The number of an exercise; without it, the one that was started last.")
_FIRST = (
    "For example: chat learn start 1, then write, then chat learn check. Other languages: chat learn check 1 -- COMMAND"
)

_COMMANDS = (
    Command(
        "start",
        "Writes a starter file, and shows what is to be done.",
        _start,
        (
            Positional("number", "N", "The number of an exercise; without it, the next."),
            Positional("folder", "FOLDER", "Where to write it; usually here. Nothing is overwritten."),
        ),
    ),
    Command(
        "check",
        "Runs your program against the lab, and says what was seen and what is missing.",
        _check,
        (
            Positional(
                "words",
                "N -- COMMAND",
                "The exercise, and what runs your program where that is not python or node and the starter's file.",
                repeats=True,
            ),
        ),
        (AsJson,),
    ),
    Command("hint", "Gives a hint, and the next time another one.", _hint, (_NUMBER,)),
    Command(
        "show",
        "Shows a solution that passes the check.",
        _show,
        (Positional("number", "N", "The number of an exercise.", required=True),),
    ),
)
DECLARED = Group(
    (
        Command(
            "list",
            "A course on web APIs in thirteen exercises, offline: you write programs, and the lab checks them.\n\n"
            "Without a number: how far you are. With one: the page of that exercise.",
            _list,
            (Positional("number", "N", "The number of an exercise."),),
            (AsJson,),
            _FIRST,
            {"Step by step": [(f"chat learn {command.name}", command.help) for command in _COMMANDS]},
            hidden=True,
        ),
        *_COMMANDS,
    ),
    "A course on web APIs in thirteen exercises.",
    "list",
    takes_words=True,
)
