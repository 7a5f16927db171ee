"""Findings as lines for a person, each with its way out under it. Everything is harmless to print."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence

from chatbot.core.checkup.finding import Finding
from chatbot.terminal.sanitise import sanitise

_COLOURS = {"ok": "32", "warning": "33", "fault": "1;31"}
_INDENT, _NARROW_INDENT, _NARROW_COLUMNS = 11, 4, 50


def heading_line(section: str, *, styles: bool) -> str:
    """The name of a section."""
    return f"\x1b[1m{section}\x1b[0m" if styles else section


def finding_lines(finding: Finding, columns: int, *, styles: bool) -> Iterator[str]:
    """The state and the sentence, then the way out. `columns` is 0 where there is no screen: nothing is wrapped."""
    word = f"{finding.state:<8}"
    shown = f"\x1b[{_COLOURS[finding.state]}m{word}\x1b[0m" if styles else word
    indent = _NARROW_INDENT if 0 < columns < _NARROW_COLUMNS else _INDENT
    first, *rest = _wrapped(finding.text, columns, _INDENT, indent)
    yield f"  {shown} {first}"
    for part in filter(None, finding.advice.split("\n")):
        rest += _wrapped(part, columns, indent, indent)
    yield from (" " * indent + row for row in rest)


def summary_line(findings: Sequence[Finding]) -> str:
    """How many there are of each."""
    states = Counter[str](finding.state for finding in findings)
    counted = [f"{states[word]} {word}{'' if states[word] == 1 else 's'}" for word in ("warning", "fault")]
    return ", ".join([f"{states['ok']} ok", *counted])


def _wrapped(text: str, columns: int, first_indent: int, indent: int) -> list[str]:
    plain = sanitise(text).replace("\n", " ").strip()
    if not columns:
        return [plain]
    rows = textwrap.wrap(
        plain, max(columns - indent - 1, 16), initial_indent=" " * (first_indent - indent),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return [rows[0].strip(), *rows[1:]] if rows else [""]
