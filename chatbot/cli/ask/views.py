"""The views of an answer, made for the streams of this process. Loaded while the network is busy."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from chatbot.cli.output import stdio
from chatbot.cli.output.screen import pausing, this_screen
from chatbot.options.chat import Shown
from chatbot.outside.desktop.keyboard import SilentKeyboard
from chatbot.outside.desktop.signals import Interrupts
from chatbot.outside.desktop.streams import is_terminal
from chatbot.terminal.answer.show_events import View
from chatbot.terminal.answer.wait_row import WaitRow
from chatbot.terminal.best_effort import BestEffort
from chatbot.terminal.notices import Notices
from chatbot.terminal.screen import Screen, is_dumb

if TYPE_CHECKING:
    from chatbot.terminal.markdown.row import Row

Pause = Callable[[Callable[[], None]], bool]
Below = Callable[[float, Screen], "list[Row]"]


def guarded_view(
    shown: Shown,
    label: str,
    notices: Notices,
    interrupts: Interrupts,
    keyboard: SilentKeyboard,
    best_effort: BestEffort,
    below: Below | None = None,
) -> View:
    """The view that standard output and the person's words ask for, and the bare text where that fails. `label` is
    what is waited for, `below` what stands under it meanwhile, see LiveAnswer.
    """
    from chatbot.terminal.answer.guarded_view import BareText, GuardedView

    bare = BareText(_write_for(shown), notices.warn, on_terminal=is_terminal(1))
    return GuardedView(
        lambda: _view_for(shown, label, notices, pausing(interrupts, keyboard), below), bare, best_effort
    )


def shows_waiting(shown: Shown) -> bool:
    """Whether a row tells, and changes, while an answer is waited for."""
    screen = this_screen(shown.color)
    return screen.live if screen.rendered and not shown.raw and not shown.json else draws_aside()


def draws_aside() -> bool:
    return is_terminal(2) and not is_dumb(os.environ) and not os.environ.get("NO_COLOR")


def write_aside(text: str) -> None:
    stdio.write_aside(text.encode(stdio.encoding(sys.stderr), "replace"))


def _write_for(shown: Shown) -> Callable[[str], None]:
    """What takes the text of the answer: in a pipe its very bytes, on a terminal in its encoding; --json prints it."""
    if shown.json:
        return lambda text: None
    encoding = stdio.encoding(sys.stdout) if is_terminal(1) else "utf-8"
    return lambda text: stdio.write_answer(text.encode(encoding, "replace"))


def _view_for(shown: Shown, label: str, notices: Notices, pause: Pause, below: Below | None) -> View:
    screen = this_screen(shown.color)
    rendered = screen.rendered and not shown.raw and not shown.json
    unicode = screen.unicode if rendered else "utf" in stdio.encoding(sys.stderr).lower()
    wait_row = WaitRow(label, time.monotonic(), unicode=unicode)
    if rendered:
        return _screen_view(shown, screen, wait_row, notices, pause, below)
    return _plain_view(shown, wait_row, notices, unicode)


def _plain_view(shown: Shown, wait_row: WaitRow, notices: Notices, unicode: bool) -> View:
    """The text as it is: for pipes and files, for --raw, and beside --json."""
    from chatbot.terminal.answer.plain import Aside, PlainView

    aside = Aside(
        write_aside if draws_aside() else None,
        wait_row,
        not shown.hide_reasoning,
        notices.colour and shown.color != "never",
        "│ " if unicode else "| ",
    )
    view = PlainView(_write_for(shown), notices.warn, aside, on_terminal=is_terminal(1))
    if not shown.json:
        return view
    from chatbot.terminal.answer.json_view import JsonView

    return JsonView(view)


def _screen_view(
    shown: Shown,
    screen: Screen,
    wait_row: WaitRow,
    notices: Notices,
    pause: Pause,
    below: Below | None,
) -> View:
    """Markdown, drawn while it arrives."""
    from chatbot.terminal.answer.live import LiveAnswer
    from chatbot.terminal.answer.live_view import LiveView

    live = LiveAnswer(
        screen,
        stdio.write_answer,
        time.monotonic,
        wait_row,
        show_reasoning=shown.show_reasoning and is_terminal(1),
        hide_reasoning=shown.hide_reasoning or not is_terminal(1),  # a file gets the answer alone
        below=below,
    )
    tell = None if is_terminal(1) and is_terminal(2) else notices.warn
    return LiveView(live, stdio.size, pause, tell)
