"""A case of a check, and what was seen of a program in it: HTTP, standard output and error, exit code, times."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chatbot.lab.grade.observation import Asked, Observation
from chatbot.lab.replies import ScriptedReply, Turn
from chatbot.records import NamedTuple

BASE_URL, KEY, MODEL = "OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_MODEL"
USUAL_KEY = "sk-7c1e90b2f4d85a36e1"
QUESTION, TEXT = "Why is the sky blue?", "Because blue light is scattered most."


class Start(NamedTuple):
    """One start of the program. In `arguments` and `environ`, {url} is the lab's address and {folder} a new folder, in
    which the program runs where `in_folder`; an empty text takes a variable away.

    The lab answers with the `turns` in their order, again and again with the last. `after_s`: the pause before.
    """

    arguments: tuple[str, ...] = ()
    turns: tuple[Turn | ScriptedReply, ...] = ()
    environ: Mapping[str, str] = {}
    stdin: bytes | None = None
    in_folder: bool = False
    after_s: float = 0.0
    limit_s: float = 12.0


class Call(NamedTuple):
    """A request to a program that listens at the port in PORT, and what the lab says when it is asked for it."""

    method: str
    path: str
    headers: Mapping[str, str] = {}
    body: bytes = b""
    turns: tuple[Turn, ...] = ()


class Answered(NamedTuple):
    """What came back: header names are lower case; `status` 0 where nothing whole did, `is_taken` where something
    listens. Times in seconds from the call. `asked` are the requests that reached the lab meanwhile.
    """

    status: int
    headers: Mapping[str, str] = {}
    body: bytes = b""
    piece_times_s: tuple[float, ...] = ()
    asked: tuple[Asked, ...] = ()
    is_taken: bool = True


class Seen(NamedTuple):
    """The starts of a case, the files that are in its folder afterwards, and what came back from its calls."""

    runs: tuple[Observation, ...]
    files: Mapping[str, bytes] = {}
    answered: tuple[Answered, ...] = ()


Rule = Callable[[Observation], str]
"""What is wrong with a run, and what is missing, in sentences; empty where nothing is."""


class Row(NamedTuple):
    """One thing that is checked; `fault` says what is wrong with it, as a rule does."""

    name: str
    fault: Callable[[Seen], str]


class Case(NamedTuple):
    """Starts that follow each other at a lab of their own, with these files in the folder, and the rows told of them.

    With `calls` there is one start: the program listens, is sent these one after the other, and is ended afterwards.
    As long as it `wants_more` of what was seen, there are more such starts as `more`, several at once.
    """

    starts: tuple[Start, ...]
    rows: tuple[Row, ...]
    files: Mapping[str, bytes] = {}
    calls: tuple[Call, ...] = ()
    more: Start = Start()
    wants_more: Callable[[Seen], bool] = lambda seen: False


def row(name: str, *rules: Rule, run: int = 0) -> Row:
    """A row about one start: the first rule that finds a fault speaks."""
    return Row(name, lambda seen: next(filter(None, (rule(seen.runs[run]) for rule in rules)), ""))
