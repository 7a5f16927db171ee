"""The tools of one run of the program: the loop around the model, asking the person, and showing both."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from chatbot.cli.ask.setup import Setup
from chatbot.cli.output import stdio
from chatbot.cli.output.screen import pausing
from chatbot.cli.tools.approving import AskedInMainThread, allowed, approver
from chatbot.core.calls.loop import MAX_STEPS
from chatbot.core.events import Finished
from chatbot.core.messages import Conversation
from chatbot.core.options import Options
from chatbot.core.tools.calling import Tool
from chatbot.layers.agent import Agent
from chatbot.options.chat import Shown
from chatbot.outside.background import side_by_side
from chatbot.outside.desktop.keyboard import SilentKeyboard
from chatbot.outside.desktop.signals import Interrupts
from chatbot.outside.desktop.streams import is_terminal
from chatbot.session import Ask
from chatbot.terminal.answer.show_events import View

if TYPE_CHECKING:
    from chatbot.terminal.answer.tool_view import ToolView

_STORED_WITHIN_S = 6.0  # others may write at the same time


class ToolUse:
    """For one answer after the other. `wake` and `interrupts` belong to the answer that is waited for. `always` is what
    the person said that to, perhaps while another model was asked.
    """

    def __init__(self, setup: Setup, keyboard: SilentKeyboard, always: set[tuple[str, str]]) -> None:
        self._tools = setup.tools
        self._notices = setup.notices
        self._max_steps = setup.arguments.tools.max_steps or MAX_STEPS
        self._keyboard = keyboard
        self._interrupts: Interrupts | None = None
        self._wake: Callable[[], None] = lambda: None
        self._stop = threading.Event()
        self._stored = threading.Condition()
        self._stored_calls = 0
        person = approver(self._notices, self._look, always)
        self._asked = AskedInMainThread(person, lambda: self._wake(), lambda: self._stop.is_set())
        self._approve = allowed(setup.arguments.tools.allow, self._asked)

    def wanted(self, options: Options) -> tuple[Tool, ...]:
        """Those of its tools that a question is asked with."""
        names = {tool.name for tool in options.tools}
        return tuple(tool for tool in self._tools if tool.definition.name in names)

    def around(self, ask: Ask, options: Options, next_step: Callable[[Conversation, Options, Finished], None]) -> Ask:
        """The loop around what asks the model, for the next answer."""
        self._stop, self._stored_calls = threading.Event(), 0
        stop = self._stop
        return Agent(
            ask,
            self.wanted(options),
            self._approve,
            side_by_side,
            time.monotonic,
            stop.is_set,
            self._max_steps,
            self._notices.redacted,
            next_step,
            self._wait_until_stored,
        ).ask

    def stop(self) -> None:
        """Ends the tools that run, from another thread."""
        self._stop.set()

    def stored(self, count: int) -> None:
        """So many calls have started and are in the history, as far as one is kept."""
        if count != self._stored_calls:
            with self._stored:
                self._stored_calls = count
                self._stored.notify_all()

    def _wait_until_stored(self, count: int) -> None:
        """A call that is made must be known to whoever goes on after this program has died."""
        with self._stored:
            self._stored.wait_for(lambda: self._stored_calls >= count or self._stop.is_set(), _STORED_WITHIN_S)

    def view(self, make: Callable[[str], View], shown: Shown, interrupts: Interrupts, wake: Callable[[], None]) -> View:
        """The view of an answer, each step of which `make` makes a view for."""
        from chatbot.terminal.answer.tool_view import ToolView

        self._interrupts, self._wake = interrupts, wake
        lines = self._lines(shown)._replace(holds_text=not is_terminal(1) or shown.json)
        view: ToolView = ToolView(make, lines, self._ask_person)
        return view

    def _lines(self, shown: Shown):  # type: ignore[no-untyped-def]
        from chatbot.cli.ask.views import draws_aside, write_aside
        from chatbot.terminal.answer.tool_view import ToolLines

        notices = self._notices
        if notices.quiet or not draws_aside():
            return ToolLines(None, notices.warn)
        dim = notices.colour and shown.color != "never"
        unicode = "utf" in stdio.encoding(sys.stderr).lower()
        return ToolLines(write_aside, notices.warn, lambda: stdio.size()[0], dim, unicode)

    def _ask_person(self, clear: Callable[[], None]) -> None:
        """Puts the questions that wait to the person; Ctrl-C is a no, and the end of the answer."""
        interrupts = self._interrupts
        while self._asked.is_wanted and interrupts is not None and not interrupts.stopped():
            clear()
            try:
                with self._keyboard.lent():
                    self._asked.answer()
            except (KeyboardInterrupt, EOFError):
                pass

    def _look(self) -> bool:
        """While the person is asked: whether the process stood still meanwhile (Ctrl-Z). Raises KeyboardInterrupt."""
        if self._interrupts is None:
            return False
        if self._interrupts.stopped():
            raise KeyboardInterrupt
        return pausing(self._interrupts, self._keyboard)(lambda: None)
