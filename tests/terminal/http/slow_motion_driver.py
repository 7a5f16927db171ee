"""An answer in slow motion, in a process of its own: python -m tests.terminal.http.slow_motion_driver [piped]

With the word, standard input is the null device.
"""

from __future__ import annotations

import os
import sys

from chatbot.core.events import TextDelta
from chatbot.core.http.exchange import Chunk
from chatbot.core.sse.decoder import SseEvent
from chatbot.terminal.http.slow_motion import watch
from chatbot.terminal.screen import detect_screen
from tests.terminal.http.records import ANSWERED, shown

WORDS = ("One ", "two ", "three ", "four")


def read(event: SseEvent) -> list[TextDelta]:
    return [TextDelta(event.data)]


if __name__ == "__main__":
    chunks = tuple(Chunk(100.0 * number, f"data: {word}\n\n".encode()) for number, word in enumerate(WORDS, 1))
    is_terminal = sys.stdout.isatty()
    if sys.argv[1:] == ["piped"]:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    screen = detect_screen(os.environ, isatty=is_terminal, size=(80, 24), encoding="utf-8")
    watch(shown(ANSWERED, chunks=chunks), read, screen, sys.stdout.write)
    sys.stdout.write("left\n")
