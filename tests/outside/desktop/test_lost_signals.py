"""A signal whose exception Python loses is sent again."""

from __future__ import annotations

import signal
import sys
import time
import weakref
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

from chatbot.core.errors import Hung
from chatbot.outside.desktop.lost_signals import sending_again

SOON_S = 5.0


class Thing:
    """Something that can be weakly referred to, and that does something when it goes."""

    def __init__(self, at_its_end: Callable[[], object] = lambda: None) -> None:
        self.at_its_end = at_its_end

    def __del__(self) -> None:
        self.at_its_end()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    told: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", sending_again(lambda lost: told.append(lost.exc_value)))
    before = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, leave)
    yield told
    signal.signal(signal.SIGTERM, before)


def leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def in_a_finalizer(do: Callable[[], object]) -> None:
    Thing(do)


def in_what_a_weak_reference_calls(do: Callable[[], object]) -> None:
    thing = Thing()
    reference = weakref.ref(thing, lambda gone: do())
    del thing
    assert reference() is None


@pytest.mark.parametrize("somewhere", [in_a_finalizer, in_what_a_weak_reference_calls])
@pytest.mark.parametrize(("number", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)])
def test_a_signal_that_strikes_where_nothing_can_be_raised_comes_again(
    told: list[Any], somewhere: Callable[[Callable[[], object]], None], number: signal.Signals, error: type[Exception]
) -> None:
    until_s = time.monotonic() + SOON_S
    with pytest.raises(error):
        somewhere(lambda: signal.raise_signal(number))
        while time.monotonic() < until_s:
            time.sleep(0.001)
    assert not told


def test_all_else_is_told_as_ever(told: list[Any]) -> None:
    def fail(error: BaseException) -> None:
        raise error

    errors = ValueError("a fault"), SystemExit(3), SystemExit("a text"), SystemExit(None), SystemExit(255)
    for error in errors:
        in_a_finalizer(lambda error=error: fail(error))  # type: ignore[misc]
    in_a_finalizer(lambda: fail(Hung()))  # which the watchdog raises again
    assert told == list(errors)
