"""Models as lines: columns for a screen, and rows for programs like grep and cut. Everything is harmless to print."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from chatbot.core.amounts import short
from chatbot.core.models.listed import ListedModel
from chatbot.records import NamedTuple
from chatbot.terminal.documents.conversations import cells, one_line

FROM_TABLE = "*"  # behind a price that the server did not say itself
_GAP, _NAME = "  ", "model"


class _Column(NamedTuple):
    """`weight`: which columns stay where not all have room, the largest first."""

    title: str
    weight: int
    cell: Callable[[ListedModel], str]
    plain: Callable[[ListedModel], str]


def _word(flag: bool | None) -> str:
    return "" if flag is None else "yes" if flag else "no"


def _count(count: int | None) -> str:
    return "" if count is None else short(count)


def _plain(value: int | Decimal | None) -> str:
    return "" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)


def _usd(usd: Decimal | None, model: ListedModel) -> str:
    return "" if usd is None else f"{usd:f}" + (FROM_TABLE if model.price_date else "")


_COLUMNS = (
    _Column("context", 7, lambda m: _count(m.context_window), lambda m: _plain(m.context_window)),
    _Column("output", 1, lambda m: _count(m.max_output_tokens), lambda m: _plain(m.max_output_tokens)),
    _Column("image", 4, lambda m: _word(m.images), lambda m: _word(m.images)),
    _Column("tools", 3, lambda m: _word(m.tools), lambda m: _word(m.tools)),
    _Column("schema", 0, lambda m: _word(m.schema), lambda m: _word(m.schema)),
    _Column("reasoning", 2, lambda m: _word(m.reasoning), lambda m: _word(m.reasoning)),
    _Column("$ in", 6, lambda m: _usd(m.input_usd, m), lambda m: _plain(m.input_usd)),
    _Column("$ out", 5, lambda m: _usd(m.output_usd, m), lambda m: _plain(m.output_usd)),
)
PLAIN_COLUMNS = "name, context, output, image, tools, schema, reasoning, USD in, USD out, date of the price"


def model_lines(models: Sequence[ListedModel], width: int) -> list[str]:
    """A heading and a line for each model, at most `width` cells wide: a column that says nothing is left out, and so
    are the least important ones where there is no room. A name is never cut, whatever its length.
    """
    names = [one_line(model.name) for model in models]
    columns = []
    for column in _COLUMNS:
        rows = [column.cell(model) for model in models]
        if any(rows):
            columns.append((column, rows, max(map(len, (column.title, *rows)))))
    name_cells = max(map(cells, (*names, _NAME)))
    left = width - name_cells
    kept = []
    for column, rows, size in sorted(columns, key=lambda part: -part[0].weight):
        left -= len(_GAP) + size
        if left < 0:
            break
        kept.append((column, rows, size))
    if not kept:
        return names
    kept.sort(key=lambda part: _COLUMNS.index(part[0]))
    lines = [_GAP.join([_NAME.ljust(name_cells), *(column.title.rjust(size) for column, _, size in kept)])]
    for number, name in enumerate(names):
        parts = [name + " " * (name_cells - cells(name)), *(rows[number].rjust(size) for _, rows, size in kept)]
        lines.append(_GAP.join(parts).rstrip())
    return lines


def plain_lines(models: Sequence[ListedModel]) -> list[str]:
    """A line for each model, PLAIN_COLUMNS with a tab between them; empty where something is not known."""
    return ["\t".join([one_line(m.name), *(col.plain(m) for col in _COLUMNS), m.price_date]) for m in models]


def price_note(models: Sequence[ListedModel], lines: Sequence[str]) -> str:
    """What the prices in these lines are, and of when; empty where none are shown."""
    if not lines or "$" not in lines[0]:
        return ""
    dates = [model.price_date for model in models if model.price_date]
    table = f"; {FROM_TABLE} as of {max(dates)}, from a table that comes with chat" if dates else ""
    return f"$ is USD per million tokens{table}"
