import random
import re
from collections.abc import Iterator
from typing import Any

import pytest

from chatbot.core.errors import RateLimited
from chatbot.core.events import Retrying
from chatbot.terminal.answer.live import LiveAnswer
from chatbot.terminal.answer.wait_row import WaitRow
from chatbot.terminal.markdown.stream import one_piece
from chatbot.terminal.sanitise import sanitise
from chatbot.terminal.screen import Screen, detect_screen
from tests.tables import each
from tests.terminal.emulator import Terminal
from tests.terminal.texts import TEXTS

STEPS = TEXTS["steps"]
# Where only the count of cells matters, not how pyte draws what it does not know.
DRAWN_ALIKE = [name for name in TEXTS if name not in ("wide", "right_to_left", "bidi", "entities", "controls")]


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0
        self.step_s = 0.0

    def __call__(self) -> float:
        self.now_s += self.step_s
        return self.now_s


class Show:
    """An answer on a terminal; `paint` lets time pass first, `tick` tells what is seen then."""

    def __init__(self, width: int = 80, height: int = 24, screen: Screen | None = None, **options: Any) -> None:
        self.terminal = Terminal(width, height)
        self.written: list[bytes] = []
        self.clock = Clock()
        screen = screen or Screen(width=width, height=height)
        wait_row = WaitRow("gpt-x", self.clock.now_s)
        self.answer = LiveAnswer(screen, self._write, self.clock, wait_row, **options)

    def _write(self, data: bytes) -> None:
        self.written.append(data)
        self.terminal.write(data)

    def tick(self, seconds: float = 0.0) -> list[str]:
        self.paint(seconds)
        return self.terminal.rows

    def paint(self, seconds: float) -> None:
        self.clock.now_s += seconds
        before = len(self.written)
        self.answer.frame(self.clock.now_s)
        assert len(self.written) <= before + 1, "a frame is one write"

    def finish(self) -> list[str]:
        self.answer.finish(self.clock.now_s)
        assert self.terminal.at_start_of_empty_row
        return self.terminal.rows


def pieces(text: str, seed: int) -> Iterator[str]:
    chance, start = random.Random(seed), 0
    while start < len(text):
        end = start + chance.randint(1, (4, 24, 200)[seed % 3])
        yield text[start:end]
        start = end


def at_once(text: str, width: int) -> list[str]:
    """The rows as a terminal wraps them."""
    rows: list[str] = []
    for row in one_piece(sanitise(text), width):
        wrapped = [row.text[at : at + width] for at in range(0, len(row.text), width)] if row.raw else [row.text]
        rows += [part.rstrip() for part in wrapped or [""]]
    while rows and not rows[-1]:
        rows.pop()
    return rows


def streamed(show: Show, text: str, seed: int) -> list[str]:
    for piece in pieces(text, seed):
        show.answer.text(piece)
        show.paint(0.04)
    return show.finish()


@each("size", [(80, 24), (31, 9), (100, 40), (12, 6)])
@each("name", ["nested", "steps", "tables", "long_table", "fences", "quotes", "emphasis"])
def test_the_scrollback_is_what_it_would_be_in_one_piece(name: str, size: tuple[int, int]) -> None:
    assert streamed(Show(*size), TEXTS[name], seed=size[0]) == at_once(TEXTS[name], size[0])


@each("name", DRAWN_ALIKE)
def test_every_text_ends_as_in_one_piece(name: str) -> None:
    assert streamed(Show(50, 10), TEXTS[name], seed=2) == at_once(TEXTS[name], 50)


@each("name", ["wide", "right_to_left", "bidi", "entities", "controls", "sequences"])
def test_the_terminal_is_left_well_whatever_the_text(name: str) -> None:
    show = Show(31, 9)
    streamed(show, TEXTS[name], seed=1)
    assert not [data for data in show.written if b"\x07" in data or b"\x1b]" in data]


def words(rows: list[str]) -> set[str]:
    return {word for row in rows for word in row.split() if word.isalpha()}


@each("size", [(60, 20), (100, 30), (80, 12), (31, 9)])
def test_nothing_is_lost_when_the_size_changes_in_the_middle(size: tuple[int, int]) -> None:
    text = "\n\n".join(f"Paragraph number {n} says some words about item n{n}x and ends." for n in range(30))
    show = Show(80, 24)
    for at, piece in enumerate(pieces(text, 4)):
        if at == 10:
            show.terminal.resize(size[1], size[0])
            show.answer.resized(*size)
        show.answer.text(piece)
        show.paint(0.04)
    assert words(text.split("\n")) <= words(show.finish())


def test_an_answer_that_is_stopped_keeps_what_came() -> None:
    show = Show()
    for piece in pieces(STEPS[:300], 1):
        show.answer.text(piece)
        show.paint(0.04)
    assert show.finish() == at_once(STEPS[:300], 80)


def test_an_answer_goes_on_after_the_program_was_suspended() -> None:
    show = Show()
    show.answer.text("One paragraph.\n\nAnd a sec")
    show.tick()
    show.answer.suspended()
    assert show.terminal.rows == ["One paragraph."]
    show.terminal.write(b"$ fg\n")
    show.answer.resumed()
    show.answer.text("ond.")
    show.tick(0.1)
    assert show.finish() == ["One paragraph.", "$ fg", "", "And a second."]


def test_without_a_live_part_the_same_rows_come_out() -> None:
    screen = detect_screen({"TERM": "dumb"}, isatty=True, size=(31, 9), encoding="utf-8")
    show = Show(31, 9, screen)
    show.tick(1.0)
    assert streamed(show, STEPS, 1) == at_once(STEPS, 31)
    assert b"\x1b" not in b"".join(show.written)


def test_forced_colours_into_a_pipe_move_no_cursor() -> None:
    screen = detect_screen({"FORCE_COLOR": "1"}, isatty=False, size=(0, 0), encoding="utf-8")
    show = Show(80, 24, screen)
    streamed(show, STEPS, 1)
    out = b"".join(show.written)
    assert b"\x1b[1mPython 3.11\x1b[m" in out
    assert b"\x1b" not in re.sub(rb"\x1b\[[0-9;]*m", b"", out)


def test_no_color_leaves_no_escape_sequence_and_all_of_the_text() -> None:
    screen = detect_screen({"TERM": "xterm", "NO_COLOR": "1"}, isatty=True, size=(80, 24), encoding="utf-8")
    show = Show(80, 24, screen)
    assert streamed(show, STEPS, 1) == at_once(STEPS, 80)
    assert b"\x1b" not in b"".join(show.written)


def test_without_utf_8_the_signs_are_ascii() -> None:
    screen = detect_screen({"TERM": "xterm"}, isatty=True, size=(80, 24), encoding="ascii")
    show = Show(80, 24, screen)
    assert streamed(show, "- é → 漢\n\n> q", 1) == ["* ? ? ?", "", "| q"]


def test_the_wait_is_shown_after_a_quarter_of_a_second_and_leaves_no_trace() -> None:
    show = Show()
    assert show.answer.wait_s(show.clock.now_s) == pytest.approx(0.25)
    assert show.tick(0.2) == []
    assert [row[2:] for row in show.tick(0.1)] == ["waiting for gpt-x"]
    assert [row[2:] for row in show.tick(3.0)] == ["waiting for gpt-x 3 s"]
    show.answer.text("Hi")
    assert show.tick(0.1) == ["Hi"]
    assert show.finish() == ["Hi"]


def test_a_retry_counts_down_and_then_the_wait_begins_again() -> None:
    show = Show()
    show.tick(2.0)
    show.answer.retrying(Retrying(7.0, 1, RateLimited("too many\x1b[2J requests")), show.clock.now_s)
    assert [row[2:] for row in show.tick(0.1)] == ["too many␛[2J requests; trying again in 7 s (Ctrl-C stops)"]
    assert [row[2:] for row in show.tick(4.0)] == ["too many␛[2J requests; trying again in 3 s (Ctrl-C stops)"]
    assert show.tick(2.91) == [], "what comes within a quarter of a second needs no excuse"
    assert [row[2:] for row in show.tick(2.0)] == ["waiting for gpt-x 2 s"]


def test_the_wait_for_the_next_attempt_is_yellow_and_every_other_is_dim() -> None:
    show = Show()
    show.tick(2.0)
    assert b"\x1b[2m" in show.written[-1]
    show.answer.retrying(Retrying(7.0, 1, RateLimited("too many requests")), show.clock.now_s)
    show.tick(0.1)
    assert show.terminal.buffer[0][0].fg == "brown"
    show.tick(9.0)
    assert show.terminal.buffer[0][0].fg == "default"


def test_a_blank_line_ends_no_wait() -> None:
    show = Show()
    show.answer.text("\n\n  ")
    assert [row[2:] for row in show.tick(1.0)] == ["waiting for gpt-x 1 s"]
    show.answer.text("  code")
    assert show.tick(0.1) == ["    code"]


def test_reasoning_is_live_and_becomes_one_row() -> None:
    show = Show()
    show.answer.reasoning("First thought.\nSecond.\n")
    show.tick()
    show.answer.reasoning("Third.\nFourth.\nFifth.\nSix")
    assert show.tick(12.0) == ["│ reasoning 12 s", "│ Third.", "│ Fourth.", "│ Fifth.", "│ Six"]
    show.answer.text("The answer.")
    assert show.tick(0.1) == ["│ reasoned for 12 s", "", "The answer."]
    assert show.finish() == ["│ reasoned for 12 s", "", "The answer."]
    assert b"for 12 s" in show.written[-2] and b"\x1b[2m" in show.written[-2]


def test_reasoning_can_be_kept() -> None:
    show = Show(show_reasoning=True)
    show.answer.reasoning("One.\nTwo.\n\nThree.\nFour.\nFive.\nSi")
    show.tick()
    show.answer.reasoning("x.\n\n")
    show.answer.text("The answer.")
    kept = ["One.", "Two.", "", "Three.", "Four.", "Five.", "Six."]
    assert show.finish() == [*[f"│ {row}".rstrip() for row in kept], "", "The answer."]


@each("width", [40, 10])
@each("keeps", [True, False])
def test_every_row_of_the_reasoning_has_its_bar_and_fits(width: int, keeps: bool) -> None:
    show = Show(width, 9, show_reasoning=keeps)
    for piece in pieces(
        "So 日本語 it says, and https://example.com/Donaudampfschifffahrtsgesellschaft is long.\n\n" * 3, 1
    ):
        show.answer.reasoning(piece)
        assert all(row.startswith("│") for row in show.tick(0.1))
    assert all(row.startswith("│") for row in show.finish())


def test_without_utf_8_the_bar_is_ascii() -> None:
    screen = detect_screen({"TERM": "xterm"}, isatty=True, size=(80, 24), encoding="ascii")
    show = Show(80, 24, screen, show_reasoning=True)
    show.answer.reasoning("One.\nTwo.")
    assert show.tick() == ["| One.", "| reasoning 0 s", "| Two."]
    assert show.finish() == ["| One.", "| Two."]


def test_without_colour_the_bar_tells_what_was_thought() -> None:
    screen = detect_screen({"TERM": "xterm", "NO_COLOR": "1"}, isatty=True, size=(80, 24), encoding="utf-8")
    show = Show(80, 24, screen, show_reasoning=True)
    show.answer.reasoning("One.\nTwo.")
    show.answer.text("The answer.")
    show.finish()
    assert b"".join(show.written) == "│ One.\n│ Two.\n\nThe answer.\n".encode()


def test_more_of_a_row_of_the_reasoning_is_only_added() -> None:
    show = Show()
    show.answer.reasoning("So the")
    show.tick()
    show.answer.reasoning(" sky")
    show.tick(0.1)
    assert show.written[-1] == b"\x1b[2;3m sky\x1b[m"


def test_reasoning_can_be_hidden() -> None:
    show = Show(hide_reasoning=True)
    show.answer.reasoning("secret")
    assert [row[2:] for row in show.tick(2.0)] == ["waiting for gpt-x 2 s"]
    show.answer.text("Hi")
    assert show.finish() == ["Hi"]


def test_reasoning_is_made_harmless_too() -> None:
    show = Show(show_reasoning=True)
    show.answer.reasoning("a\x1b]52;c;QQ==\x07\r")
    show.answer.reasoning("\n\x9b2Jb\ttab")
    assert show.finish() == ["│ a␛]52;c;QQ==␇", "│ �2Jb    tab"]


def test_an_answer_that_is_stopped_while_it_thinks_says_how_long() -> None:
    show = Show()
    show.answer.reasoning("hm")
    show.tick()
    show.clock.now_s += 3
    assert show.finish() == ["│ reasoned for 3 s"]


def test_reasoning_that_comes_together_with_the_answer_took_no_time() -> None:
    show = Show()
    show.answer.reasoning("hm")
    show.answer.text("Hi")
    assert show.finish() == ["│ reasoned", "", "Hi"]


def test_a_note_stays_and_holds_no_controls() -> None:
    show = Show(31, 9)
    show.answer.text("Hi")
    show.tick()
    show.finish()
    show.answer.note("stopped \x1b[31m; the answer so far is kept")
    assert show.tick(1.0) == ["Hi", "stopped ␛[31m; the answer so", "far is kept"]


def test_the_first_text_is_painted_at_once_and_the_next_after_a_gap() -> None:
    show = Show()
    assert show.answer.wait_s(show.clock.now_s) == pytest.approx(0.25), "for the row that says what is waited for"
    show.answer.text("a")
    assert show.answer.wait_s(show.clock.now_s) == 0.0
    show.tick()
    assert show.answer.wait_s(show.clock.now_s) is None
    show.answer.text("b")
    assert show.answer.wait_s(show.clock.now_s) == pytest.approx(1 / 30)


@each(("frame_s", "gap_s"), [(0.001, 1 / 30), (0.05, 0.2), (3.0, 0.5)])
def test_a_slow_terminal_gets_fewer_frames(frame_s: float, gap_s: float) -> None:
    show = Show()
    show.clock.step_s = frame_s  # the clock is read before and after the frame
    show.answer.text("a")
    show.answer.frame(50.0)
    show.answer.text("b")
    assert show.answer.wait_s(50.0) == pytest.approx(gap_s)


def test_everyday_text_costs_few_bytes() -> None:
    show = Show()
    text = "Plain words follow each other here, as in a letter that is written to a friend. " * 20
    for start in range(0, len(text), 12):
        show.answer.text(text[start : start + 12])
        show.paint(0.04)
    show.finish()
    assert len(b"".join(show.written)) < 1.2 * len(text)
