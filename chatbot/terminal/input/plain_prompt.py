"""The prompt for a terminal that cannot move its cursor, and for no terminal: lines, and no escape sequence."""

from __future__ import annotations

from collections.abc import Callable

from chatbot.terminal.input.input_line import is_open_block
from chatbot.terminal.input.status_line import Status

_MESSAGE, _CONTINUATION = "\n> ", "  "


class PlainPrompt:
    """Reads lines with `input_line`, which is given the prompt's text; a text that begins with triple quotes goes on to
    the line that ends with them. `write` takes a line end. See Prompt.
    """

    def __init__(
        self, input_line: Callable[[str], str], write: Callable[[str], None], when_standing: Callable[[], None]
    ) -> None:
        self._input_line = input_line
        self._write = write
        self._when_standing: Callable[[], None] | None = when_standing

    def __call__(self, status: Status) -> str:
        if self._when_standing:
            standing, self._when_standing = self._when_standing, None
            standing()
        try:
            typed = self._input_line(_MESSAGE)
            while is_open_block(typed):
                typed += "\n" + self._input_line(_CONTINUATION)
        except (EOFError, KeyboardInterrupt):
            self._write("\n")
            raise
        return typed
