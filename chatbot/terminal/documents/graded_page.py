"""The marks of a client as a page of HTML. It loads nothing and runs no script: nothing in it is more than text."""

from __future__ import annotations

import html
import shlex
from collections.abc import Iterator, Sequence

from chatbot.terminal.documents.graded import GradeRow
from chatbot.terminal.sanitise import sanitise

_STYLE = """
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
pre { padding: .5rem .7rem; border: 1px solid #8886; border-radius: 4px; white-space: pre-wrap; }
table { width: 100%; border-collapse: collapse; } th, td { text-align: left; vertical-align: top; padding: .3rem .5rem;
  border-top: 1px solid #8886; overflow-wrap: anywhere; }
p { margin: 0; } small { color: #888; } .pass { color: #2a9d4a; } .fail { color: #d33; font-weight: bold; }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def graded_page(rows: Sequence[GradeRow], command: Sequence[str], summary: str) -> str:
    """The page, in UTF-8."""
    score, _, counts = summary.partition(": ")
    wires = list(dict.fromkeys(wire for row in rows for wire, _, _ in row.marks))
    heads = "".join(f"<th>{_escaped(head)}</th>" for head in ("case", *wires))
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width">\n<title>chat lab grade</title>',
            f"<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{_escaped(score)}</h1>",
            f"<pre>{_escaped(shlex.join(command))}</pre>\n<p>{_escaped(counts)}</p>",
            f"<table>\n<tr>{heads}</tr>",
            *map(_row, rows),
            "</table>\n</body>\n</html>\n",
        ]
    )


def _row(row: GradeRow) -> str:
    about = (
        f"<p><b>{_escaped(row.name)}</b></p><p>{_escaped(row.done)} {_escaped(row.expected)}</p>"
        f"<p><small>{_escaped(row.teaches)}</small></p>"
    )
    return f"<tr><td>{about}</td>{''.join(_cells(row))}</tr>"


def _cells(row: GradeRow) -> Iterator[str]:
    for _, verdict, seen in row.marks:
        kind = verdict if verdict in ("pass", "fail") else "none"
        yield f'<td><p class="{kind}">{_escaped(verdict)}</p><small>{_escaped(seen)}</small></td>'


def _escaped(text: str) -> str:
    return html.escape(sanitise(text))
