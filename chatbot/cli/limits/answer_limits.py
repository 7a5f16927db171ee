"""What answers tell of the limits of their service: kept for later runs, and warned of once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chatbot.core.errors import ChatError
from chatbot.core.http.outcome import may_tell_of_limits
from chatbot.terminal.notices import Notices

if TYPE_CHECKING:
    from chatbot.core.http.exchange import Exchange
    from chatbot.core.http.limits import SeenLimits


class AnswerLimits:
    """`seen` is what was told last. `keeps`: for later runs; `in_session`: for `/limits` too."""

    def __init__(self, notices: Notices, *, keeps: bool, in_session: bool) -> None:
        self.seen: SeenLimits | None = None
        self._notices = notices
        self._keeps = keeps
        self._in_session = in_session
        self._has_warned = False

    def see(self, exchanges: Sequence[Exchange]) -> None:
        """Looks at what the last answer of a question told; most tell nothing, and cost nothing more then."""
        answered = [exchange for exchange in exchanges if exchange.status is not None]
        if not answered or not (self._in_session or may_tell_of_limits(answered[-1]) or self._is_new(answered[-1])):
            return
        from chatbot.cli.limits.command import keep_limits, seen_in
        from chatbot.terminal.http.limits_panel import warning

        seen = seen_in(answered[-1], self._notices)
        if any(seen.limits) or self.seen is None:
            self.seen = seen
        if not self._has_warned and (little_is_left := warning(seen, seen.seen_s)):
            self._has_warned = True
            self._notices.warn(little_is_left)
        if self._keeps:
            keep_limits(seen)

    def _is_new(self, exchange: Exchange) -> bool:
        """Whether nothing is kept yet of its service; that it tells nothing is worth knowing too."""
        from chatbot.cli.history import limits_folder

        try:
            return self._keeps and not (limits_folder() / f"{exchange.provider}.json").exists()
        except ChatError:
            return False  # the history says so
