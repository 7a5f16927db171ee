from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue

import pytest

from chatbot.core.errors import Cancelled, ConnectionLost
from chatbot.core.events import Event, Finished, TextDelta, Verdict
from chatbot.outside.background import (
    MAX_WAITING_EVENTS,
    EventQueue,
    Inbox,
    given_up_after,
    next_in,
    result_of,
)
from tests.signals import is_handled_during
from tests.tables import each

PATIENCE_S = 5.0
END = Finished(Verdict.COMPLETE)
Sleep = Callable[[float], None]


def inbox_of(*events: Event, stop: Callable[[], None] = lambda: None) -> EventQueue[Event]:
    return EventQueue(lambda _sleep: iter(events), stop)


def held_back(go: threading.Event, *before: Event) -> EventQueue[Event]:
    """These events at once, and END when it may go."""

    def begin(_sleep: Sleep) -> Iterator[Event]:
        yield from before
        go.wait(PATIENCE_S)
        yield END

    return EventQueue(begin, lambda: None)


def all_of(event_queue: EventQueue[Event]) -> list[Event]:
    events: list[Event] = []
    while not events or not isinstance(events[-1], Finished):
        batch = event_queue.take(PATIENCE_S)
        assert batch, "nothing came"
        events += batch
    return events


def test_events_come_in_their_order() -> None:
    events: list[Event] = [*(TextDelta(str(number)) for number in range(1_000)), END]
    assert all_of(inbox_of(*events)) == events


def test_what_has_come_is_taken_at_once() -> None:
    filled = threading.Event()

    def begin(_sleep: Sleep) -> Iterator[Event]:
        yield TextDelta("a")
        yield TextDelta("b")
        filled.set()
        yield END

    event_queue = EventQueue(begin, lambda: None)
    assert filled.wait(PATIENCE_S)
    assert event_queue.take(PATIENCE_S)[:2] == [TextDelta("a"), TextDelta("b")]


def test_an_event_is_given_though_the_next_one_is_not_there() -> None:
    go = threading.Event()
    event_queue = held_back(go, TextDelta("a"))
    assert event_queue.take(PATIENCE_S) == [TextDelta("a")]
    go.set()
    assert all_of(event_queue) == [END]


def test_a_wait_ends_with_its_time() -> None:
    go = threading.Event()
    event_queue = held_back(go)
    assert event_queue.take(0.0) == []
    assert event_queue.take(0.01) == []
    go.set()
    assert all_of(event_queue) == [END]


def test_a_wait_without_time_ends_when_it_is_woken() -> None:
    go = threading.Event()
    event_queue = held_back(go)
    event_queue.wake()
    assert event_queue.take(None) == []
    go.set()
    assert all_of(event_queue) == [END]


def test_a_fault_comes_after_what_came_before_it() -> None:
    def begin(_sleep: Sleep) -> Iterator[Event]:
        yield TextDelta("a")
        raise ConnectionLost("broke off")

    event_queue = EventQueue(begin, lambda: None)
    assert event_queue.take(PATIENCE_S) == [TextDelta("a")]
    with pytest.raises(ConnectionLost, match="broke off"):
        event_queue.take(PATIENCE_S)


@each("fault", [KeyboardInterrupt, SystemExit, RuntimeError, MemoryError])
def test_no_fault_dies_with_its_thread(fault: type[BaseException]) -> None:
    def begin(_sleep: Sleep) -> Iterator[Event]:
        raise fault
        yield END

    with pytest.raises(fault):
        EventQueue(begin, lambda: None).take(PATIENCE_S)


def test_the_work_is_done_in_a_daemon_thread() -> None:
    """So that the process can end while it blocks, for example in a look-up of a name."""
    threads: list[threading.Thread] = []

    def begin(_sleep: Sleep) -> Iterator[Event]:
        threads.append(threading.current_thread())
        yield END

    assert all_of(EventQueue(begin, lambda: None)) == [END]
    assert threads[0] is not threading.main_thread()
    assert threads[0].daemon


def test_giving_up_ends_a_sleep_at_once() -> None:
    slept: list[str] = []
    asleep, over = threading.Event(), threading.Event()

    def begin(sleep: Sleep) -> Iterator[Event]:
        asleep.set()
        try:
            sleep(3_600.0)
        except Cancelled:
            slept.append("cancelled")
            raise
        finally:
            over.set()
        yield END

    event_queue = EventQueue(begin, lambda: None)
    assert asleep.wait(PATIENCE_S)
    event_queue.give_up()
    assert over.wait(PATIENCE_S)
    assert slept == ["cancelled"]


def test_a_sleep_that_nobody_disturbs_just_passes() -> None:
    def begin(sleep: Sleep) -> Iterator[Event]:
        sleep(0.001)
        yield END

    assert all_of(EventQueue(begin, lambda: None)) == [END]


def test_giving_up_stops_the_exchange_and_the_events() -> None:
    stopped, closed = threading.Event(), threading.Event()

    def begin(_sleep: Sleep) -> Iterator[Event]:
        try:
            yield TextDelta("a")
            assert stopped.wait(PATIENCE_S)  # a read that blocks until it is stopped
            yield TextDelta("b")
            yield TextDelta("never asked for")
        finally:
            closed.set()

    event_queue = EventQueue(begin, stopped.set)
    assert event_queue.take(PATIENCE_S) == [TextDelta("a")]
    event_queue.give_up()
    assert closed.wait(PATIENCE_S)
    assert TextDelta("never asked for") not in event_queue.take(0.0)


def test_an_endless_answer_that_nobody_takes_waits() -> None:
    made = 0
    full = threading.Event()

    def begin(_sleep: Sleep) -> Iterator[Event]:
        nonlocal made
        while True:
            made += 1
            if made > MAX_WAITING_EVENTS:
                full.set()
            yield TextDelta("x")

    event_queue = EventQueue(begin, lambda: None)
    assert full.wait(PATIENCE_S)
    assert len(event_queue.take(PATIENCE_S)) == MAX_WAITING_EVENTS
    event_queue.give_up()
    assert made <= 2 * MAX_WAITING_EVENTS + 2


def test_work_for_an_event_loop_is_done_in_another_thread() -> None:
    assert asyncio.run(given_up_after(threading.current_thread, PATIENCE_S, None)) not in (
        None,
        threading.main_thread(),
    )


def test_work_that_fails_or_takes_too_long_is_done_without() -> None:
    hanging = threading.Event()
    assert asyncio.run(given_up_after(lambda: 1 // 0, PATIENCE_S, -1)) == -1
    assert asyncio.run(given_up_after(lambda: hanging.wait(PATIENCE_S), 0.01, False)) is False
    hanging.set()


def a_future() -> tuple[Callable[[], object], Callable[[], None]]:
    future = Future[None]()
    return partial(result_of, future), partial(future.set_result, None)


def a_queue() -> tuple[Callable[[], object], Callable[[], None]]:
    queue = SimpleQueue[None]()
    return partial(next_in, queue), partial(queue.put, None)


def an_inbox() -> tuple[Callable[[], object], Callable[[], None]]:
    inbox = Inbox[None]()
    return partial(inbox.take, None), inbox.wake


@each("made", [a_future, a_queue, an_inbox])
def test_a_signal_that_does_not_wake_the_wait_is_handled_all_the_same(
    made: Callable[[], tuple[Callable[[], object], Callable[[], None]]],
) -> None:
    assert is_handled_during(*made())
