"""The waterfall: where the time of a question went, a row a step and attempt, the bars to one scale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from urllib.parse import urlsplit

from rich.style import Style

from chatbot.core.amounts import step_words
from chatbot.core.http.exchange import SafeExchange
from chatbot.core.http.seen import Arrivals
from chatbot.records import NamedTuple
from chatbot.terminal.http.verbose import status_style
from chatbot.terminal.markdown.look import DIM, PLAIN, STRONG
from chatbot.terminal.markdown.row import Row

_NAME_CELLS, _TIME_CELLS = 11, 12
_LEAST_BAR_CELLS = 10
_BARS = {
    "lookup": Style(color="cyan"),
    "connect": Style(color="blue"),
    "TLS": Style(color="magenta"),
    "send": Style(color="blue"),
    "wait": Style(color="yellow"),
    "reasoning": Style(color="cyan"),
    "text": Style(color="green"),
    "body": Style(color="green"),
}


class Step(NamedTuple):
    """A part of an attempt, in milliseconds from the attempt's start."""

    name: str
    from_ms: float
    to_ms: float


def steps(exchange: SafeExchange, arrived: Arrivals) -> Iterator[Step]:
    """The steps of one attempt that took place, in their order. A connection that was used again has no look-up."""
    moments = exchange.moments
    last_ms = exchange.chunk_times_ms[-1] if exchange.chunks else moments.ended_ms
    words = [(name, ms) for name, ms in (("reasoning", arrived.reasoning_ms), ("text", arrived.text_ms)) if ms]
    answered_ms = moments.answered_ms
    waited_ms = last_ms if answered_ms is None else words[0][1] if words else answered_ms
    ends_ms = [*(ms for _, ms in words[1:]), last_ms]
    at_ms = 0.0
    for name, done_ms in (
        ("lookup", moments.looked_up_ms),
        ("connect", moments.connected_ms),
        ("tunnel, TLS" if exchange.connection.proxy else "TLS", moments.secured_ms),
        ("send", moments.sent_ms),
        ("wait", waited_ms),
        *((name, done_ms) for (name, _), done_ms in zip(words, ends_ms, strict=False)),
        ("body", last_ms if exchange.chunks and not words else None),
    ):
        if done_ms is not None:
            yield Step(name, at_ms, done_ms)
            at_ms = done_ms


def placed(exchanges: Sequence[SafeExchange], parts: Sequence[Sequence[Step]]) -> tuple[list[float], float]:
    """When each attempt began, in milliseconds from the first one on, and how long they took together, with the waits
    between them; `parts` are the steps of each.
    """
    starts_ms = [(exchange.started_s - exchanges[0].started_s) * 1000 for exchange in exchanges]
    ends_ms = [
        start_ms + (part[-1].to_ms if part else 0) + (exchange.wait.delay_s * 1000 if exchange.wait else 0)
        for exchange, part, start_ms in zip(exchanges, parts, starts_ms, strict=True)
    ]
    return starts_ms, max(*ends_ms, 0.001)


def waterfall(
    exchanges: Sequence[SafeExchange], arrivals: Sequence[Arrivals], columns: int, *, unicode: bool
) -> Iterator[Row]:
    """The rows of all attempts of a question, and of the waits between them. Narrow screens get the times alone."""
    if not exchanges:
        return
    parts = [list(steps(exchange, arrived)) for exchange, arrived in zip(exchanges, arrivals, strict=True)]
    starts_ms, whole_ms = placed(exchanges, parts)
    scale = _Scale(whole_ms, columns - _NAME_CELLS - _TIME_CELLS - 4, unicode)
    names = request_names(exchanges)
    for exchange, part, start_ms, arrived, name in zip(exchanges, parts, starts_ms, arrivals, names, strict=True):
        yield _head(exchange, name)
        for step in part:
            bar = scale.bar(start_ms + step.from_ms, start_ms + step.to_ms, "█" if unicode else "=")
            yield _row(step.name, step.to_ms - step.from_ms, bar, _BARS.get(step.name, DIM))
        if exchange.wait:
            end_ms = start_ms + (part[-1].to_ms if part else 0)
            bar = scale.bar(end_ms, end_ms + exchange.wait.delay_s * 1000, "·" if unicode else ".")
            yield _row("waited", exchange.wait.delay_s * 1000, bar, DIM)
        yield from _pace(exchange, arrived)


def request_names(exchanges: Sequence[SafeExchange]) -> Iterator[str]:
    """What each is called: a question asked once is one request, in one or more attempts; one with tools is several."""
    is_one = sum(exchange.method == "POST" and exchange.attempt == 1 for exchange in exchanges) < 2
    number = 0
    for exchange in exchanges:
        number += exchange.method == "POST" and exchange.attempt == 1
        if exchange.method != "POST":
            yield f"{exchange.method} {urlsplit(exchange.url).path}"
        elif is_one:
            yield f"attempt {exchange.attempt}"
        else:
            yield f"request {number}" + (f", attempt {exchange.attempt}" if exchange.attempt > 1 else "")


def _head(exchange: SafeExchange, name: str) -> Row:
    status = str(exchange.status) if exchange.status is not None else exchange.end or "no answer"
    again = "  same connection" if exchange.connection.is_reused else ""
    return Row(((f"{name}  ", STRONG), (status, status_style(exchange.status)), (again, DIM)))


def _row(name: str, took_ms: float, bar: str, style: Style) -> Row:
    time = step_words(took_ms)
    return Row(((f"  {name:<{_NAME_CELLS}}{time:>{_TIME_CELLS}}", PLAIN), (f"  {bar}".rstrip(), style)))


def _pace(exchange: SafeExchange, arrived: Arrivals) -> Iterator[Row]:
    """How evenly the words came: the gaps between chunks, and tokens a second."""
    times_ms = exchange.chunk_times_ms
    gaps_ms = sorted(after - before for before, after in pairwise(times_ms))
    if len(gaps_ms) < 2:
        return
    found = [("p50", gaps_ms[len(gaps_ms) // 2]), ("p95", gaps_ms[len(gaps_ms) * 95 // 100]), ("max", gaps_ms[-1])]
    words = "gaps " + ", ".join(f"{name} {step_words(gap)}" for name, gap in found)
    first_ms = arrived.reasoning_ms or arrived.text_ms
    tokens = exchange.usage.output_tokens if exchange.usage else None
    if tokens and first_ms is not None and times_ms[-1] > first_ms:
        words += f"; {tokens / (times_ms[-1] - first_ms) * 1000:.0f} tokens a second"
    yield Row(((f"  {words}", DIM),))


class _Scale(NamedTuple):
    whole_ms: float
    cells: int
    unicode: bool

    def bar(self, from_ms: float, to_ms: float, sign: str) -> str:
        """Blanks and a bar of at least one cell; nothing where there is no room to compare bars."""
        if self.cells < _LEAST_BAR_CELLS:
            return ""
        first = max(0, min(int(from_ms / self.whole_ms * self.cells), self.cells - 1))
        size = max(1, round((to_ms - from_ms) / self.whole_ms * self.cells))
        return " " * first + sign * min(size, self.cells - first)
