from __future__ import annotations

import os
import re
import signal
import threading
import time

import pytest

from chatbot.core.errors import Hung
from chatbot.outside.desktop.streams import write_all
from chatbot.outside.watchdog import TICK_S, Watchdog
from tests.tables import each


def for_ever() -> None:
    while True:
        time.sleep(1000)


def busily() -> None:
    while True:
        pass


def test_work_that_comes_to_its_end_gives_its_result() -> None:
    with Watchdog() as watchdog:
        assert watchdog.call(lambda: 7, TICK_S) == 7


@each(
    "hangs",
    [
        busily,
        lambda: threading.Event().wait(),
        lambda: time.sleep(1000),
        lambda: re.match(r"(a+)+$", "a" * 60 + "b"),
    ],
)
def test_work_that_hangs_is_ended(hangs: object) -> None:
    assert callable(hangs)
    with Watchdog() as watchdog, pytest.raises(Hung):
        watchdog.call(hangs, TICK_S)


def test_what_catches_everything_is_asked_again() -> None:
    caught: list[type[BaseException]] = []

    def stubborn() -> None:
        while len(caught) < 2:
            try:
                for_ever()
            except BaseException as error:
                caught.append(type(error))
        for_ever()

    with Watchdog() as watchdog, pytest.raises(Hung):
        watchdog.call(stubborn, TICK_S)
    assert caught == [Hung, Hung]


def test_the_outer_limit_holds_after_an_inner_one() -> None:
    with Watchdog() as watchdog:

        def outer() -> None:
            with pytest.raises(Hung):
                watchdog.call(for_ever, TICK_S)
            for_ever()

        with pytest.raises(Hung):
            watchdog.call(outer, TICK_S)


def test_a_write_may_wait_for_its_reader_as_long_as_it_likes() -> None:
    reading, writing = os.pipe()
    data = b"x" * 300_000  # more than a pipe holds

    def read_late() -> None:
        time.sleep(3 * TICK_S)
        left = len(data)
        while left:
            left -= len(os.read(reading, 65536))

    reader = threading.Thread(target=read_late)
    reader.start()
    with Watchdog() as watchdog:
        watchdog.call(lambda: write_all(writing, data), TICK_S)
    reader.join()
    os.close(reading)
    os.close(writing)


def test_nothing_is_left_of_it() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with Watchdog():
        assert signal.getsignal(signal.SIGALRM) is not before
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_another_thread_has_no_limit() -> None:
    done = []

    def work() -> None:
        with Watchdog() as watchdog:
            done.append(watchdog.call(lambda: 7, TICK_S))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [7]
