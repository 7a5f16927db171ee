"""The model calls a tool, and somebody at a terminal says whether it may."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatbot.lab.server.http import LabServer
from tests.journeys.chat import KEYS, at, run
from tests.journeys.test_on_a_terminal import Person

HOSTILE = "\x1b]0;title\x07\x1b[2J and \u202ekcab"

TOOLS = f'''
from pathlib import Path
from typing import Literal

def mark(what: Literal[{HOSTILE!r}]):
    """Makes a mark."""
    with open("marks", "a") as file:
        file.write("x")
    return what
'''


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "tools.py").write_text(TOOLS)
    return tmp_path


def marks(home: Path) -> int:
    path = home / "marks"
    return len(path.read_text()) if path.exists() else 0


def at_terminal(server: LabServer, home: Path, *words: str, columns: int = 80) -> Person:
    return Person([*at(server.url), "-m", "echo", "-T", "tools.py:mark", *words], home, columns)


def drew_nothing_of_it(person: Person) -> bool:
    return not any(part in person.seen for part in (b"\x1b]0;title", b"\x1b[2J and", "\u202e".encode()))


def wait_for_question(person: Person, name: str, number: int = 1) -> None:
    """Waits until an answer to it would be taken."""
    question = f"call {name}".encode()
    person.wait_for(lambda: person.seen.count(question) == number and person.seen.endswith(b"> ") and person.echoes)


def test_the_call_is_made_when_it_was_seen_and_agreed_to(server: LabServer, home: Path) -> None:
    person = at_terminal(server, home, "hi", columns=40)
    person.child.send("y\ry\r")  # long before anything was asked
    wait_for_question(person, "mark")
    assert marks(home) == 0
    shown = "".join(row.lstrip(" ┆│").replace(" ", "") for row in person.rows)
    assert "\\x1b]0;title\\x07\\x1b[2Jand\\u202ekcab" in shown
    person.child.send("y\r")
    assert person.leave() == 0
    assert marks(home) == 1
    assert drew_nothing_of_it(person)


def test_always_holds_for_the_session_and_ctrl_c_at_the_question_stops_the_answer(
    server: LabServer, home: Path
) -> None:
    person = at_terminal(server, home, "-T", "shell")
    person.wait_for_prompt()
    person.child.send("hi\r")
    wait_for_question(person, "mark")
    person.child.send("a\r")
    wait_for_question(person, "shell")
    person.child.send("n\r")
    person.wait_for_prompt(2)
    assert marks(home) == 1
    person.child.send("/model markdown\r")  # whoever is asked: the person said so of the tool
    person.wait_for_prompt(3)
    person.child.send("hi again\r")
    wait_for_question(person, "shell", 2)
    assert person.seen.count(b"call mark") == 1
    person.child.send("\x03")
    person.wait_for_prompt(4)
    assert marks(home) == 1  # the answer was stopped before any call of it was made
    person.leaves(4)
    assert drew_nothing_of_it(person)


def test_where_nobody_can_be_asked_the_call_is_refused_with_the_way_out(server: LabServer, home: Path) -> None:
    words = [*at(server.url), "-m", "echo", "-T", "tools.py:mark"]
    refused = run(*words, "hi", home=home, stdin=b"y\ny\n", **KEYS)
    assert (refused.code, marks(home)) == (0, 0)
    assert "--allow mark" in refused.err
    allowed = run(*words, "--allow", "mark", "hi", home=home, **KEYS)
    assert (allowed.code, marks(home)) == (0, 1)
    assert "\x1b" not in refused.err + allowed.err + allowed.text
