"""Findings as lines."""

from __future__ import annotations

from chatbot.core.checkup.finding import Finding, fault, warning
from chatbot.terminal.documents.checkup import finding_lines, summary_line

LONG = fault("the file of keys is not read: other users may read it", "Make it private:\nchmod 600 keys.toml")


def test_without_a_screen_a_finding_is_a_line_and_its_way_out_others() -> None:
    assert list(finding_lines(LONG, 0, styles=False)) == [
        "  fault    the file of keys is not read: other users may read it",
        "           Make it private:",
        "           chmod 600 keys.toml",
    ]


def test_a_narrow_screen_is_not_exceeded() -> None:
    for columns in (30, 40, 60, 100):
        assert all(len(line) < columns for line in finding_lines(LONG, columns, styles=False))


def test_only_the_state_is_coloured_and_what_was_found_is_harmless() -> None:
    [line] = finding_lines(Finding("TERM is \x1b[31mred\nx"), 0, styles=True)
    assert line.count("\x1b") == 2 and line.startswith("  \x1b[32mok")


def test_the_last_line_counts() -> None:
    assert summary_line([Finding("a"), warning("a", "b"), warning("a", "b")]) == "1 ok, 2 warnings, 0 faults"
    assert summary_line([LONG]) == "0 ok, 0 warnings, 1 fault"
