from __future__ import annotations

from collections.abc import Sequence

from chatbot.core.events import Event, TextDelta
from chatbot.terminal.answer.silence import SILENCE_S, SilenceNotice


class Nothing:
    """A view that shows nothing, and wants to be called again after `wait_s`."""

    def __init__(self, wait_s: float | None = None) -> None:
        self.wait_s = wait_s

    def show(self, events: Sequence[Event], now_s: float) -> None:
        pass

    def frame(self, now_s: float) -> float | None:
        return self.wait_s

    def withdraw(self) -> None:
        pass

    def close(self, now_s: float) -> None:
        pass


def test_a_silence_is_told_once_with_the_servers_name() -> None:
    told: list[str] = []
    view = SilenceNotice(Nothing(), told.append, "127.0.0.1:8080", 100.0)
    assert view.frame(100.0) == SILENCE_S
    assert view.frame(114.0) == 1.0
    assert told == []
    assert view.frame(115.0) is None
    assert view.frame(500.0) is None
    assert told == ["nothing has come from 127.0.0.1:8080 for 15 s; still waiting"]


def test_each_silence_within_an_answer_is_told() -> None:
    told: list[str] = []
    view = SilenceNotice(Nothing(), told.append, "host", 0.0)
    view.show([TextDelta("a")], 14.0)
    assert view.frame(15.0) == 14.0
    view.frame(29.0)
    view.show([TextDelta("b")], 30.0)
    view.frame(45.0)
    assert len(told) == 2


def test_what_the_view_wants_earlier_comes_first() -> None:
    view = SilenceNotice(Nothing(0.25), lambda text: None, "host", 0.0)
    assert view.frame(0.0) == 0.25
    assert view.frame(20.0) == 0.25
