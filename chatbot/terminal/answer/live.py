"""An answer on the screen while it arrives: waiting, reasoning, text.

Driven by a loop that knows the time, the network and the signals: it tells what came, sleeps for `wait_s`, asks for a
`frame`. Nothing here sleeps, starts a thread or handles a signal.
"""

import math
from collections.abc import Callable

from chatbot.core.events import Retrying
from chatbot.terminal.answer.painter import Painter
from chatbot.terminal.answer.reasoning import Reasoning
from chatbot.terminal.answer.wait_row import FRAME_S, WaitRow
from chatbot.terminal.markdown.look import ASCII, DIM, NOTICE, UNICODE
from chatbot.terminal.markdown.row import Row
from chatbot.terminal.markdown.stream import MarkdownStream
from chatbot.terminal.markdown.wrap import Wrapper
from chatbot.terminal.sanitise import Sanitiser, sanitise
from chatbot.terminal.screen import Screen

_SHORTEST_GAP_S, _LONGEST_GAP_S = 1 / 30, 0.5
_GAP_PER_FRAME = 4  # a slow terminal gets fewer frames: a fifth of the time at most goes into them


class LiveAnswer:
    """`clock` gives seconds and is only used to measure how long a frame takes. `waiting` is shown as a live row until
    the answer begins; it leaves no trace.

    `show_thinking` commits the reasoning; `hide_reasoning` shows nothing of it. `below` gives live rows that
    stand under all others, at a time and on a screen.
    """

    def __init__(
        self,
        screen: Screen,
        write: Callable[[bytes], None],
        clock: Callable[[], float],
        waiting: WaitRow,
        *,
        show_reasoning: bool = False,
        hide_reasoning: bool = False,
        below: Callable[[float, Screen], list[Row]] | None = None,
    ) -> None:
        self._below = below
        self._below_due_s = 0.0
        self._write = write
        self._clock = clock
        self._painter = Painter(screen)
        signs = UNICODE if screen.unicode else ASCII
        self._markdown = MarkdownStream(screen.width, signs)
        self._sanitiser = Sanitiser()
        self._waiting = waiting
        self._reasoning = Reasoning(screen.width, signs, show=show_reasoning, hide=hide_reasoning)
        self._committed: list[Row] = []
        self._answering = False
        self._dirty = False
        self._next_frame_s = 0.0

    def text(self, delta: str) -> None:
        """Markdown of the answer, as it came."""
        clean = self._sanitiser.feed(delta)
        self._markdown.feed(clean)
        self._dirty = True
        if not self._answering and not clean.isspace() and clean:  # blank lines end no waiting
            self._answering = True
            self._waiting.over()

    def reasoning(self, delta: str) -> None:
        """Reasoning, as it came. It is not Markdown here, and is not shown once the answer has begun."""
        if not self._answering:
            self._reasoning.feed(delta)
            self._dirty = True

    def retrying(self, event: Retrying, now_s: float) -> None:
        """An attempt has failed: the wait for the next one counts down."""
        self._waiting.retrying(event, now_s)
        self._dirty = True

    def note(self, text: str) -> None:
        """A row about the answer that stays."""
        wrapper = Wrapper(self._painter.screen.width)
        self._committed += wrapper.feed([(sanitise(text).expandtabs(4), NOTICE)]) + wrapper.finish()
        self._dirty = True

    def wait_s(self, now_s: float) -> float | None:
        """How long nothing has to be painted unless something comes; None for any time."""
        due = self._next_frame_s if self._dirty else self._next_tick_s(now_s)
        return None if due is None else max(0.0, due - now_s)

    def frame(self, now_s: float) -> None:
        """Paint what came since the last frame. May be called at any time; writes at most once."""
        self._paint(now_s, final=False)

    def finish(self, now_s: float) -> None:
        """The answer has ended, or was stopped: everything of it is committed, the live rows are gone."""
        self._waiting.over()
        self.text(self._sanitiser.finish())
        self._paint(now_s, final=True)

    def resized(self, width: int, height: int) -> None:
        """Blocks that begin after this have the new width."""
        self._painter.resized(width, height)
        self._markdown.resized(width)
        self._reasoning.resized(width)
        self._dirty = True

    def suspended(self) -> None:
        """Before the program stops: the live rows are taken away."""
        self._emit(self._painter.erased())

    def resumed(self) -> None:
        """After the program goes on, at the start of an empty row."""
        self._painter.forget()
        self._dirty = True

    def _paint(self, now_s: float, final: bool) -> None:
        started = self._clock()
        commit, live = self._committed, list[Row]()
        self._committed = []
        if self._answering or final:
            commit += self._reasoning.end(now_s, self._answering)
        else:
            live += self._reasoning.live(now_s, commit)
        if self._answering:
            rows, preview = self._markdown.pump(final)
            commit += rows
            live += preview
        if not live and (words := self._waiting.row(now_s)):
            live = [Row(((words, NOTICE if self._waiting.is_retry(now_s) else DIM),))]
        if self._below and not final:
            live += (below := self._below(now_s, self._painter.screen))
            self._below_due_s = now_s + FRAME_S if below else math.inf
        self._emit(self._painter.frame(commit, live))
        self._dirty = False
        gap = _GAP_PER_FRAME * (self._clock() - started)
        self._next_frame_s = now_s + min(max(gap, _SHORTEST_GAP_S), _LONGEST_GAP_S)

    def _emit(self, data: bytes) -> None:
        if data:
            self._write(data)

    def _next_tick_s(self, now_s: float) -> float | None:
        if not self._painter.screen.live:
            return None
        wait_s = self._waiting.wait_s(now_s)
        below_s = self._below_due_s if self._below and self._below_due_s < math.inf else None
        ticks = (None if wait_s is None else now_s + wait_s, self._reasoning.next_tick_s(now_s), below_s)
        return min((tick for tick in ticks if tick is not None), default=None)
