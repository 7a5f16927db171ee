"""The same question in several wire formats, side by side, the same idea marked alike in each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from rich.cells import cell_len
from rich.style import Style

from chatbot.core.http.bodies import shown_body
from chatbot.core.http.exchange import SafeExchange
from chatbot.terminal.markdown.look import DIM, PLAIN, STRONG
from chatbot.terminal.markdown.row import Row, Run
from chatbot.terminal.markdown.wrap import fold

LEAST_COLUMN_CELLS = 40
_GAP_CELLS = 3
# The mark of an idea, its name, its style, and the members that carry it in one format or another.
_IDEAS = (
    ("m", "model", Style(color="cyan"), r'"model"|/models/'),
    ("s", "system prompt", Style(color="magenta"), r'"(system(_?[iI]nstruction)?|instructions)"'),
    ("q", "who speaks", Style(color="green"), r'"role"'),
    ("c", "what is said", Style(color="yellow"), r'"(content|text|parts|contents|messages|input)"'),
    ("i", "image", Style(color="blue"), r'"(image_url|inline_?[dD]ata|source|media_type|mime_?[tT]ype|data|url)"'),
    ("l", "token limit", Style(color="red"), r'"(max_(completion_|output_)?tokens|maxOutputTokens)"'),
    ("t", "sampling", Style(color="cyan", bold=True), r'"(temperature|top_?[pP]|seed|stop(_sequences|Sequences)?)"'),
    (
        "r",
        "reasoning",
        Style(color="magenta", bold=True),
        r'"(reasoning(_effort)?|thinking\w*|output_config|effort|summary)"',
    ),
    ("w", "streaming", Style(color="blue", bold=True), r'"stream(_options)?"|:streamGenerateContent'),
)


def side_by_side(exchanges: Sequence[SafeExchange], columns: int, *, with_headers: bool = False) -> Iterator[Row]:
    """The requests in columns of at least LEAST_COLUMN_CELLS, else one below the other, and what the marks mean."""
    cells = (columns - _GAP_CELLS * (len(exchanges) - 1)) // max(1, len(exchanges))
    blocks = [list(_marked(exchange, with_headers)) for exchange in exchanges]
    if cells >= LEAST_COLUMN_CELLS and len(exchanges) > 1:
        folded = [[part for row in block for part in fold(row, cells)] for block in blocks]
        for rows in zip_longest(*folded, fillvalue=Row()):
            yield Row(tuple(_joined(rows, cells)))
    else:
        for block in blocks:
            yield from block
            yield Row()
    used = {row.runs[0][0][0] for block in blocks for row in block if row.runs}
    legend = [(f"{mark} {name}   ", style) for mark, name, style, _ in _IDEAS if mark in used]
    yield Row((("", PLAIN), *legend))


def _marked(exchange: SafeExchange, with_headers: bool) -> Iterator[Row]:
    path = exchange.url.split("://")[-1]
    yield Row((("  ", PLAIN), (f"{exchange.provider}: {exchange.wire} format", STRONG)))
    headers = [f"{name}: {value}" for name, value in exchange.request_headers] if with_headers else []
    for line in (f"{exchange.method} {path}", *headers, *shown_body(exchange.request_body).splitlines()):
        mark, style = next(((mark, style) for mark, _, style, sign in _IDEAS if re.search(sign, line)), (" ", PLAIN))
        yield Row(((f"{mark} ", style if mark != " " else DIM), (line, style)))


def _joined(rows: Sequence[Row], cells: int) -> Iterator[Run]:
    for number, row in enumerate(rows, 1):
        yield from row.runs
        if number < len(rows):
            yield (" " * (cells + _GAP_CELLS - cell_len(row.text)), PLAIN)
