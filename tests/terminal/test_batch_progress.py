from __future__ import annotations

import io

import pytest

from chatbot.terminal.batch_progress import PLAIN_EACH_S, BatchProgress, Standing
from chatbot.terminal.notices import Notices
from tests.conftest import FakeTime

HALF = Standing(300, 140, 10, 8, 0.0123, "14:05:07", 75.0)


def test_it_says_how_far_it_is_what_it_costs_and_when_it_ends() -> None:
    words = ["150 of 300 (50 %)", "10 failed", "waits until 14:05:07", "0.0123 USD", "1 min 15 s left", "8 at once"]
    assert HALF.words() == words
    assert Standing(0).words() == ["0 of 0"]
    assert "ending: 8 to wait for, Ctrl-C cuts" in HALF._replace(is_ending=True).words()


def test_in_a_pipe_a_line_comes_now_and_then(time_: FakeTime) -> None:
    lines: list[str] = []
    with BatchProgress(Notices(lines.append, str, colour=False), None, time_.clock, "utf-8") as progress:
        for _ in range(10):
            progress.show(HALF)
            time_.sleep(PLAIN_EACH_S / 4)
    assert [line.split(",")[0] for line in lines] == ["chat: 150 of 300 (50 %)"] * 2


def test_on_a_terminal_it_is_one_row_that_is_gone_at_the_end(time_: FakeTime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    with BatchProgress(Notices(lambda text: None, str, colour=False), stream, time_.clock, "utf-8") as progress:
        time_.sleep(1)
        progress.show(HALF)
        shown = stream.getvalue()
        progress.show(HALF._replace(done=141))
        assert stream.getvalue() == shown  # it was shown just now
    assert "150 of 300 (50 %)" in shown


def test_quiet_shows_nothing(time_: FakeTime) -> None:
    notices = Notices(lambda text: None, str, colour=False)
    notices.quiet = True
    progress = BatchProgress(notices, io.StringIO(), time_.clock, "utf-8")
    assert progress.each_s is None
