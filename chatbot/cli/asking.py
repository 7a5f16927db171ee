"""Asking the chosen model: session, inbox, view and signals handed to each other, once for each question."""

from __future__ import annotations

import os
import random
import threading
import time
from typing import TYPE_CHECKING

from chatbot.cli import standard
from chatbot.cli.ask import Words
from chatbot.core.errors import CannotConnect
from chatbot.core.events import Finished
from chatbot.core.messages import Conversation
from chatbot.core.retry import RetryPolicy
from chatbot.core.settings import Options
from chatbot.outside.background import Inbox
from chatbot.outside.keyboard import SilentKeyboard
from chatbot.outside.signals import Interrupts
from chatbot.outside.streams import is_terminal
from chatbot.outside.transport import IDLE_TIMEOUT_S, LiveTransport
from chatbot.providers import registry
from chatbot.providers.choice import Choice
from chatbot.session import Session
from chatbot.terminal.voice import Voice

if TYPE_CHECKING:
    from chatbot.terminal.follow import Outcome

# Long enough for a request to leave, short beside any server's answer: what shows the answer loads after that.
_SENT_WITHIN_S = 0.05


class Asking:
    """Asks one question after the other of the chosen model, and shows each answer."""

    def __init__(self, words: Words, choice: Choice, voice: Voice) -> None:
        self.choice = choice
        self._words = words
        self._voice = voice
        self._sent = threading.Event()
        self._transport = LiveTransport(
            os.environ, idle_timeout_s=words.timeout_s or IDLE_TIMEOUT_S, on_sent=self._sent.set
        )
        self._session = Session(
            registry.provider_for(choice.service, choice.endpoint),
            self._transport,
            RetryPolicy(max_retries=words.max_retries),
            clock=time.monotonic,
            now=time.time,
            random=random.random,
        )
        self.options = Options(model=choice.model or "", stream=words.stream, extra=words.extra, **words.options)
        self.signal: int | None = None

    def __call__(self, conversation: Conversation, options: Options | None = None) -> Outcome:
        """The answer to the last question, as far as it came; shown while it comes, with what is to be said of it."""
        asked = options or self.options
        self._sent.clear()
        on_screen = is_terminal(1) and not self._words.json
        with Interrupts(on_screen=on_screen) as interrupts, SilentKeyboard() as keyboard:
            inbox = Inbox(lambda sleep: self._session.ask(conversation, asked, sleep), stop=self._transport.abort)
            interrupts.wake = inbox.wake
            self._sent.wait(_SENT_WITHIN_S)
            from chatbot.cli.views import view_for
            from chatbot.terminal.follow import follow

            label = asked.model or self.choice.service.title
            view = view_for(self._words, label, self._voice, interrupts, keyboard)
            outcome = follow(inbox, view, time.monotonic, interrupts.stopped, self._words.max_time_s)
            self.signal = interrupts.number
        self._say(outcome)
        return outcome

    def models(self) -> list[str]:
        """The names of the server's models. Raises ChatError when it gives no list."""
        return self._session.models()

    def exit_code(self, outcome: Outcome) -> int:
        """The exit code for this outcome, or for the signal that ended it."""
        from chatbot.terminal.failures import exit_code

        return 128 + self.signal if self.signal else exit_code(outcome.finished)

    def _say(self, outcome: Outcome) -> None:
        """What is to be said of an answer: in the JSON object, and to the person."""
        from chatbot.terminal.failures import exit_code, usage_line, verdict_lines

        finished = self._advised(outcome.finished)
        if self._words.json:
            from chatbot.terminal.json_view import as_json

            model = self.choice.model or ""
            standard.write_answer(as_json(outcome, self.choice.service.name, model, self._voice.redact))
        lines = list(verdict_lines(finished))
        if lines and (exit_code(finished) or not self._voice.quiet):
            self._voice.tell(lines)
        if self._words.usage:
            self._voice.tell([usage_line(finished.usage)])

    def _advised(self, finished: Finished) -> Finished:
        """For a local server that does not run: how to start it."""
        if isinstance(finished.error, CannotConnect) and self.choice.service.start_advice:
            finished.error.advice = self.choice.service.start_advice
        return finished
