"""Work beside the main thread, whose results come through a queue.

The network runs in a daemon thread, so that the main thread can always be interrupted: a DNS look-up in the main thread
holds a Ctrl-C for as long as the resolver likes. Nor does it wait without an end: a signal that comes when it is about
to wait does not wake it, and is handled once something else does.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Generic, TypeVar

from chatbot.core.errors import Cancelled

if TYPE_CHECKING:
    from concurrent.futures import Future

# Beyond this the reader waits for the screen, so that an endless answer into a stopped pipe does not fill the memory.
MAX_WAITING_EVENTS = 50_000
_PAUSE_S = 0.01
_LONGEST_WAIT_S = 0.25

T = TypeVar("T")


def next_in(queue: SimpleQueue[T]) -> T:
    """What comes next, whenever that is."""
    while True:
        with suppress(Empty):
            return queue.get(timeout=_LONGEST_WAIT_S)


def as_they_end(futures: Iterable[Future[T]]) -> Iterator[Future[T]]:
    """Each when it has ended."""
    from concurrent.futures import FIRST_COMPLETED, wait

    running = set(futures)
    while running:
        ended, running = wait(running, _LONGEST_WAIT_S, FIRST_COMPLETED)
        yield from ended


def result_of(future: Future[T]) -> T:
    """Its result, whenever that comes. Raises what it raised."""
    return next(as_they_end([future])).result()


async def given_up_after(work: Callable[[], T], limit_s: float, otherwise: T) -> T:
    """What `work` returns, done in a thread that nothing waits for at the end; `otherwise` when it takes longer than
    `limit_s` seconds or fails. An executor's thread would keep its event loop, and the program, from ending.
    """
    import asyncio  # loads slowly; who awaits this has it already
    from concurrent.futures import Future

    found: Future[T] = Future()
    found.set_running_or_notify_cancel()  # nobody can cancel it any more, so its result may always be set

    def do() -> None:
        try:
            found.set_result(work())
        except Exception:
            found.set_result(otherwise)

    threading.Thread(target=do, daemon=True, name="chat-aside").start()
    try:
        return await asyncio.wait_for(asyncio.wrap_future(found), limit_s)
    except TimeoutError:
        return otherwise


def side_by_side(works: Sequence[Iterator[T]]) -> Iterator[tuple[int, T | BaseException]]:
    """What each of the works yields, as it comes, with its number, counted from 0; each is done in a thread of its own
    that nothing waits for. What one raises is the last that comes of it; Cancelled where it just ends.
    """
    came: SimpleQueue[tuple[int, T | BaseException]] = SimpleQueue()

    def do(number: int, work: Iterator[T]) -> None:
        try:
            for item in work:
                came.put((number, item))
                while came.qsize() > MAX_WAITING_EVENTS:
                    time.sleep(_PAUSE_S)
            came.put((number, Cancelled("stopped")))
        except BaseException as error:  # whoever reads knows what to do
            came.put((number, error))

    for number, work in enumerate(works):
        threading.Thread(target=do, args=(number, work), daemon=True, name=f"chat-network-{number}").start()
    left = len(works)
    while left:
        number, item = next_in(came)
        left -= isinstance(item, BaseException)
        yield number, item


class Inbox(Generic[T]):
    """What other threads put into it, or raised, taken in batches."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[T | BaseException | None] = SimpleQueue()
        self.put = self._queue.put

    def take(self, timeout_s: float | None) -> list[T]:
        """What has come: waits for the first at most `timeout_s` seconds (None: for ever), then takes all, but never so
        many that a server faster than this loop is followed for ever.

        Empty after the time, or after `wake`. Raises what was raised, once all that came before is taken.
        """
        batch: list[T] = []
        append, following = batch.append, self._queue.get_nowait
        try:
            item = next_in(self._queue) if timeout_s is None else self._queue.get(timeout=timeout_s)
            while item is not None:
                if isinstance(item, BaseException):
                    if not batch:
                        raise item
                    self._queue.put(item)
                    break
                append(item)
                if len(batch) == MAX_WAITING_EVENTS:
                    break
                item = following()
        except Empty:
            pass
        return batch

    def wake(self) -> None:
        """Makes a waiting `take` return. May be called in a signal handler."""
        self._queue.put(None)


class EventQueue(Inbox[T]):
    """The events of one answer, or of several, made in a thread of their own, taken in batches.

    `begin` is given a sleep that ends with Cancelled when the events are given up, and returns the events. `stop` is
    called once when they are given up: it must end a read that blocks.
    """

    def __init__(self, begin: Callable[[Callable[[float], None]], Iterator[T]], stop: Callable[[], None]) -> None:
        super().__init__()
        self._stop = stop
        self._given_up = threading.Event()
        threading.Thread(target=self._fill, args=(begin(self._sleep),), daemon=True, name="chat-network").start()

    def give_up(self) -> None:
        """Nobody takes any more: the thread is told to end, and is not waited for."""
        self._given_up.set()
        self._stop()

    def _sleep(self, delay_s: float) -> None:
        if self._given_up.wait(delay_s):
            raise Cancelled("stopped")

    def _fill(self, events: Iterator[T]) -> None:
        put, count, is_over = self._queue.put, self._queue.qsize, self._given_up.is_set  # for each token
        try:
            for event in events:
                put(event)
                while count() > MAX_WAITING_EVENTS and not self._given_up.wait(_PAUSE_S):
                    pass
                if is_over():
                    return
        except BaseException as error:  # carried to the main thread, which knows what to do
            self._queue.put(error)
