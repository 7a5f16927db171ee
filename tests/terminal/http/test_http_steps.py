"""The HTTP is told in its order, before what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import pytest

from chatbot.core.errors import Overloaded
from chatbot.core.events import Event, Finished, Notice, PartFinished, Retrying, StepFinished, TextDelta, Verdict
from chatbot.core.http.exchange import Chunk, SeenEvent, Step
from chatbot.core.http.safe import safe
from chatbot.core.redaction.redactor import Redactor
from chatbot.core.sse.decoder import SseEvent
from chatbot.terminal.http.http_steps import HttpSteps, Telling
from chatbot.terminal.http.http_view import HttpView
from chatbot.terminal.markdown.row import Row
from tests.tables import each
from tests.terminal.http.records import ANSWERED

KEY = "sk-0123456789abcdef"


class Screen:
    """A view, and what is told beside it, in one list."""

    def __init__(self, level: int, *, styles: bool = False) -> None:
        self.told: list[str] = []
        self.steps: list[Step] = []
        self.read: list[str] = []
        self.cannot_read = False
        redact = Redactor([KEY])
        cleaned = partial(safe, redact=redact)
        telling = Telling(level, self._read, cleaned, redact, [Row()], self._tell, self._done, styles)
        self.view = HttpView(self, HttpSteps(self.withdraw, self._new_steps, telling), lambda: self.told.append("over"))

    def _done(self, work: Callable[[], object]) -> bool:
        try:
            work()
        except RuntimeError:
            return False
        return True

    def _new_steps(self, is_over: bool) -> list[Step]:
        steps, self.steps = self.steps, []
        return steps

    def _read(self, event: SseEvent) -> list[TextDelta | Notice]:
        self.read.append(event.data)
        if self.cannot_read:
            raise RuntimeError("no")
        return [TextDelta(event.data)]

    def _tell(self, text: str) -> None:
        self.told += text.splitlines()

    def show(self, events: Sequence[Event], now_s: float) -> None:
        self.told += [f"shown {event}" for event in events]

    def frame(self, now_s: float) -> float | None:
        return 7.0

    def withdraw(self) -> None:
        self.told.append("withdrawn")

    def close(self, now_s: float) -> None:
        self.told.append("closed")

    def happens(
        self, name: str, data: bytes | None = None, exchange_id: str = "a1", events: list[SeenEvent] | None = None
    ) -> None:
        chunk = None if data is None else Chunk(1.0, data)
        self.steps.append(Step(name, ANSWERED._replace(id=exchange_id, chunks=()), chunk, events))


@each(
    "border",
    [Retrying(1.0, 1, Overloaded("busy")), StepFinished(Finished(Verdict.COMPLETE), ()), PartFinished()],
)
def test_where_another_request_follows_the_one_before_is_over_between_what_each_of_them_said(border: Event) -> None:
    screen = Screen(1)
    screen.view.show([TextDelta("a"), border, TextDelta("b")], 0.0)
    screen.view.show([border], 0.0)
    assert [row for row in screen.told if not row.startswith("shown")] == ["over", "over"]
    assert screen.told.index("over") == 1


def test_the_request_is_told_once_however_its_first_step_is_called() -> None:
    screen = Screen(1)
    screen.happens("sent")
    assert screen.view.frame(0.0) == 7.0
    assert screen.told[0] == "withdrawn" and sum("> POST" in row for row in screen.told) == 1
    screen.happens("answered")
    screen.view.show([TextDelta("Hel")], 0.0)
    assert sum("> POST" in row for row in screen.told) == 1
    assert screen.told[-2:] == ["", "shown TextDelta('Hel')"] and "< HTTP/1.1  200 OK  after 256 ms" in screen.told


def test_an_attempt_that_failed_before_it_was_sent_has_its_request_told() -> None:
    screen = Screen(1)
    screen.happens("ended")
    screen.happens("ended", exchange_id="a2")
    screen.view.close(0.0)
    assert sum("> POST" in row for row in screen.told) == 2 and screen.told[-1] == "closed"


def test_an_event_is_told_once_it_is_whole_without_a_key_that_came_in_two_pieces() -> None:
    screen = Screen(2)
    screen.happens("answered")
    screen.view.frame(0.0)
    screen.told.clear()
    for piece in (b"data: one ", KEY[:7].encode(), KEY[7:].encode(), b"\n", b"\ndata: tw"):
        screen.happens("chunk", piece)
    screen.view.frame(0.0)
    assert screen.told == ["withdrawn", "<    1.0 ms  one [key]", "*            text 'one [key]'"]


def test_what_a_session_read_is_not_read_again_and_the_rest_is() -> None:
    screen = Screen(2)
    read = SeenEvent(1.0, SseEvent("message", "one"), (TextDelta("1"),))
    screen.happens("chunk", b"data: one\n\ndata: tw", events=[read])
    screen.happens("chunk", b"o\n\n")
    screen.view.close(0.0)
    assert screen.told[1:-1] == [
        "<    1.0 ms  one",
        "*            text '1'",
        "<    1.0 ms  two",
        "*            text 'two'",
    ]
    assert screen.read == ["two"]


@pytest.mark.parametrize("styles", [False, True])
def test_what_a_session_read_is_told_without_keys(styles: bool) -> None:
    screen = Screen(2, styles=styles)
    parts = (SeenEvent(1.0, SseEvent(kind, data), (TextDelta(text),)) for kind, data, text in (
        ("message", f"a {KEY}", KEY), (f"{KEY}", "b", "c"), ("message", "d", f"{KEY[:9]}\u200b{KEY[9:]}"),
        ("message", f"{KEY[:9]}\u200b{KEY[9:]}", ""), ("message", "whole", f"'{KEY}\""),
    ))  # fmt: skip
    screen.happens("chunk", b"", events=list(parts))
    screen.view.close(0.0)
    told = "\n".join(screen.told)
    assert KEY not in told and "a [key]" in told and "text '[key]'" in told and "whole" in told


@each("end", ["\n\n", "\r\n\r\n", "\r\r", "\r\n\r", "\r\n\n", "\n\r\n", "\r\r\n"])
def test_an_event_ends_with_two_line_ends_whatever_they_are(end: str) -> None:
    screen = Screen(2)
    for piece in ("data: one", end, "data: two"):
        screen.happens("chunk", piece.encode())
    screen.view.close(0.0)
    assert screen.read == ["one"]


def test_level_three_has_the_borders_of_chunks_too() -> None:
    screen = Screen(3)
    screen.happens("chunk", b"data: a\r\n\r\ndata: b\r\n\r\n")
    screen.view.frame(0.0)
    assert [row[:30] for row in screen.told if "chunk" in row] == ["*    1.0 ms  chunk 1: 22 bytes"]
    assert [row[-1] for row in screen.told if row.startswith("<")] == ["a", "b"]


def test_where_nothing_happened_nothing_is_withdrawn() -> None:
    screen = Screen(1)
    screen.view.frame(0.0)
    screen.view.withdraw()
    assert screen.told == ["withdrawn"]


def test_what_cannot_be_told_is_not_tried_again_and_the_answer_goes_on() -> None:
    screen = Screen(2)
    screen.cannot_read = True
    for number in range(3):
        screen.happens("chunk", b"data: %d\n\n" % number)
        screen.view.show([TextDelta("word")], 0.0)
    assert screen.told == ["shown TextDelta('word')"] * 3
    assert (screen.read, screen.steps) == (["0"], [])
