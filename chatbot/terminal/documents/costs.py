"""What answers cost, and the ledger, as lines with bars for a terminal. Everything is harmless to print."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from chatbot.core.amounts import size_words
from chatbot.core.cost.answer import usd_words
from chatbot.core.cost.sums import CostSum, HostSum
from chatbot.terminal.documents.conversations import cells, filled, fitted, one_line

_GAP = "  "
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_MIN_BAR_CELLS, _MAX_BAR_CELLS, _MIN_NAME_CELLS = 8, 40, 10


def cost_lines(sums: Sequence[CostSum], width: int, *, unicode: bool) -> list[str]:
    """A line of at most `width` cells for each sum: its name, a bar, what it cost, how many answers; and the total."""
    if not sums:
        return []
    total = CostSum("total", sum((one.usd for one in sums), Decimal(0)), sum(one.answers for one in sums))
    total = total._replace(unknown=sum(one.unknown for one in sums))
    rows = [*sums, *([total] if len(sums) > 1 else [])]
    names = [one_line(one.name) or "?" for one in rows]
    costs = [_sum(one.usd, one.unknown, one.answers) for one in rows]
    more = [_counted(one) for one in rows]
    cost_cells, more_cells = max(map(len, costs)), max(map(len, more))
    left = width - cost_cells - 2 * len(_GAP)
    if left < more_cells + _MIN_NAME_CELLS:
        more, more_cells = [""] * len(rows), 0
    left -= more_cells
    name_cells = min(max(map(cells, names)), max(left - len(_GAP) - _MIN_BAR_CELLS, _MIN_NAME_CELLS))
    bar_cells = min(left - name_cells - len(_GAP), _MAX_BAR_CELLS)
    largest = max(one.usd for one in sums)
    lines = []
    for one, name, cost, count in zip(rows, names, costs, more, strict=True):
        share = float(one.usd / largest) if largest and one is not total else 0.0
        bar = [bar_of(share, bar_cells, unicode=unicode)] if bar_cells >= _MIN_BAR_CELLS else []
        lines.append(_GAP.join([filled(name, name_cells), *bar, cost.rjust(cost_cells), count]).rstrip())
    return lines


def bar_of(share: float, width: int, *, unicode: bool) -> str:
    """A bar of a share of `width` cells, in exactly so many; what is more than nothing can be seen."""
    if not unicode:
        return ("=" * max(round(share * width), int(share > 0))).ljust(width)
    eighths = max(round(share * width * 8), int(share > 0))
    full, part = divmod(eighths, 8)
    return (_EIGHTHS[8] * full + (_EIGHTHS[part] if part else "")).ljust(width)


def ledger_lines(sums: Sequence[HostSum], width: int, *, by_day: bool) -> list[str]:
    """A heading and a line of at most `width` cells for each sum. Of the columns the last ones go where there is no
    room: kinds, then the days or hosts, then the number of requests.
    """
    rows = [("day" if by_day else "host", "up", "down", "cost", "requests", "hosts" if by_day else "days", "content")]
    for one in sums:
        others = ", ".join(one.hosts) if by_day else _days(one)
        kinds = ", ".join(one.kinds) or "not kept"
        sizes = [_size(count) for count in (one.sent_bytes, one.received_bytes)] if one.kinds else ("", "")
        rows.append((one.name or "not kept", *sizes, _cost(one), str(one.requests or ""), others, kinds))
    table = [[one_line(cell) for cell in row] for row in rows]
    sizes_of = [max(cells(row[at]) for row in table) for at in range(len(table[0]))]
    sizes_of[0] = min(sizes_of[0], max(_MIN_NAME_CELLS, width - sum(sizes_of[1:4]) - 3 * len(_GAP)))
    kept = 4
    while kept < len(sizes_of) and sum(sizes_of[: kept + 1]) + kept * len(_GAP) <= width:
        kept += 1
    lines = []
    for row in table:
        parts = [filled(row[0], sizes_of[0]), *(row[at].rjust(sizes_of[at]) for at in range(1, min(kept, 5)))]
        parts += [filled(row[at], sizes_of[at]) for at in range(5, kept)]
        lines.append(fitted(_GAP.join(parts).rstrip(), width))
    return lines


def _cost(one: HostSum) -> str:
    known = 1 if one.usd else 0
    return _sum(one.usd, one.unpriced, one.unpriced + known) if one.unpriced or known else "-"


def _sum(usd: Decimal, unknown: int, answers: int) -> str:
    """A sum; where some of it is not known, it is more."""
    if unknown == answers:
        return "unknown"
    return f">{usd_words(usd)}" if unknown else usd_words(usd)


def _size(count: int) -> str:
    return size_words(count).replace(" bytes", " B").replace(" byte", " B")


def _days(one: HostSum) -> str:
    return one.first_day if one.first_day == one.last_day else f"{one.first_day} to {one.last_day}"


def _counted(one: CostSum) -> str:
    words = f"{one.answers} answer{'s' * (one.answers != 1)}"
    return f"{words}, {one.unknown} unknown" if 0 < one.unknown < one.answers else words
