"""What is remembered: the history of this person, and the conversation that this command goes on with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from chatbot.cli.history import open_history
from chatbot.core.events import (
    Event,
    Finished,
    ReasoningDelta,
    Retrying,
    StepFinished,
    TextDelta,
    ToolFinished,
    ToolStarted,
)
from chatbot.core.messages import Message
from chatbot.terminal.notices import Notices

if TYPE_CHECKING:
    from chatbot.core.conversations.resume import Resumed
    from chatbot.core.conversations.stored import Replaced, Summary
    from chatbot.core.cost.answer import Cost
    from chatbot.core.http.kept import KeptExchange
    from chatbot.outside.history.store import History
    from chatbot.outside.history.writing import TurnWriter
    from chatbot.terminal.answer.show_events import View
    from chatbot.terminal.best_effort import BestEffort

NOT_KEPT = "the history does not work, and may not have all of this answer"
_LIMIT_S = 6.0  # others may write for five seconds at the end
_LIMIT_BEFORE_THE_END_S = 3.0


class HistoryRecorder:
    """Keeps each question and its answer, unless the person wants none of it kept (`off`). `beside`: in the history of
    another one. `forks`: the first question goes on with a copy of that conversation.
    """

    def __init__(self, notices: Notices, *, off: bool, beside: HistoryRecorder | None = None) -> None:
        self.off = off
        self.conversation_id: str | None = None
        self.forks: str | None = None
        self._beside = beside
        self._notices = notices
        self._history: History | None = None

    @property
    def history(self) -> History:
        """The history, opened at the first use."""
        if self._beside:
            return self._beside.history
        if self._history is None:
            self._history = open_history(self._notices)
        return self._history

    def go_on(self, conversation_id: str) -> tuple[Summary, Resumed]:
        """Goes on with a stored conversation. Raises UnknownConversation."""
        from chatbot.core.conversations.resume import resumed

        stored = self.history.conversation(conversation_id)
        found = resumed(stored.turns, self.history.images(stored.turns))
        self.conversation_id = conversation_id
        return stored.summary, found

    def begin(
        self,
        question: Message,
        system: str | None,
        provider: str,
        model: str,
        asked_s: float,
        *,
        replaces: Replaced | None = None,
    ) -> TurnWriter | None:
        """Stores a question, in the place of the last one if it `replaces` that; None when nothing is kept."""
        if self.off or not self._is_there():
            return None
        if replaces:
            self.withdraw(replaces)
        if self.forks:
            self.conversation_id, self.forks = self.history.fork(self.forks), None
        return self.history.begin(
            self.conversation_id, question.text, question.attachments, system, provider, model, asked_s
        )

    def _is_there(self) -> bool:
        """Whether there is a place for a history; that there is none is told once."""
        from chatbot.core.conversations.stored import HistoryUnavailable

        try:
            return bool(self.history)
        except HistoryUnavailable as error:
            self._notices.warn(str(error))
            self.off = True
            return False

    def withdraw(self, last_is: Replaced) -> None:
        """Takes the last question back; trouble is told and does no harm."""
        from chatbot.core.errors import ChatError

        if self.conversation_id and not self.off:
            try:
                self.history.withdraw_last(self.conversation_id, last_is)
            except ChatError as error:
                self._notices.warn(str(error))

    def begin_anew(self) -> None:
        """The next question begins a new conversation."""
        self.conversation_id = None

    def close(self) -> None:
        """Closes the history, if it was opened."""
        if self._history is not None:
            self._history.close()


class RecordingView:
    """A View that also keeps what it shows, as far as that can be kept. As a context manager it stores what came of an
    answer that was not `finish`ed. `on_started` hears how many calls have started, once they are stored.
    """

    def __init__(
        self,
        view: View,
        memory: HistoryRecorder,
        begin: Callable[[], TurnWriter | None],
        best_effort: BestEffort,
        on_started: Callable[[int], None] = lambda count: None,
    ) -> None:
        self._on_started = on_started
        self._started = 0
        self._view = view
        self.withdraw, self.close = view.withdraw, view.close
        self._memory = memory
        self._best_effort = best_effort
        self._works = True
        self._writing: TurnWriter | None = best_effort(NOT_KEPT, begin, None, _LIMIT_BEFORE_THE_END_S)

    def show(self, events: Sequence[Event], now_s: float) -> None:
        """See View. What came is kept first: showing it may find that the reader has gone."""
        said: list[Event] = []
        for event in events:
            if isinstance(event, (StepFinished, ToolStarted, ToolFinished)):
                self._append(said)
                said = []
                self._store(lambda writing: writing.tool(event))  # noqa: B023  (called at once)
                self._started += isinstance(event, ToolStarted)
            elif type(event) is Retrying:
                self._store(lambda writing: writing.failed(event))  # noqa: B023  (called at once)
            else:
                said.append(event)
        self._append(said)
        self._on_started(self._started)
        if self._writing:
            self._store(lambda writing: writing.frame())
        self._view.show(events, now_s)

    def _append(self, events: Sequence[Event]) -> None:
        if self._writing:
            self._writing.append(
                "".join([event.text for event in events if type(event) is TextDelta]),
                "".join([event.text for event in events if type(event) is ReasoningDelta]),
            )

    def frame(self, now_s: float) -> float | None:
        """See View."""
        waits = [self._view.frame(now_s)]
        self._store(lambda writing: waits.append(writing.frame()))
        return min((wait_s for wait_s in waits if wait_s is not None), default=None)

    def finish(self, finished: Finished, answer: str | None, cost: Cost | None) -> None:
        """Stores the end of the answer; without the words of its error where those are what cannot be stored."""
        if not self._end(lambda writing: writing.finish(finished, answer, cost)):
            self._end(lambda writing: writing.finish(finished._replace(error=None), answer, cost))

    def keep(self, exchanges: Callable[[], Sequence[KeptExchange]]) -> None:
        """Stores the HTTP under the answer, once that has ended."""
        self._end(lambda writing: writing.keep_exchanges(exchanges()))

    @property
    def conversation_id(self) -> str | None:
        """Where it is kept; None where it is not."""
        return self._writing.conversation_id if self._writing else None

    def __enter__(self) -> RecordingView:
        return self

    def __exit__(self, *_: object) -> None:
        self._end(lambda writing: writing.close())
        if self._writing:
            self._memory.conversation_id = self.conversation_id

    def _store(self, work: Callable[[TurnWriter], object]) -> None:
        """Stores some of a growing answer. After the first failure only its end is tried again."""
        writing = self._writing
        if writing is not None and self._works:
            self._works = self._best_effort.done(NOT_KEPT, lambda: work(writing), _LIMIT_BEFORE_THE_END_S)

    def _end(self, work: Callable[[TurnWriter], object]) -> bool:
        writing = self._writing
        return writing is None or self._best_effort.done(NOT_KEPT, lambda: work(writing), _LIMIT_S)
