"""`chat lab render`: a Markdown file, shown as an answer is shown."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from chatbot.cli import standard
from chatbot.cli.views import pausing, show_text, this_screen
from chatbot.core.events import Event, Finished, TextDelta, Verdict
from chatbot.outside.background import Inbox
from chatbot.outside.files import read_text_file
from chatbot.outside.keyboard import SilentKeyboard
from chatbot.outside.signals import Interrupts
from chatbot.terminal.follow import follow
from chatbot.terminal.live import LiveAnswer
from chatbot.terminal.live_view import LiveView
from chatbot.terminal.voice import Voice
from chatbot.terminal.wait_row import WaitRow

_TOKEN_CHARS = 4
_LONGEST_PIECE_CHARS = 24


def render(file: Path, seed: int | None, tokens_per_s: float, voice: Voice) -> None:
    """Shows `file` in one piece, or streamed in pieces cut by `seed`."""
    text = read_text_file(file).text
    if seed is None:
        show_text(text, False, "auto", voice)
        return
    screen = this_screen("auto")
    with Interrupts(on_screen=True) as interrupts, SilentKeyboard() as keyboard:
        inbox = Inbox(lambda sleep: _answer(text, seed, tokens_per_s, sleep), stop=lambda: None)
        interrupts.wake = inbox.wake
        wait_row = WaitRow(file.name, time.monotonic(), unicode=screen.unicode)
        answer = LiveAnswer(screen, standard.write_answer, time.monotonic, wait_row)
        view = LiveView(answer, standard.size, pausing(interrupts, keyboard), voice.notice)
        follow(inbox, view, time.monotonic, interrupts.stopped)


def _answer(text: str, seed: int, tokens_per_s: float, sleep: Callable[[float], None]) -> Iterator[Event]:
    """The text as the events of an answer."""
    cuts = random.Random(seed)
    at = 0
    while at < len(text):
        piece = text[at : at + cuts.randint(1, _LONGEST_PIECE_CHARS)]
        at += len(piece)
        yield TextDelta(piece)
        sleep(len(piece) / _TOKEN_CHARS / tokens_per_s)
    yield Finished(Verdict.COMPLETE, has_text=True)
