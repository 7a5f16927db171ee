"""`chat lab render`: a Markdown file, shown as an answer is shown."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

from chatbot.cli.output import stdio
from chatbot.cli.output.screen import pausing, show_text, this_screen
from chatbot.core.messages import Conversation
from chatbot.core.options import Options
from chatbot.layers.recited import recited
from chatbot.outside.background import EventQueue
from chatbot.outside.desktop.keyboard import SilentKeyboard
from chatbot.outside.desktop.signals import Interrupts
from chatbot.outside.files.reading import read_text_file
from chatbot.terminal.answer.live import LiveAnswer
from chatbot.terminal.answer.live_view import LiveView
from chatbot.terminal.answer.show_events import show_events
from chatbot.terminal.answer.wait_row import WaitRow
from chatbot.terminal.notices import Notices

_LONGEST_PIECE_CHARS = 24


def render(file: Path, seed: int | None, tokens_per_s: float, notices: Notices) -> None:
    """Shows `file` in one piece, or streamed in pieces cut by `seed`."""
    text = read_text_file(file).text
    if seed is None:
        show_text(text, False, "auto", notices)
        return
    screen = this_screen("auto")
    with Interrupts(on_screen=True) as interrupts, SilentKeyboard() as keyboard:
        ask = recited(_cut(text, seed), tokens_per_s)
        event_queue = EventQueue(lambda sleep: ask(Conversation(), Options(""), sleep), stop=lambda: None)
        interrupts.wake = event_queue.wake
        wait_row = WaitRow(file.name, time.monotonic(), unicode=screen.unicode)
        answer = LiveAnswer(screen, stdio.write_answer, time.monotonic, wait_row)
        view = LiveView(answer, stdio.size, pausing(interrupts, keyboard), notices.warn)
        show_events(event_queue, view, time.monotonic, interrupts.stopped)


def _cut(text: str, seed: int) -> Iterator[str]:
    """The text in pieces of random lengths."""
    cuts = random.Random(seed)
    at = 0
    while at < len(text):
        piece = text[at : at + cuts.randint(1, _LONGEST_PIECE_CHARS)]
        at += len(piece)
        yield piece
