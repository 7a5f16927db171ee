"""How far a batch is: one row on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chatbot.core.amounts import duration_words, short
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices

EACH_S, PLAIN_EACH_S = 0.1, 30.0
_ECHO_CELLS = 3  # the row stays one where the terminal adds ^C to it


class Standing(NamedTuple):
    """`cost_usd` is None where no price is known; `waits_until` is a time of day, empty where nothing is waited for."""

    total: int
    done: int = 0
    failed: int = 0
    in_flight: int = 0
    cost_usd: float | None = None
    waits_until: str = ""
    left_s: float | None = None
    is_ending: bool = False

    def words(self) -> list[str]:
        """What is to be said, the most important first."""
        over = self.done + self.failed
        share = f" ({over * 100 // self.total} %)" if self.total else ""
        return [
            f"{over} of {self.total}{share}",
            *([f"{self.failed} failed"] if self.failed else []),
            *([f"ending: {self.in_flight} to wait for, Ctrl-C cuts"] if self.is_ending else []),
            *([f"waits until {self.waits_until}"] if self.waits_until else []),
            *([f"{self.cost_usd:.4f} USD"] if self.cost_usd is not None else []),
            *([f"{duration_words(self.left_s)} left"] if self.left_s is not None and not self.is_ending else []),
            *([f"{short(self.in_flight)} at once"] if self.in_flight and not self.is_ending else []),
        ]


class BatchProgress:
    """`stream` is standard error where that is a terminal, else None; a context manager."""

    def __init__(self, notices: Notices, stream: Any, clock: Callable[[], float], encoding: str) -> None:
        self._notices, self._clock = notices, clock
        self._live: Any = None
        self._shown_s = clock()
        if stream is not None and not notices.quiet:
            from rich.console import Console
            from rich.live import Live

            self._separator = " · " if "utf" in encoding.lower() else ", "
            console = Console(file=stream, highlight=False)
            self._live = Live(console=console, auto_refresh=False, transient=True, redirect_stderr=False)

    @property
    def each_s(self) -> float | None:
        """How often it wants to be told at least; None where nothing is shown."""
        return None if self._notices.quiet else 1.0 if self._live else PLAIN_EACH_S

    def __enter__(self) -> BatchProgress:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def show(self, standing: Standing) -> None:
        """Shows it, unless it was shown just now."""
        now_s = self._clock()
        if now_s - self._shown_s < (EACH_S if self._live else PLAIN_EACH_S):
            return
        self._shown_s = now_s
        if self._live:
            from rich.text import Text

            row = Text(self._separator.join(standing.words()), no_wrap=True, style="dim")
            row.truncate(self._live.console.width - _ECHO_CELLS)
            self._live.update(row, refresh=True)
        else:
            self._notices.warn(", ".join(standing.words()))
