"""The loop between the events of several answers and what a person sees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from chatbot.core.errors import TimedOut
from chatbot.core.events import Event, Finished, FromOne, Verdict
from chatbot.terminal.answer.show_events import EventQueue, ended_here, sooner, with_whole_text
from chatbot.terminal.several.progress import Progress

Redact = Callable[[list[Event]], Iterable[Event]]


class Board(Protocol):
    """Shows several answers. `show` takes what came of one; `frame` draws what is due, and returns the seconds until
    it wants to be called again, None for whenever.
    """

    def show(self, number: int, events: Sequence[Event], now_s: float) -> None: ...

    def frame(self, now_s: float) -> float | None: ...


def show_all(
    event_queue: EventQueue[FromOne],
    board: Board,
    progresses: Sequence[Progress],
    redactors: Sequence[Redact],
    clock: Callable[[], float],
    stopped: Callable[[], bool],
    limits_s: Sequence[float | None],
) -> None:
    """Shows the answers as they come until all have ended, the person stops them (`stopped`), or the time of each is
    over. `redactors` get the events of an answer before anything else.

    What the board raises (a closed pipe) ends them all and is passed on.
    """

    def shown(number: int, events: Iterable[Event], now_s: float) -> None:
        came = list(events)
        if came and progresses[number].finished is None:
            progresses[number].take(came, now_s)
            board.show(number, came, now_s)

    was_cut = True
    try:
        while any(each.finished is None for each in progresses):
            wait_s = board.frame(clock())
            for each, limit_s in zip(progresses, limits_s, strict=True):
                if each.finished is None:
                    wait_s = sooner(wait_s, limit_s, clock() - each.began_s)
            items = event_queue.take(wait_s)
            for item in items:
                progresses[item.number].saw(item.event, item.after_s)
            for number, events in _by_answer(items):
                shown(number, redactors[number](with_whole_text(events)), clock())
            for number, limit_s in enumerate(limits_s):
                if ending := _ended_here(progresses[number], stopped(), limit_s, clock()):
                    shown(number, redactors[number]([ending]), clock())
        was_cut = any(is_cut(each.finished) for each in progresses if each.finished)
        board.frame(clock())
    finally:
        if was_cut:
            event_queue.give_up()


def _by_answer(items: Sequence[FromOne]) -> list[tuple[int, list[Event]]]:
    """The events of each, in the order in which their last ones came: what ended first is shown first."""
    found: dict[int, list[Event]] = {}
    for item in items:
        events = found.pop(item.number, [])
        events.append(item.event)
        found[item.number] = events
    return list(found.items())


def _ended_here(progress: Progress, stopped: bool, limit_s: float | None, now_s: float) -> Finished | None:
    if progress.finished is not None:
        return None
    return ended_here(progress.first_text_s is not None, stopped, limit_s, now_s - progress.began_s)


def is_cut(finished: Finished) -> bool:
    """Whether it was ended from this side, while more may come."""
    return finished.verdict is Verdict.CANCELLED or isinstance(finished.error, TimedOut)
