"""One question to several at once: each answer's events as they come, with the number of whom they are from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from chatbot.core.errors import Cancelled, ChatError, ProgramFault
from chatbot.core.events import Event, Finished, FromOne, TextDelta, Verdict
from chatbot.records import NamedTuple
from chatbot.session import Sleep

MOST_MEMBERS = 16


class Member(NamedTuple):
    """One of those that are asked. `ask` gives the events of its answer, and waits with the sleep it is handed; `stop`
    ends what it waits for, from another thread.
    """

    ask: Callable[[Sleep], Iterator[Event]]
    stop: Callable[[], None] = lambda: None


class Timed(NamedTuple):
    """An event, and the seconds from the question to it."""

    event: Event
    after_s: float


class SideBySide(Protocol):
    def __call__(self, works: Sequence[Iterator[Timed]]) -> Iterator[tuple[int, Timed | BaseException]]:
        """What each of the works yields, as it comes, with its number; what it raises comes as its last. The pool of
        threads: see chatbot.outside.background.
        """
        ...


def failing(error: ChatError) -> Callable[[Sleep], Iterator[Event]]:
    """The `ask` of a member that cannot be asked, for this reason."""
    return lambda sleep: iter((Finished(Verdict.FAILED, error=error, attempts=0),))


def fan_out(
    members: Sequence[Member],
    side_by_side: SideBySide,
    sleep: Sleep,
    clock: Callable[[], float],
    *,
    race: bool = False,
) -> Iterator[FromOne]:
    """The events of all answers; each ends in one Finished, whatever becomes of the others. In a `race` the first
    complete answer ends the rest. `clock` gives seconds.
    """
    over: set[int] = set()
    with_text: set[int] = set()
    began_s = clock()
    works = [_timed(_stopped_by(over, number, member, sleep), clock) for number, member in enumerate(members)]
    for number, item in side_by_side(works):
        if number in over:
            continue
        event, after_s = (
            (_ended(item, number in with_text), clock() - began_s) if isinstance(item, BaseException) else item
        )
        if type(event) is TextDelta:
            with_text.add(number)
        if type(event) is Finished:
            over.add(number)
        yield FromOne(number, event, after_s)
        if race and type(event) is Finished and event.verdict is Verdict.COMPLETE:
            for loser in [each for each in range(len(members)) if each not in over]:
                over.add(loser)
                members[loser].stop()
                yield FromOne(loser, Finished(Verdict.CANCELLED, has_text=loser in with_text), clock() - began_s)
        if len(over) == len(members):
            return


def _timed(events: Iterator[Event], clock: Callable[[], float]) -> Iterator[Timed]:
    """In the thread of each: what shows the events may be busy with others."""
    began_s = clock()
    for event in events:
        yield Timed(event, clock() - began_s)


def _stopped_by(over: set[int], number: int, member: Member, sleep: Sleep) -> Iterator[Event]:
    """The events of a member; one that is over sends nothing more, also not after a wait."""

    def unless_over(delay_s: float) -> None:
        sleep(delay_s)
        if number in over:
            raise Cancelled("stopped")

    if number not in over:
        yield from member.ask(unless_over)


def _ended(failure: BaseException, has_text: bool) -> Finished:
    """The end of an answer whose events ended in an exception."""
    if isinstance(failure, Cancelled):
        return Finished(Verdict.CANCELLED, has_text=has_text)
    if not isinstance(failure, ChatError):
        error = ProgramFault(f"a fault of chat itself: {type(failure).__name__}: {failure}")
        error.__cause__ = failure
        failure = error
    return Finished(Verdict.CUT if has_text else Verdict.FAILED, error=failure, has_text=has_text)
