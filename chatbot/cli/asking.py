"""Asking the chosen model: session, inbox, view and signals handed to each other, once for each question."""

from __future__ import annotations

import os
import random
import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chatbot.cli import standard
from chatbot.cli.ask import Words
from chatbot.core.amounts import token_words
from chatbot.core.errors import AnswerError, CannotConnect, ContextTooLong, KeyRejected, ProgramFault, UnknownModel
from chatbot.core.events import Finished, Verdict
from chatbot.core.messages import Conversation
from chatbot.core.redacted_events import EventRedactor
from chatbot.core.retry import RetryPolicy
from chatbot.core.settings import Options
from chatbot.outside.background import Inbox
from chatbot.outside.keyboard import SilentKeyboard
from chatbot.outside.signals import Interrupts
from chatbot.outside.streams import is_terminal
from chatbot.outside.transport import IDLE_TIMEOUT_S, LiveTransport
from chatbot.outside.watchdog import Watchdog
from chatbot.providers import registry
from chatbot.providers.choice import Choice
from chatbot.session import Session
from chatbot.terminal.best_effort import LIMIT_S, BestEffort
from chatbot.terminal.voice import Voice

if TYPE_CHECKING:
    from chatbot.cli.memory import Memory
    from chatbot.core.turns import Replaced
    from chatbot.outside.history import Writing
    from chatbot.terminal.follow import Outcome

# Long enough for a request to leave, short beside any server's answer: what shows the answer loads after that.
_SENT_WITHIN_S = 0.05
_MANY_TOKENS = 1_500  # the smallest contexts that local servers start with have 2 048


class Asking:
    """Asks one question after the other of the chosen model, and shows each answer."""

    def __init__(
        self,
        words: Words,
        choice: Choice,
        voice: Voice,
        memory: Memory,
        keyboard: SilentKeyboard,
        *,
        in_session: bool = False,
    ) -> None:
        self.choice = choice
        self._keyboard = keyboard
        self._in_session = in_session
        self._memory = memory
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
        self.options = Options(
            model=choice.model or "",
            stream=words.stream,
            show_reasoning=words.show_thinking and not words.hide_reasoning,
            extra=words.extra,
            **words.options,
        )
        self.signal: int | None = None

    def __call__(
        self,
        conversation: Conversation,
        options: Options | None = None,
        *,
        raw: bool | None = None,
        replaces: Replaced | None = None,
        continues: str = "",
    ) -> Outcome:
        """The answer to the last question, as far as it came; shown and kept while it comes, with what is to be said
        of it. `replaces` and `continues`: see chatbot.terminal.talk.Ask; the question is then the one that was
        answered, and its whole answer is kept.
        """
        asked = (options or self.options)._replace(model=self.options.model)
        words = self._words if raw is None else self._words._replace(raw=raw)
        self._sent.clear()
        asked_s = time.monotonic()
        with Watchdog() as watchdog:
            best_effort = BestEffort(watchdog.call, self._voice.notice)
            with ExitStack() as entered:
                interrupts = Interrupts(watchdog.call, on_screen=is_terminal(1) and not words.json)
                best_effort.done("Ctrl-C may lose what came", lambda: entered.enter_context(interrupts))
                best_effort.done("keys will show in the answer", lambda: entered.enter_context(self._keyboard))
                inbox = Inbox(lambda sleep: self._session.ask(conversation, asked, sleep), stop=self._transport.abort)
                interrupts.wake = inbox.wake
                self._sent.wait(_SENT_WITHIN_S)
                from chatbot.cli.memory import RecordingView
                from chatbot.cli.views import guarded_view, shows_waiting
                from chatbot.terminal.follow import follow
                from chatbot.terminal.silence import SilenceNotice

                def begin() -> Writing | None:
                    question = conversation.messages[-3 if continues else -1]
                    writing = self._memory.begin(
                        question, conversation.system, self.choice.service.name, asked.model, asked_s, replaces=replaces
                    )
                    if writing is not None:
                        writing.goes_on_from(continues)
                    return writing

                label = asked.model or self.choice.service.title
                view = guarded_view(words, label, self._voice, interrupts, self._keyboard, best_effort)
                if not shows_waiting(words):
                    view = SilenceNotice(view, self._voice.notice, self._place(), asked_s)
                with RecordingView(view, self._memory, begin, best_effort) as recording:
                    redacted = EventRedactor(
                        self.choice.secrets, lambda text: watchdog.call(lambda: self._voice.redacted(text), LIMIT_S)
                    )
                    outcome = follow(inbox, recording, time.monotonic, interrupts.stopped, words.max_time_s, redacted)
                    recording.finish(outcome.finished, _whole(continues, outcome.text) if continues else None)
            self.signal = interrupts.number
            best_effort.done("how the answer ended cannot be told", lambda: self._say(outcome, conversation))
        return outcome

    def models(self) -> list[str]:
        """The names of the server's models. Raises ChatError when it gives no list."""
        return self._session.models()

    def exit_code(self, outcome: Outcome) -> int:
        """The exit code for this outcome, or for the signal that ended it. Raises what is a fault of our own."""
        from chatbot.terminal.failures import exit_code

        fault = outcome.finished.error
        if isinstance(fault, ProgramFault) and fault.__cause__:
            raise fault.__cause__
        return 128 + self.signal if self.signal else exit_code(outcome.finished)

    def _place(self) -> str:
        """Host and port of the server."""
        return urlsplit(self.choice.endpoint.base_url).netloc.rpartition("@")[2]

    def _say(self, outcome: Outcome, conversation: Conversation) -> None:
        """What is to be said of an answer: in the JSON object, and to the person."""
        from chatbot.terminal.failures import exit_code, usage_line, verdict_lines

        finished = self._advised(outcome.finished, conversation)
        if self._words.json:
            from chatbot.terminal.json_view import as_json

            model = self.choice.model or ""
            standard.write_answer(as_json(outcome, self.choice.service.name, model))
        if isinstance(finished.error, ProgramFault) and not self._in_session:
            return  # the roof tells it
        self._voice.apart = self._in_session and bool(outcome.text)
        lines = list(verdict_lines(finished, in_session=self._in_session))
        if lines and exit_code(finished):
            self._voice.error(lines)
        elif lines:
            self._voice.notice(*lines)
        if self._words.usage:
            self._voice.tell([usage_line(finished.usage)])

    def _tell_of_no_key(self, error: KeyRejected) -> None:
        service = self.choice.service
        names = " or ".join(key.name for key in service.keys)
        error.args = (f"{service.title} wants a key, and none is set (HTTP {error.status})",)
        error.advice = f"Set {names}, in the shell or in ./.env ." if names else "Give it with --header."

    def _advised(self, finished: Finished, conversation: Conversation) -> Finished:
        """What can be done that only this floor knows: start the local server, or shorten a long conversation."""
        error = finished.error
        if isinstance(error, CannotConnect) and self.choice.service.start_advice:
            error.advice = self.choice.service.start_advice
        if isinstance(error, KeyRejected) and not self.choice.secrets:
            self._tell_of_no_key(error)
        if isinstance(error, UnknownModel) and self.choice.service.source == registry.LAB:
            error.advice = f"{error.advice}\nchat lab list shows them all, with what each teaches."
        if type(error) is AnswerError and finished.verdict is Verdict.EMPTY:
            from chatbot.core.continuing import estimated_tokens

            tokens = estimated_tokens(conversation)
            if tokens > _MANY_TOKENS:  # llama.cpp's server answers so what does not fit into its context
                error.advice = (
                    f"About {token_words(tokens)} were sent, which may be more than the model takes: send less text, "
                    "leave out old turns with --truncate TOKENS, or start the server with a larger context."
                )
        if isinstance(error, ContextTooLong) and len(conversation.messages) > 1:
            from chatbot.core.continuing import estimated_tokens

            tokens = estimated_tokens(conversation)
            error.advice = (
                f"The conversation has about {token_words(tokens)}. Leave out its oldest turns with "
                "--truncate TOKENS, or take a model with a larger context with -m."
            )
        return finished


def _whole(begun: str, text: str) -> str:
    from chatbot.core.continuing import continued

    return continued(begun, text)
