"""The marks of a client as a table. Everything is harmless to print."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from chatbot.records import NamedTuple
from chatbot.terminal.documents.probed import FoundRow, found_text
from chatbot.terminal.screen import Screen


class GradeRow(NamedTuple):
    """A case: what is `done`, `expected`, and what it `teaches`, a sentence each; `marks` are the wire, the verdict
    (pass, fail, n/a) and what was seen.
    """

    name: str
    done: str
    expected: str
    teaches: str
    marks: tuple[tuple[str, str, str], ...]


def graded_text(rows: Sequence[GradeRow], summary: str, screen: Screen) -> str:
    """The rows as standard output can show them, and the summary under them. What did not pass says what it teaches."""
    several = any(len(row.marks) > 1 for row in rows)
    found = [
        _found(row, wires, verdict, seen, several=several) for row in rows for wires, verdict, seen in _merged(row)
    ]
    told = textwrap.fill(summary, screen.width) if screen.rendered else summary
    return f"{found_text(found, screen)}\n{told}\n"


def _merged(row: GradeRow) -> list[tuple[list[str], str, str]]:
    """One mark for wires that come to the same; of what passed, what was seen first."""
    merged: dict[tuple[str, str], tuple[list[str], str, str]] = {}
    for wire, verdict, seen in row.marks:
        key = (verdict, seen if verdict == "fail" else "")
        merged.setdefault(key, ([], verdict, seen))[0].append(wire)
    return list(merged.values())


def _found(row: GradeRow, wires: list[str], verdict: str, seen: str, *, several: bool) -> FoundRow:
    title = f"{row.name} ({', '.join(wires)})" if several and len(wires) < len(row.marks) else row.name
    teaches = f"{row.done} {row.expected} {row.teaches}" if verdict == "fail" else ""
    return FoundRow(verdict, title, seen, teaches)
