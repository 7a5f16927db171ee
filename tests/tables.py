"""Tables of cases as a person reads them."""

from __future__ import annotations


def cases(table: str) -> list[tuple[str, ...]]:
    """A line a case, its cells between ` | `; an escape (`\\n`, `\\x1b`) means what it does in Python."""
    return [tuple(map(_meant, line.strip().split(" | "))) for line in table.splitlines() if line.strip()]


def _meant(cell: str) -> str:
    return cell.strip().encode("latin-1", "backslashreplace").decode("unicode_escape")
