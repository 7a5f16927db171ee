"""What a probe found: a table on a terminal, a line each in a pipe. Everything is harmless to print."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chatbot.records import NamedTuple
from chatbot.terminal.documents.conversations import one_line
from chatbot.terminal.screen import Screen

_STYLES = {"yes": "green", "no": "yellow", "wrong": "bold red", "unknown": "dim"}
_STYLES |= {"pass": "green", "fail": "bold red", "n/a": "dim"}
_STYLES |= {"gained": "green", "changed": "yellow", "lost": "bold red"}
_NARROW_CELLS = 70  # below, what was found stands under its title


class FoundRow(NamedTuple):
    """`answer` is one word; `words` say more, `shown` are bytes that show it."""

    answer: str
    title: str
    words: str = ""
    shown: str = ""


def found_text(rows: Sequence[FoundRow], screen: Screen) -> str:
    """The rows as standard output can show them; the same bytes are shown once."""
    rows = _told_once([FoundRow(*map(one_line, row)) for row in rows])
    if not screen.rendered:
        return "".join(f"{line}\n" for line in _lines(rows))
    return _table(rows, screen)


def _told_once(rows: Sequence[FoundRow]) -> list[FoundRow]:
    first = {row.shown: number for number, row in reversed([*enumerate(rows)])}
    return [row if first[row.shown] == number else row._replace(shown="") for number, row in enumerate(rows)]


def _lines(rows: Sequence[FoundRow]) -> Iterator[str]:
    answer_width = max((len(row.answer) for row in rows), default=0)
    title_width = max((len(row.title) for row in rows), default=0)
    for row in rows:
        words = "  ".join(filter(None, (row.words, row.shown)))
        yield f"{row.answer:<{answer_width}}  {row.title:<{title_width}}  {words}".rstrip()


def _table(rows: Sequence[FoundRow], screen: Screen) -> str:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    is_narrow = screen.width < _NARROW_CELLS
    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(2 if is_narrow else 3):
        table.add_column(overflow="fold")
    for row in rows:
        said = [Text(row.words)] if row.words else []
        said += [Text(row.shown, "dim")] if row.shown else []
        cells = [Text(row.answer, _STYLES.get(row.answer, ""))]
        title = Text(row.title)
        cells += [Text("\n").join([title, *said])] if is_narrow else [title, Text("\n").join(said)]
        table.add_row(*cells)
    console = Console(
        width=screen.width,
        force_terminal=screen.styles,
        color_system="standard" if screen.styles else None,
        no_color=not screen.styles,
        legacy_windows=False,
    )
    with console.capture() as capture:
        console.print(table)
    return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())
