"""What services said is left of their limits, for a person: rows with a bar, and one warning."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator

from chatbot.core.amounts import duration_words
from chatbot.core.http.limit_headers import NEXT_REQUEST
from chatbot.core.http.limits import Limit, SeenLimits
from chatbot.terminal.documents.conversations import cells, fitted, grouped, one_line

NOT_TOLD = "not told: this service says nothing of its limits"
_LITTLE = 0.05
_SOON_S = 2.0  # what is full again by then is no news: some services have limits by the second
_INDENT = "  "
_MAX_BAR_CELLS, _MIN_BAR_CELLS = 20, 8
_MIN_COLUMNS = 20
_LONGEST_UNREAD = 80  # characters of a value

# Unix seconds to words such as `2 min ago`.
TimeWords = Callable[[float], str]


def limit_rows(seen: SeenLimits, now_s: float, width: int, time_words: TimeWords, *, unicode: bool) -> list[str]:
    """The rows of a service, at most `width` cells wide, and harmless to print."""
    width = max(width, _MIN_COLUMNS)
    name = one_line("/".join(filter(None, (seen.service, seen.model))))
    rows = [*_wrapped(f"{name}, seen {time_words(seen.seen_s)}", width, "")]
    known = seen.limits.known
    if not known:
        rows += _wrapped(NOT_TOLD, width, _INDENT)
    sentences = [sentence(limit, now_s) for limit in known]
    longest = max(map(cells, sentences), default=0)
    bar_cells = min(_MAX_BAR_CELLS, width - len(_INDENT) - 2 - longest)
    for limit, words in zip(known, sentences, strict=True):
        if bar_cells >= _MIN_BAR_CELLS:
            rows.append(f"{_INDENT}{_bar(limit, bar_cells, unicode)}  {words}")
        else:
            rows += _wrapped(words, width, _INDENT)
    for header, value in seen.limits.unread:
        rows.append(f"{_INDENT}{one_line(header)}: {one_line(value)[:_LONGEST_UNREAD]}")
    if unicode:
        return [fitted(row, width) for row in rows]
    return [fitted(row.encode("ascii", "replace").decode(), width).replace("…", "~") for row in rows]


def sentence(limit: Limit, now_s: float) -> str:
    """`412 of 500 requests, full again in 6 s`."""
    what = one_line(limit.what)
    if limit.what == NEXT_REQUEST:
        return f"{what} {_when(limit, now_s) or 'at once'}"
    left, most = _number(limit.remaining), _number(limit.limit)
    if left and most:
        said = f"{left} of {most} {what}"
    elif left:
        said = f"{left} {what} left"
    else:
        said = f"{most} {what}, what is left is not told" if most else what
    if limit.window:
        said += f" each {one_line(limit.window)}" if most else f" of this {one_line(limit.window)}"
    return ", ".join([said, *_refill(limit, now_s)])


def warning(seen: SeenLimits, now_s: float) -> str | None:
    """One sentence where less than 5 % of a limit is left, of the one with the least; else None."""
    low = [
        limit
        for limit in seen.limits.known
        if limit.share_left is not None
        and limit.share_left < _LITTLE
        and (limit.resets_at_s is None or limit.resets_at_s - now_s > _SOON_S)
    ]
    least = min(low, key=lambda limit: limit.share_left or 0.0, default=None)
    return least and f"{one_line(seen.service)} leaves only {sentence(least, now_s)}"


def _refill(limit: Limit, now_s: float) -> Iterator[str]:
    """When it is full again, unless it is full."""
    when = _when(limit, now_s)
    if limit.share_left == 1.0 and limit.remaining == limit.limit:
        return
    if when is not None:
        yield f"full again {when}"


def _when(limit: Limit, now_s: float) -> str | None:
    if limit.resets_at_s is None:
        return None
    left_s = limit.resets_at_s - now_s
    return f"in {duration_words(left_s)}" if left_s > 0 else "by now"


def _number(value: float | None) -> str:
    return "" if value is None else grouped(round(value))


def _bar(limit: Limit, cells: int, unicode: bool) -> str:
    """How much is left; a row of dots where that is not told."""
    full, rest, unknown = ("█", "░", "·") if unicode else ("#", "-", ".")
    if limit.share_left is None:
        return unknown * cells
    filled = round(limit.share_left * cells)
    if limit.remaining and not filled:
        filled = 1  # something is left
    return full * filled + rest * (cells - filled)


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent + _INDENT) or [indent]
