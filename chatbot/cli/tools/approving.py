"""Whether a call may be made: said beforehand, or asked of the person."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet

from chatbot.core.errors import Cancelled
from chatbot.core.tools.calling import Approval, Approve, Tool, ToolCall
from chatbot.terminal.notices import Notices

_LOOKS_EVERY_S = 0.1


def allowed(names: Collection[str], otherwise: Approve) -> Approve:
    """Yes to what is safe, and to what the person has named; the rest is asked of `otherwise`."""

    def approve(call: ToolCall, tool: Tool) -> Approval:
        if tool.is_safe or tool.definition.name in names:
            return Approval(True)
        return otherwise(call, tool)

    return approve


def approver(notices: Notices, look: Callable[[], bool], always: set[tuple[str, str]]) -> Approve:
    """What asks the person, where there is one, see `at_terminal`."""
    from chatbot.cli.tools.at_terminal import at_terminal

    return at_terminal(notices, look, always) or refuse


def refuse(call: ToolCall, tool: Tool) -> Approval:
    """Where nobody is there to be asked."""
    return Approval(False, reason=f"nobody is there to allow it (--allow {tool.definition.name} does)")


class AskedInMainThread:
    """An Approve for the thread of the answer, whose questions are put to the person in the main thread, which has the
    terminal: `wake` makes it `answer` them, with `approve`. `stopped` ends the wait.
    """

    def __init__(self, approve: Approve, wake: Callable[[], None], stopped: Callable[[], bool]) -> None:
        self._approve = approve
        self._wake = wake
        self._stopped = stopped
        self._waiting: deque[tuple[ToolCall, Tool, Future[Approval]]] = deque()

    def __call__(self, call: ToolCall, tool: Tool) -> Approval:
        if threading.current_thread() is threading.main_thread():
            return self._approve(call, tool)
        said: Future[Approval] = Future()
        self._waiting.append((call, tool, said))
        self._wake()
        while not self._stopped():
            try:
                return said.result(_LOOKS_EVERY_S)
            except NotYet:
                continue
        raise Cancelled("stopped")

    @property
    def is_wanted(self) -> bool:
        """Whether somebody waits for an answer."""
        return bool(self._waiting)

    def answer(self) -> None:
        """Puts the next question to the person. Raises what that raises, which is a no."""
        call, tool, said = self._waiting.popleft()
        try:
            said.set_result(self._approve(call, tool))
        except BaseException:
            said.set_result(Approval(False, reason="the person stopped"))
            raise
