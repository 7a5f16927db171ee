"""Slow motion: one steps forward and back through an answer. prompt_toolkit reads the keys and draws the frames."""

from __future__ import annotations

from collections.abc import Callable

from prompt_toolkit.application import Application
from prompt_toolkit.application.current import get_app
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.input import create_input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout import FormattedTextControl, Layout, Window

from chatbot.core.http.exchange import SafeExchange
from chatbot.core.http.seen import Read
from chatbot.terminal.http.slow_motion_frame import View, frame, opened, plain
from chatbot.terminal.screen import Screen

_ALL = 2**31
_STEPS = dict.fromkeys(("right", "down", " "), 1) | dict.fromkeys(("left", "up", "backspace"), -1)
_FURTHER = _STEPS | {"pagedown": 10, "pageup": -10, "end": _ALL, "home": -_ALL}
_LEAVING = ("q", "Q", "escape", "c-c", "c-d")


def watch(exchange: SafeExchange, read: Read, screen: Screen, write: Callable[[str], object]) -> None:
    """Lets a person step through an exchange; where the screen is not a live one, writes all of it. `read` says what an
    event means, in the exchange's wire format.
    """
    view = opened(exchange, read)
    if screen.live:
        _run(view, unicode=screen.unicode)
    else:
        write("".join(f"{row}\n" for row in plain(view)))


def _run(view: View, *, unicode: bool) -> None:
    """Shows the view on the whole screen until the person leaves."""
    bindings = KeyBindings()

    def drawn() -> StyleAndTextTuples:
        size = get_app().output.get_size()
        head, *rows, keys = frame(view, size.columns, size.rows, unicode=unicode)
        return [("bold", f"{head}\n"), ("", "".join(f"{row}\n" for row in rows)), ("class:keys", keys)]

    def mover(by: int) -> Callable[[KeyPressEvent], None]:
        def move(event: KeyPressEvent) -> None:
            nonlocal view
            view = view.moved(by)

        return move

    for key, by in _FURTHER.items():
        bindings.add(key)(mover(by))
    for key in _LEAVING:
        bindings.add(key, eager=key == "escape")(lambda event: event.app.exit())
    bindings.add("c-z")(lambda event: event.app.suspend_to_background())
    window = Window(FormattedTextControl(drawn, show_cursor=False), wrap_lines=False, always_hide_cursor=True)
    keyboard = create_input(always_prefer_tty=True)  # standard input may be a pipe
    app: Application[None] = Application(Layout(window), key_bindings=bindings, full_screen=True, input=keyboard)
    app.ttimeoutlen = app.timeoutlen = 0.05  # how long Escape may be the beginning of an arrow
    try:
        app.run()
    except EOFError:
        pass  # the terminal is gone
