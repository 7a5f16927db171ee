"""When the next row may be asked: one pace for all workers. Arithmetic alone; whoever asks hands the time over.

Three things hold a row back. What the service says: the limits in its headers, and the wait that a refusal (HTTP 429)
asks for. How many are asked at once: more and more until the first refusal, half as many after it, then one more in
each window. And the rate that refusals show: between two of them the service took as many rows as it had room for. That
rate is crept up while nothing is refused, faster and faster, and corrected by the next refusal. Once it is known, a
refusal corrects it, and halves nothing: with slow answers, half as many at once would leave room unused for long.
"""

from __future__ import annotations

from collections.abc import Iterable

from chatbot.core.batch.told_limits import Cost, Heard, Taken, ToldLimits
from chatbot.records import NamedTuple

FIRST_AT_ONCE, MOST_AT_ONCE = 8, 64
_WINDOW_S = 1.0  # refusals come at once, so that as long without one means there is room
_CREEP, _QUICK_CREEP, _MOST_CREEP = 0.005, 0.04, 0.5
_STEADY_WINDOWS, _MOST_STEADY_WINDOWS = 10, 80  # without a higher rate
_SHARE = 0.3  # of the way from what was taken to what was refused
_NEAR = 0.9  # how near what was taken and what was refused are where the rate is known
_ROWS_A_WINDOW, _LEAST_WINDOW_S, _MOST_WINDOW_S = 10, 0.2, 60.0
_SURE = 4  # times as long as nothing was begun
_FIRST_BACKOFF_S, _MOST_BACKOFF_S = 0.5, 30.0
_FEW = 3  # rows between two refusals that tell no rate
_LEAST_WAIT_S = 0.001  # a shorter one is lost in the rounding of the clock
_BURST_S = 0.05  # what the rate allows may be begun at once


class Ticket(NamedTuple):
    """A row that was begun, and what is reserved for it."""

    number: int
    taken: Taken


class Pace:
    """`most_at_once` rows are in flight at most. All times are Unix seconds."""

    def __init__(self, now_s: float, most_at_once: int = MOST_AT_ONCE) -> None:
        self._most = most_at_once
        self._at_once = float(min(FIRST_AT_ONCE, most_at_once))
        self._told = ToldLimits()
        self._in_flight: dict[int, Taken] = {}
        self._begun = 0
        self.held_until_s = now_s  # by a refusal
        self._cut_s = float("-inf")  # when the last refusal counted
        self._window_from_s = now_s
        self._backoff_s = _FIRST_BACKOFF_S
        self._since_cut = _Since(now_s)
        self._rate: float | None = None  # rows a second
        self._next_s = now_s  # when the rate has room for the next one
        self._creep = _CREEP
        self._steady = 0  # windows before the rate is crept up
        self._believed = _STEADY_WINDOWS
        self._least_rate = 0.0
        self._knee = float("inf")  # how many were in flight at most when some were refused

    @property
    def in_flight(self) -> int:
        """How many rows are being asked."""
        return len(self._in_flight)

    def wait_s(self, cost: Cost, now_s: float) -> float:
        """Seconds until one more row may be begun: 0 for now, infinity for not before another one is over."""
        self._grow(now_s)
        if len(self._in_flight) >= max(1, int(self._at_once)):
            return (
                float("inf") if self._cut_s > float("-inf") else max(0.01, self._window_from_s + self._window_s - now_s)
            )
        rate_s = self._next_s - now_s if self._rate else 0.0
        told_s = self._told.wait_s(cost, self._in_flight.values(), now_s)
        wait_s = max(self.held_until_s - now_s, rate_s, told_s)
        return max(wait_s, _LEAST_WAIT_S) if wait_s > 0 else 0.0

    def begin(self, cost: Cost, now_s: float) -> Ticket:
        """Reserves what a row takes."""
        self._begun += 1
        if self._rate:
            self._next_s = max(self._next_s, now_s - _BURST_S) + 1 / self._rate
        taken = self._in_flight[self._begun] = Taken(now_s, cost)
        return Ticket(self._begun, taken)

    def answered(self, ticket: Ticket, heard: Heard) -> None:
        """A row is over, and was not refused; what was reserved is settled by what the headers tell."""
        del self._in_flight[ticket.number]
        self._told.see(heard, ticket.taken.begun_s)
        self._backoff_s = _FIRST_BACKOFF_S
        self._since_cut.took(ticket.taken)
        if self._cut_s == float("-inf"):  # twice as many after each round
            self._at_once = min(float(self._most), self._at_once + 1)

    def refused(self, ticket: Ticket, wait_s: float | None, heard: Heard, now_s: float) -> None:
        """A row was refused, for so many seconds if the service said so."""
        del self._in_flight[ticket.number]
        self._told.see(heard, ticket.taken.begun_s)
        is_new = ticket.taken.begun_s > self._cut_s  # those begun before the last one say nothing new
        if wait_s is None:
            wait_s = 1 / self._rate if self._rate else self._backoff_s
            if is_new:
                self._backoff_s = min(_MOST_BACKOFF_S, self._backoff_s * 2)
                wait_s = max(wait_s, self._backoff_s / 4)
        self.held_until_s = max(self.held_until_s, now_s + wait_s) if is_new else self.held_until_s
        if is_new:
            self._cut(ticket.taken.begun_s, now_s)

    def _cut(self, refused_s: float, now_s: float) -> None:
        if self._rate is None:
            self._knee, self._at_once = self._at_once, max(1.0, self._at_once / 2)
        measured = self._since_cut.rate(refused_s, self._in_flight.values())
        if measured and self._cut_s > float("-inf"):
            self._correct(*measured)
        elif self._rate is not None:
            self._rate, self._least_rate = self._rate * 0.9, 0.0
        self._creep = _CREEP if self._steady else _QUICK_CREEP
        self._cut_s = now_s
        self._since_cut = _Since(now_s, self.held_until_s)
        self._next_s = self.held_until_s
        self._window_from_s = max(now_s, self.held_until_s)

    def _correct(self, least: float, most: float) -> None:
        """The rate is between what was taken, and what was refused; before the first one, what was taken at most."""
        refused = self._rate
        if refused is None:
            self._rate, self._least_rate, self._steady = (least + most) / 2, least, 0
            return
        self._least_rate = min(refused, least if self._least_rate >= refused else max(self._least_rate, least))
        self._rate = self._least_rate + (refused - self._least_rate) * _SHARE
        is_known = self._least_rate > refused * _NEAR
        self._believed = min(_MOST_STEADY_WINDOWS, self._believed * 2) if is_known else _STEADY_WINDOWS
        self._steady = self._believed

    @property
    def _window_s(self) -> float:
        if self._rate is None:
            return _WINDOW_S
        return min(_MOST_WINDOW_S, max(_LEAST_WINDOW_S, _ROWS_A_WINDOW / self._rate))

    def _grow(self, now_s: float) -> None:
        while now_s - self._window_from_s >= self._window_s:
            self._window_from_s += self._window_s
            if len(self._in_flight) < int(self._at_once) / 2 and self._rate is None:
                self._window_from_s = now_s  # nobody wanted more
                return
            grown = min(self._at_once * 2, self._knee) if self._at_once < self._knee else self._at_once + 1
            self._at_once = min(float(self._most), grown)
            if self._rate is not None:
                self._steady -= 1
                if self._steady < 0:
                    self._rate *= 1 + self._creep
                    self._creep = min(_MOST_CREEP, self._creep * 2)


class _Since:
    """What the service took since a refusal at `from_s`, after which nothing was begun until `held_until_s`."""

    def __init__(self, from_s: float, held_until_s: float = 0.0) -> None:
        self._from_s, self._held_until_s = from_s, max(from_s, held_until_s)
        self._count = 0

    def took(self, ticket: Taken) -> None:
        """A row begun since was taken."""
        self._count += ticket.begun_s >= self._from_s

    def rate(self, at_s: float, in_flight: Iterable[Taken]) -> tuple[float, float] | None:
        """Rows a second, at least and at most, until a refusal of a row begun at `at_s`; None where there were too few
        to tell. While nothing was begun there was room for more, but perhaps not for all of the time.
        """
        count = self._count + sum(self._from_s <= taken.begun_s < at_s for taken in in_flight)
        if count < _FEW or at_s <= self._held_until_s:
            return None
        return (count - 1) / (at_s - self._from_s), count / (at_s - self._held_until_s)
