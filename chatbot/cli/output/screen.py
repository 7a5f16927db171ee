"""This process's standard output as a screen: what it can show, and whole texts on it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from chatbot.cli.output import stdio
from chatbot.outside.desktop.keyboard import SilentKeyboard
from chatbot.outside.desktop.signals import Interrupts
from chatbot.outside.desktop.streams import is_terminal
from chatbot.terminal.best_effort import BestEffort
from chatbot.terminal.notices import Notices
from chatbot.terminal.screen import ColorChoice, Screen, detect_screen


def this_screen(color: ColorChoice) -> Screen:
    """What standard output can show."""
    return detect_screen(
        os.environ,
        isatty=is_terminal(1),
        size=stdio.size(),
        encoding=stdio.encoding(sys.stdout),
        color=color,
    )


def pausing(interrupts: Interrupts, keyboard: SilentKeyboard) -> Callable[[Callable[[], None]], bool]:
    """What Ctrl-Z does: the terminal is given back, the process stops, and takes the terminal again."""

    def pause(before: Callable[[], None]) -> bool:
        if not interrupts.pause_wanted:
            return False
        before()
        keyboard.restore()
        interrupts.stop_process()
        keyboard.silence()
        return True

    return pause


def show_text(text: str, raw: bool, color: ColorChoice, notices: Notices) -> None:
    """Shows a whole text at once: as Markdown where the screen can, else as it is but harmless."""
    stdio.write_answer(drawn(text, this_screen(color), notices, raw=raw))


def drawn(text: str, screen: Screen, notices: Notices, *, raw: bool = False) -> bytes:
    """A whole text as `show_text` writes it."""
    from chatbot.outside.watchdog import Watchdog
    from chatbot.terminal.answer.guarded_view import CANNOT_DRAW, harmless, time_to_draw_s

    bare = (harmless(text).removesuffix("\n") + "\n").encode(screen.encoding, "replace")
    with Watchdog() as watchdog:
        best_effort = BestEffort(watchdog.call, notices.warn)
        return best_effort(CANNOT_DRAW, lambda: _drawn(text, screen, raw), bare, time_to_draw_s(len(text)))


def _drawn(text: str, screen: Screen, raw: bool) -> bytes:
    from chatbot.terminal.sanitise import sanitise

    safe = sanitise(text)
    if screen.rendered and not raw:
        from chatbot.terminal.answer.painter import Painter
        from chatbot.terminal.markdown.look import ASCII, UNICODE
        from chatbot.terminal.markdown.stream import one_piece

        signs = UNICODE if screen.unicode else ASCII
        return Painter(screen).frame(one_piece(safe, screen.width, signs), [])
    return (safe.removesuffix("\n") + "\n").encode(screen.encoding, "replace")
