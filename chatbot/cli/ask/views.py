"""The views of an answer, made for the streams of this process. Loaded while the network is busy."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

from chatbot.cli import stdio
from chatbot.cli.ask.command import Arguments
from chatbot.outside.desktop.keyboard import SilentKeyboard
from chatbot.outside.desktop.signals import Interrupts
from chatbot.outside.desktop.streams import is_terminal
from chatbot.terminal.answer.show_events import View
from chatbot.terminal.answer.wait_row import WaitRow
from chatbot.terminal.best_effort import BestEffort
from chatbot.terminal.notices import Notices
from chatbot.terminal.screen import ColorChoice, Screen, detect_screen, is_dumb


def guarded_view(
    words: Arguments,
    label: str,
    notices: Notices,
    interrupts: Interrupts,
    keyboard: SilentKeyboard,
    best_effort: BestEffort,
) -> View:
    """The view that standard output and the person's words ask for, and the bare text where that fails. `label` is
    what is waited for.
    """
    from chatbot.terminal.answer.guarded_view import BareText, GuardedView

    harmless = is_terminal(1)
    write = _nowhere if words.json else stdio.write_answer
    encoding = stdio.encoding(sys.stdout) if harmless else "utf-8"
    bare = BareText(write, notices.warn, harmless=harmless, encoding=encoding)
    return GuardedView(lambda: _view_for(words, label, notices, interrupts, keyboard), bare, best_effort)


def shows_waiting(words: Arguments) -> bool:
    """Whether a row tells, and changes, while an answer is waited for."""
    screen = this_screen(words.color)
    return screen.live if screen.rendered and not words.raw and not words.json else _draws_aside()


def _draws_aside() -> bool:
    return is_terminal(2) and not is_dumb(os.environ) and not os.environ.get("NO_COLOR")


def _write_aside(text: str) -> None:
    stdio.write_aside(text.encode(stdio.encoding(sys.stderr), "replace"))


def _nowhere(data: bytes) -> None:
    del data


def _view_for(words: Arguments, label: str, notices: Notices, interrupts: Interrupts, keyboard: SilentKeyboard) -> View:
    screen = this_screen(words.color)
    rendered = screen.rendered and not words.raw and not words.json
    unicode = screen.unicode if rendered else "utf" in stdio.encoding(sys.stderr).lower()
    wait_row = WaitRow(label, time.monotonic(), unicode=unicode)
    if rendered:
        return _screen_view(words, screen, wait_row, notices, interrupts, keyboard)
    return _plain_view(words, wait_row, notices, unicode)


def this_screen(color: ColorChoice) -> Screen:
    """What standard output can show."""
    return detect_screen(
        os.environ,
        isatty=is_terminal(1),
        size=stdio.size(),
        encoding=stdio.encoding(sys.stdout),
        color=color,
    )


def _plain_view(words: Arguments, wait_row: WaitRow, notices: Notices, unicode: bool) -> View:
    """The text as it is: for pipes and files, for --raw, and beside --json."""
    from chatbot.terminal.answer.plain import PlainView

    harmless = is_terminal(1)
    view = PlainView(
        _nowhere if words.json else stdio.write_answer,
        notices.warn,
        (lambda text: stdio.write_aside(text.encode(stdio.encoding(sys.stderr), "replace")))
        if _draws_aside()
        else None,
        wait_row,
        show_reasoning=not words.hide_reasoning,
        dim=notices.colour and words.color != "never",
        bar="│ " if unicode else "| ",
        harmless=harmless,
        encoding=stdio.encoding(sys.stdout) if harmless else "utf-8",
    )
    if not words.json:
        return view
    from chatbot.terminal.answer.json_view import JsonView

    return JsonView(view)


def _screen_view(
    words: Arguments,
    screen: Screen,
    wait_row: WaitRow,
    notices: Notices,
    interrupts: Interrupts,
    keyboard: SilentKeyboard,
) -> View:
    """Markdown, drawn while it arrives."""
    from chatbot.terminal.answer.live import LiveAnswer
    from chatbot.terminal.answer.live_view import LiveView

    live = LiveAnswer(
        screen,
        stdio.write_answer,
        time.monotonic,
        wait_row,
        show_reasoning=words.show_reasoning and is_terminal(1),
        hide_reasoning=words.hide_reasoning or not is_terminal(1),  # a file gets the answer alone
    )
    tell = None if is_terminal(1) and is_terminal(2) else notices.warn
    return LiveView(live, stdio.size, pausing(interrupts, keyboard), tell)


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
        from chatbot.terminal.markdown import ASCII, UNICODE, one_piece

        signs = UNICODE if screen.unicode else ASCII
        return Painter(screen).frame(one_piece(safe, screen.width, signs), [])
    return (safe.removesuffix("\n") + "\n").encode(screen.encoding, "replace")
