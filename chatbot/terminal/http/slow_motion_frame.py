"""An answer in slow motion, step by step: the bytes of a chunk, an event, what it added, and the text so far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len, chop_cells

from chatbot.core.amounts import size_words, step_words
from chatbot.core.events import ReasoningDelta, TextDelta
from chatbot.core.http.bodies import shown_body
from chatbot.core.http.exchange import SafeEvent, SafeExchange
from chatbot.core.http.playback import Played, playback
from chatbot.core.http.seen import Read
from chatbot.records import NamedTuple
from chatbot.terminal.http.rows import as_text
from chatbot.terminal.http.verbose import added_words, chunk_row, end_rows, event_rows, request_rows, response_rows
from chatbot.terminal.sanitise import sanitise

KEYS = "left right space: step   home end   q: leave"
_SHORT_KEYS = "<- -> home end q"
_LABEL_CELLS = 7
_LEAST_WIDTH, _LEAST_HEIGHT = 20, 6
_VISIBLE = {ord("\r"): "\\r", ord("\n"): "\\n", ord("\t"): "\\t"}


class View(NamedTuple):
    """What one looks at: an exchange, its chunks, and the step one stands at; step 0 is before the first chunk."""

    exchange: SafeExchange
    played: Sequence[Played]
    stops: Sequence[tuple[int, int]]  # of each step from 1 on: the chunk, and the event in it, -1 where there is none
    step: int = 0

    @property
    def here(self) -> tuple[Played, SafeEvent | None] | None:
        """The chunk and the event of this step."""
        if not self.step:
            return None
        chunk, event = self.stops[self.step - 1]
        part = self.played[chunk]
        return part, part.events[event] if event >= 0 else None

    def moved(self, by: int) -> View:
        """It `by` steps further, as far as there are any."""
        return self._replace(step=max(0, min(len(self.stops), self.step + by)))


def opened(exchange: SafeExchange, read: Read) -> View:
    """The view before the first chunk. `read` says what an event means, in the exchange's wire format."""
    played = playback(exchange, read)
    stops = [
        (chunk, event)
        for chunk, part in enumerate(played)
        for event in (range(len(part.events)) if part.events else (-1,))
    ]
    return View(exchange, played, stops)


def frame(view: View, width: int, height: int, *, unicode: bool) -> list[str]:
    """The rows of the screen at a step, none wider than `width` cells, at most `height`; harmless to print."""
    width, height = max(width, _LEAST_WIDTH), max(height, _LEAST_HEIGHT)
    keys = KEYS if cell_len(KEYS) <= width else _SHORT_KEYS
    left = height - 4  # the head, its bar, the row above the text, the keys
    here = view.here
    middle = _heads(view.exchange, width) if here is None else _step_rows(*here, width, left)
    middle = _cut(middle, max(1, left - max(1, left // 3)))
    kind, said = _so_far(view)
    room = left - len(middle)
    rows = [_head(view), _bar(view, width), *middle, f"--- {kind} so far ---", *_tail(said, width, room), keys]
    return [_shown(row, width, unicode=unicode) for row in rows]


def plain(view: View) -> Iterator[str]:
    """All of it as rows, for where there is no screen to step on."""
    exchange = view.exchange
    yield from as_text([*request_rows(exchange, 2), *response_rows(exchange, 2)], styles=False).splitlines()
    for number, part in enumerate(view.played, 1):
        rows = [chunk_row(number, part.chunk), *(row for seen in part.events for row in event_rows(seen))]
        yield from as_text(rows, styles=False).splitlines()
    yield from as_text(end_rows(exchange, 3), styles=False).splitlines()
    said = {
        "reasoning": "".join(part.reasoning for part in view.played),
        "text": "".join(part.text for part in view.played),
    }
    for kind, words in said.items():
        if words:
            yield f"--- {kind} ---"
            yield from sanitise(words).expandtabs(4).splitlines()


def _head(view: View) -> str:
    here = view.here
    if here is None:
        return f"before the first of {len(view.played)} chunks, {len(view.stops)} steps"
    number, event = view.stops[view.step - 1]
    chunk, seen = here[0].chunk, here[0].events
    since_ms = chunk.at_ms - (view.played[number - 1].chunk.at_ms if number else 0)
    words = [f"chunk {number + 1} of {len(view.played)}", f"at {step_words(chunk.at_ms)} (+{step_words(since_ms)})"]
    words += [size_words(len(chunk.data))] + ([f"event {event + 1} of {len(seen)}"] if event >= 0 else [])
    return "  ".join(words)


def _bar(view: View, width: int) -> str:
    """The time line: where chunks came, and where one stands."""
    cells = ["-"] * width
    last_ms = max(view.played[-1].chunk.at_ms if view.played else 0.0, 1.0)

    def place(at_ms: float) -> int:
        return max(0, min(width - 1, int(at_ms / last_ms * (width - 1))))

    for part in view.played:
        cells[place(part.chunk.at_ms)] = "+"
    if view.here is not None:
        cells[place(view.here[0].chunk.at_ms)] = "@"
    return "".join(cells)


def _heads(exchange: SafeExchange, width: int) -> list[str]:
    text = as_text([*request_rows(exchange, 1), *response_rows(exchange, 2)], styles=False)
    return [part for row in text.splitlines() for part in _chopped(row, width)]


def _step_rows(part: Played, seen: SafeEvent | None, width: int, left: int) -> list[str]:
    """The bytes between the chunk's borders, its event with the JSON in it, and what that added."""
    data = sanitise(part.chunk.data.decode("utf-8", "backslashreplace").translate(_VISIBLE))
    rows = _cut(_labelled("bytes", f"|{data}|", width), max(1, left // 4))
    if seen is None:
        return [*rows, *_labelled("event", "none ends in this chunk", width)]
    kind = "" if seen.event.type == "message" else f"{seen.event.type} "
    event = sanitise(kind + shown_body(seen.event.data.encode("utf-8", "replace"))).expandtabs(4)
    added = ", ".join([*map(added_words, seen.added), *filter(None, [seen.error])]) or "nothing"
    told = _labelled("added", sanitise(added).expandtabs(4).replace("\n", " "), width)[:3]
    room = max(1, left - max(1, left // 3) - len(rows) - len(told))
    return [*rows, *_cut(_labelled("event", event, width), room), *told]


def _labelled(label: str, text: str, width: int) -> list[str]:
    rows = [part for line in text.split("\n") for part in _chopped(line, width - _LABEL_CELLS)]
    return [f"{'' if number else label:<{_LABEL_CELLS}}{row}" for number, row in enumerate(rows)]


def _so_far(view: View) -> tuple[str, str]:
    """The answer's text as it stood after this step; the reasoning, as long as there is no text."""
    if view.here is None:
        return "text", ""
    number, event = view.stops[view.step - 1]
    before, part = view.played[:number], view.played[number]
    added = [each for seen in part.events[: event + 1] for each in seen.added]
    text = "".join([*(one.text for one in before), *(each.text for each in added if isinstance(each, TextDelta))])
    if text:
        return "text", text
    reasoning = (each.text for each in added if isinstance(each, ReasoningDelta))
    said = "".join([*(one.reasoning for one in before), *reasoning])
    return ("reasoning", said) if said else ("text", "")


def _tail(text: str, width: int, rows: int) -> list[str]:
    """The last rows of a text, filled up with empty ones."""
    end = sanitise(text[-rows * width :]).expandtabs(4) if rows > 0 else ""
    found = [part for line in end.split("\n") for part in _chopped(line, width)][-rows:] if rows > 0 else []
    return [*found, *[""] * (rows - len(found))]


def _chopped(line: str, width: int) -> list[str]:
    return chop_cells(line, width) or [""]


def _cut(rows: Sequence[str], most: int) -> list[str]:
    """At most so many rows, the last of which says how many are missing."""
    return list(rows) if len(rows) <= most else [*rows[: most - 1], f"... {len(rows) - most + 1} rows more"]


def _shown(row: str, width: int, *, unicode: bool) -> str:
    row = row if unicode else row.encode("ascii", "replace").decode()
    return _chopped(row, width)[0]
