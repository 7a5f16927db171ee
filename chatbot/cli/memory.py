"""What is remembered: the history of this person, and the conversation that this command goes on with."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from chatbot.core.events import Event, Retrying, TextDelta, ThinkingDelta
from chatbot.core.messages import Message
from chatbot.terminal.voice import Voice

if TYPE_CHECKING:
    from chatbot.core.continuing import Resumed
    from chatbot.core.turns import Replaced, Summary
    from chatbot.outside.history import History, Writing
    from chatbot.terminal.follow import View

OFF_VARIABLE = "CHAT_NO_LOG"


def history_folder() -> Path:
    """The person's data folder of this program."""
    from platformdirs import user_data_dir

    return Path(user_data_dir("chat", appauthor=False))


def open_history(voice: Voice) -> History:
    """The history; its file is opened when it is first needed."""
    from chatbot.outside.history import History

    return History(
        history_folder(), now=time.time, clock=time.monotonic, warn=voice.notice, redact=lambda text: voice.redact(text)
    )


class Memory:
    """Keeps each question and its answer, unless the person wants none of it kept (`off`)."""

    def __init__(self, voice: Voice, *, off: bool) -> None:
        self.off = off or bool(os.environ.get(OFF_VARIABLE))
        self.conversation_id: str | None = None
        self._voice = voice
        self._history: History | None = None

    @property
    def history(self) -> History:
        """The history, opened at the first use."""
        if self._history is None:
            self._history = open_history(self._voice)
        return self._history

    def go_on(self, conversation_id: str) -> tuple[Summary, Resumed]:
        """Goes on with a stored conversation. Raises UnknownConversation."""
        from chatbot.core.continuing import resumed

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
    ) -> Writing | None:
        """Stores a question, in the place of the last one if it `replaces` that; None when nothing is kept. Never
        raises.
        """
        if self.off:
            return None
        if replaces:
            self.withdraw(replaces)
        writing = self.history.begin(
            self.conversation_id, question.text, question.images, system, provider, model, asked_s
        )
        self.conversation_id = writing.conversation_id
        return writing

    def withdraw(self, last_is: Replaced) -> None:
        """Takes the last question back; trouble is told and does no harm."""
        from chatbot.core.errors import ChatError

        if self.conversation_id and not self.off:
            try:
                self.history.withdraw_last(self.conversation_id, last_is)
            except ChatError as error:
                self._voice.notice(str(error))

    def begin_anew(self) -> None:
        """The next question begins a new conversation."""
        self.conversation_id = None

    def close(self) -> None:
        """Closes the history, if it was opened."""
        if self._history is not None:
            self._history.close()


class RecordingView:
    """A View that also keeps what it shows."""

    def __init__(self, view: View, writing: Writing) -> None:
        self._view = view
        self._writing = writing

    def show(self, events: Sequence[Event], now_s: float) -> None:
        """See View. What came is kept first: showing it may find that the reader has gone."""
        for event in events:
            match event:
                case TextDelta():
                    self._writing.add(event.text)
                case ThinkingDelta():
                    self._writing.add(reasoning=event.text)
                case Retrying():
                    self._writing.failed(event)
        self._view.show(events, now_s)

    def frame(self, now_s: float) -> float | None:
        """See View."""
        waits = (self._view.frame(now_s), self._writing.frame())
        return min((wait_s for wait_s in waits if wait_s is not None), default=None)

    def close(self, now_s: float) -> None:
        """See View."""
        self._view.close(now_s)
