"""The loop between an answer's events and what a person sees."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from chatbot.core.calls.loop import whole
from chatbot.core.calls.steps import Step, StepCollector
from chatbot.core.cost.answer import Cost
from chatbot.core.errors import ChatError, ProgramFault, TimedOut
from chatbot.core.events import Event, Finished, TextDelta, Verdict
from chatbot.records import NamedTuple

Seen = TypeVar("Seen", covariant=True)


class EventQueue(Protocol[Seen]):
    """Where events come from; see chatbot.outside.background."""

    def take(self, timeout_s: float | None) -> Sequence[Seen]: ...

    def give_up(self) -> None: ...


class View(Protocol):
    """Shows an answer. `show` takes what came at once, `frame` lets time pass, `close` leaves the screen in order;
    `withdraw` takes away what is not final, where somebody else goes on.
    """

    def show(self, events: Sequence[Event], now_s: float) -> None: ...

    def frame(self, now_s: float) -> float | None:
        """Draws what is due; returns the seconds until it wants to be called again, None for whenever."""
        return None

    def withdraw(self) -> None:
        """Nothing, where all that is shown is final."""
        return

    def close(self, now_s: float) -> None: ...


class AnswerResult(NamedTuple):
    """The text of an answer as far as it came, what the model thought before it, how it ended, and what it cost, where
    somebody looked. `steps` are those before it in which the model called tools; what it said in them is no part of the
    answer.
    """

    text: str
    reasoning: str
    finished: Finished
    cost: Cost | None = None
    steps: tuple[Step, ...] = ()


def show_events(
    event_queue: EventQueue[Event],
    view: View,
    clock: Callable[[], float],
    stopped: Callable[[], bool],
    limit_s: float | None = None,
    redact: Callable[[list[Event]], Iterable[Event]] = lambda events: events,
) -> AnswerResult:
    """Shows events as they come until the answer ends, the person stops it (`stopped`), or `limit_s` is over. `redact`
    gets them before anything else.

    What the view raises (a closed pipe) ends the answer and is passed on.
    """
    started_s = clock()
    collected = StepCollector()
    finished: Finished | None = None
    try:
        while finished is None:
            wait_s = view.frame(clock())
            events = _taken(event_queue, redact, sooner(wait_s, limit_s, clock() - started_s), collected)
            collected.take(events)
            finished = events[-1] if events and isinstance(events[-1], Finished) else None
            if finished is None:
                finished = ended_here(collected.has_text, stopped(), limit_s, clock() - started_s)
                if finished and collected.ended:
                    finished = whole([*collected.ended, finished])
            if events:
                view.show(events, clock())
        view.close(clock())
        return AnswerResult(collected.text, collected.reasoning, finished, steps=tuple(collected.steps))
    finally:
        if finished is None or finished.verdict is Verdict.CANCELLED or isinstance(finished.error, TimedOut):
            event_queue.give_up()


def _taken(
    event_queue: EventQueue[Event],
    redact: Callable[[list[Event]], Iterable[Event]],
    timeout_s: float | None,
    so_far: StepCollector,
) -> list[Event]:
    """What came; that the thread which makes the events has failed is the end of the answer."""
    try:
        return list(redact(with_whole_text(event_queue.take(timeout_s))))
    except ChatError:
        raise
    except Exception as failure:
        error = ProgramFault(f"a fault of chat itself: {type(failure).__name__}: {failure}")
        error.__cause__ = failure
        failed = Finished(Verdict.CUT if so_far.has_text else Verdict.FAILED, error=error, has_text=so_far.has_text)
        return [whole([*so_far.ended, failed])]


def with_whole_text(events: Sequence[Event]) -> list[Event]:
    """The same events with neighbouring text deltas joined: a fast answer comes by the thousand."""
    joined: list[Event] = []
    texts: list[str] = []
    for event in events:
        if type(event) is TextDelta:
            texts.append(event.text)
            continue
        if texts:
            joined.append(TextDelta("".join(texts)))
            texts = []
        joined.append(event)
    if texts:
        joined.append(TextDelta("".join(texts)))
    return joined


def ended_here(has_text: bool, stopped: bool, limit_s: float | None, elapsed_s: float) -> Finished | None:
    """The end that comes from this side, if it has come."""
    if stopped:
        return Finished(Verdict.CANCELLED, has_text=has_text)
    if limit_s is not None and elapsed_s >= limit_s:
        error = TimedOut(f"the answer was not complete after {limit_s:g} s", advice="Allow more with --max-time.")
        return Finished(Verdict.CUT if has_text else Verdict.FAILED, error=error, has_text=has_text)
    return None


def sooner(wait_s: float | None, limit_s: float | None, elapsed_s: float) -> float | None:
    """How long may be waited: not beyond what is left of the limit."""
    left_s = None if limit_s is None else max(0.0, limit_s - elapsed_s)
    return min((time_s for time_s in (wait_s, left_s) if time_s is not None), default=None)
