"""Asking the chosen model: session, queue, view and signals handed to each other, once for each question."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chatbot.cli.ask.answer_http import AnswerHttp
from chatbot.cli.ask.setup import Setup
from chatbot.cli.cost.answer_cost import AnswerCost, Spending
from chatbot.cli.cost.booking import NOT_WRITTEN, booked
from chatbot.cli.limits.answer_limits import AnswerLimits
from chatbot.cli.output import stdio
from chatbot.core.conversations.pending import PendingQuestion
from chatbot.core.errors import (
    Cancelled,
    ChatError,
    ProgramFault,
)
from chatbot.core.events import Event, Finished, Verdict
from chatbot.core.messages import Conversation
from chatbot.core.options import Options
from chatbot.core.redaction.events import EventRedactor
from chatbot.core.request import HttpRequest, HttpResponse
from chatbot.core.retry import RetryPolicy
from chatbot.options.chat import Structured
from chatbot.outside.background import EventQueue
from chatbot.outside.desktop.keyboard import SilentKeyboard
from chatbot.outside.desktop.signals import Interrupts
from chatbot.outside.desktop.streams import is_terminal
from chatbot.outside.files.folders import data_folder
from chatbot.outside.http import lean_requests
from chatbot.outside.http.late_transport import LateTransport
from chatbot.outside.http.observed import observed
from chatbot.outside.watchdog import Watchdog
from chatbot.providers.wires import lookup
from chatbot.session import Ask, Session, Sleep
from chatbot.terminal.best_effort import LIMIT_S, BestEffort

if TYPE_CHECKING:
    from chatbot.cli.ask.recorder import RecordingView
    from chatbot.cli.ask.structured.outcome import AnswerForm, Formed
    from chatbot.cli.ask.tool_use import ToolUse
    from chatbot.cli.receipt.writing import MeasuredView
    from chatbot.core.calls.steps import Step
    from chatbot.core.cost.answer import Cost
    from chatbot.core.models.listed import ListedModel
    from chatbot.core.options import Options
    from chatbot.layers.cached import Cached
    from chatbot.outside.history.writing import TurnWriter
    from chatbot.outside.http.replaying import ReplayingTransport
    from chatbot.outside.http.transport import LiveTransport
    from chatbot.terminal.answer.show_events import AnswerResult, View

# Long enough for a request to leave, short beside any server's answer: what shows the answer loads after that.
_SENT_WITHIN_S = 0.05
_FORM_LIMIT_S = 30.0  # what has millions of characters takes seconds
_READ_WITHIN_S = 0.1  # the end of the framing, behind an answer that is whole
BOOKED_WITHIN_S = 6.0  # others may write at the same time
COST_UNKNOWN = "what it cost is not known"


class AnswerRunner:
    """Asks one question after the other of the chosen model, and shows each answer."""

    def __init__(
        self,
        setup: Setup,
        keyboard: SilentKeyboard,
        *,
        in_session: bool = False,
        beside: AnswerRunner | None = None,
        always: set[tuple[str, str]] | None = None,
    ) -> None:
        """`beside`: what it asks belongs to the answer of that one. `always`: see ToolUse."""
        self._keyboard = keyboard
        self._in_session = in_session
        self._target = setup.target
        self._recorder = setup.recorder
        self._shown = setup.arguments.shown
        self._max_time_s = setup.arguments.connection.max_time
        self._notices = setup.notices
        self._sent = threading.Event()
        self._is_stopped = False
        self._warned: set[str] = set()
        self._setup = setup
        self._transport = LateTransport(self._network)
        provider = lookup.provider_for(self._target.service, self._target.endpoint)
        self.http: AnswerHttp = beside.http if beside else AnswerHttp(setup, self._transport.facts, provider.read_event)
        exchanges = self.http.exchanges
        observer = exchanges.observer_of(self._target, self._transport.facts) if beside else exchanges.observer
        self._session = Session(
            self.http.noting(provider),
            observed(self._send, observer, time.monotonic),
            RetryPolicy(max_retries=setup.arguments.connection.max_retries),
            clock=time.monotonic,
            now=time.time,
            random=random.random,
        )
        self._cached: Cached | None = None
        if setup.arguments.cache.is_wanted and not beside:
            from chatbot.cli.ask.caching import cached

            self._cached = cached(setup, self._session, self._sent.set)
        self.tools: ToolUse | None = None
        if setup.tools:
            from chatbot.cli.ask.tool_use import ToolUse

            self.tools = ToolUse(setup, keyboard, set() if always is None else always)
        self.write_json: Callable[[AnswerResult, Mapping[str, Any]], None] = self._write_json
        self._form: AnswerForm | None = None
        if setup.arguments.schema is not None or setup.arguments.structured != Structured():
            from chatbot.cli.ask.structured.outcome import AnswerForm

            self._form = AnswerForm(setup.arguments.structured, setup.arguments.schema, self._notices)
        arguments, keeps = setup.arguments, not self._recorder.off
        is_said, is_replayed = "budget" in arguments.taken, arguments.http.replay is not None
        spending = Spending(self._target, arguments.money, arguments.settings, is_said, keeps, is_replayed)
        self.cost: AnswerCost = AnswerCost(spending, self._notices, beside.cost if beside else None)
        self._measured: MeasuredView | None = None
        self._other: AnswerRunner | None = None  # whom --continue-with names
        self.signal: int | None = None
        self.limits = AnswerLimits(self._notices, keeps=not self._recorder.off, in_session=in_session)

    def load(self) -> None:
        """Loads the network's libraries, which an answer from the cache does without."""
        self._transport.load()

    def __call__(self, pending: PendingQuestion) -> AnswerResult:
        """The answer, as far as it came; shown and kept while it comes, with what is to be said of it. Where it
        replaces or continues one, the question is the one that was answered, and its whole answer is kept.

        Raises what forbids that it is sent: TooDear, ConfigurationError.
        """
        while True:
            with self.cost:
                done = self._answered(pending)
            if not isinstance(done, PendingQuestion):
                return done
            pending = done

    def _answered(self, pending: PendingQuestion) -> AnswerResult | PendingQuestion:
        """The answer; or the question that is asked once more, where it has not the form that it should have."""
        form = self._form
        shown = self._shown._replace(raw=pending.raw)
        if form is not None:
            shown = shown._replace(raw=pending.raw or form.is_json, json=shown.json or form.holds)
        asked_s = time.monotonic()
        events = self.prepared(pending)
        with Watchdog() as watchdog:
            best_effort = BestEffort(watchdog.call, self._notices.warn)
            with ExitStack() as entered:
                interrupts = Interrupts(watchdog.call, on_screen=is_terminal(1) and not shown.json)
                best_effort.done("Ctrl-C may lose what came", lambda: entered.enter_context(interrupts))
                best_effort.done("keys will show in the answer", lambda: entered.enter_context(self._keyboard))
                event_queue = EventQueue(events, stop=self.stop)
                interrupts.wake = event_queue.wake
                self._sent.wait(_SENT_WITHIN_S)
                from chatbot.cli.ask.views import guarded_view, shows_waiting
                from chatbot.terminal.answer.show_events import show_events
                from chatbot.terminal.answer.silence import SilenceNotice

                label = self._target.model or self._target.service.title

                def made(awaited: str = "") -> View:
                    view = guarded_view(shown, awaited or label, self._notices, interrupts, self._keyboard, best_effort)
                    if awaited or shows_waiting(shown):
                        return view
                    return SilenceNotice(view, self._notices.warn, self._place(), time.monotonic())

                tools = self._tools_for(pending)
                view = tools.view(made, shown, interrupts, event_queue.wake) if tools else made()
                view = self.http.around(view, best_effort, event_queue.wake)
                with self.recording(view, pending, asked_s, best_effort) as recording:
                    redacted = self.redactor(watchdog)
                    result = show_events(
                        event_queue, recording, time.monotonic, interrupts.stopped, self._max_time_s, redacted
                    )
                    result = result._replace(
                        cost=best_effort(COST_UNKNOWN, lambda: self.cost_of(result.finished, result.steps), None)
                    )
                    recording.finish(result.finished, None, result.cost)
                    self.http.finished(result.finished)
                    recording.keep(self.http.kept)
            self.signal = interrupts.number
            formed = form and best_effort(
                "the form of the answer cannot be told", lambda: form.of(result), form.unchecked(result), _FORM_LIMIT_S
            )
            again = form.again(formed, pending) if form and formed else None
            if again is None:
                if form and formed:
                    form.write(formed, is_json=self._shown.json)
                    result = formed.result
                more = formed.fields if formed else {}
                best_effort.done(
                    "how the answer ended cannot be told", lambda: self._say(result, pending.conversation, more)
                )
            best_effort.done(NOT_WRITTEN, lambda: self.book(result), BOOKED_WITHIN_S)
            best_effort.done(
                "what is left of the limits cannot be told", lambda: self.limits.see(self.http.exchanges.all)
            )
        if again is not None:
            return again
        if form is not None:
            form.write_files(result)
        return result

    def prepared(self, pending: PendingQuestion) -> Callable[[Sleep], Iterator[Event]]:
        """What asks the question: with what it may cost reserved, the key, and the network loaded, unless the answer is
        in the cache.

        Raises what forbids that it is sent: TooDear, LedgerUnavailable, ConfigurationError.
        """
        options = pending.options
        conversation = pending.conversation
        if conversation.has_documents:
            from chatbot.cli.ask.attached.sending import sendable

            conversation = sendable(conversation, self._target, self._warn_once)
        asked = options._replace(model=self._target.model or "")
        self._sent.clear()
        self._is_stopped = False
        self.http.exchanges.new_question()
        tools, again = self._tools_for(pending), pending.replaces is not None
        knows = self._cached and self._cached.knows(conversation, asked) and (self._cached.only or not tools)
        if knows and not pending.continues:
            ask = self._ask(again=again)
        else:  # the first step of several is not all
            self.cost.begin()
            if not pending.continues:
                self._reserve(conversation, asked)
            self._require_key()
            self.load()
            is_joined = not tools and (pending.continues or self._setup.arguments.continuing.is_wanted)
            ask = self._continued(pending.continues, again=again) if is_joined else self._ask(again=again)
        if tools:
            ask = tools.around(ask, asked, self._reserve)
        return partial(ask, conversation, asked)

    def _warn_once(self, words: str) -> None:
        """What holds for every question of a session is said at the first."""
        if words not in self._warned:
            self._warned.add(words)
            self._notices.warn(words)

    def _tools_for(self, pending: PendingQuestion) -> ToolUse | None:
        """What the model may call; the rest of an answer comes without."""
        return self.tools if self.tools and self.tools.wanted(pending.options) and not pending.continues else None

    def _continued(self, begun: str, *, again: bool) -> Ask:
        """What asks for the rest where an answer breaks off, or has done so; joined to a whole one it is kept."""
        wanted = self._setup.arguments.continuing
        if wanted.continue_with and self._other is None:
            from chatbot.cli.ask.continuing import other_setup

            setup = other_setup(self._setup._replace(target=self._target), wanted.continue_with)
            self._other = AnswerRunner(setup, self._keyboard, beside=self)
        from chatbot.layers.continued import MOST_TIMES, Asked, Continued

        rest = self._other or self
        rest._require_key()
        rest._is_stopped = False
        name = rest._target.service.name
        asked = Asked(self.http.exchanges.noting(rest._session.ask), name, rest._target.model or "", rest._reserve)
        most = MOST_TIMES if wanted.is_wanted else 1
        first = Asked(self.http.exchanges.noting(self._session.ask), self._target.service.name)
        joined = Continued(first, asked, most, begun).ask
        return (
            joined if begun or self._cached is None else self._kept(self._cached, again=again)._replace(asks=joined).ask
        )

    def _reserve(self, conversation: Conversation, options: Options, so_far: Finished | None = None) -> None:
        """Reserves what one request of an answer may cost; `so_far` are the steps before it. Raises TooDear,
        LedgerUnavailable, ConfigurationError.
        """
        options = options._replace(model=self._target.model or options.model)
        payload = partial(self._session.provider.payload, conversation, options)
        self.cost.reserve(conversation, payload, options.model, self._longest_answer, so_far)

    def stop(self) -> None:
        """Ends what is waited for, from another thread; nothing more is sent for this question."""
        self._is_stopped = True
        if self.tools:
            self.tools.stop()
        self._transport.abort()
        if self._other:
            self._other.stop()

    def _send(self, request: HttpRequest) -> HttpResponse:
        if self._is_stopped:
            raise Cancelled("stopped")
        return self._transport(request)

    def recording(self, view: View, pending: PendingQuestion, asked_s: float, best_effort: BestEffort) -> RecordingView:
        """The view, with a history that keeps what it shows."""
        from chatbot.cli.ask.recorder import RecordingView

        if self._setup.receipt:
            service, model, exchanges = self._target.service.name, self._target.model or "", self.http.exchanges
            view = self._measured = self._setup.receipt.around(view, service, model, lambda: exchanges.begun)
        conversation, continues = pending.conversation, pending.continues

        def begin() -> TurnWriter | None:
            question = conversation.messages[-1]
            writing = self._recorder.begin(
                question,
                conversation.system,
                self._target.service.name,
                self._target.model or "",
                asked_s,
                replaces=pending.replaces,
            )
            if writing is not None:
                writing.goes_on_from(continues)
            return writing

        on_started = self.tools.stored if self.tools else lambda count: None
        return RecordingView(view, self._recorder, begin, best_effort, on_started)

    def redactor(self, watchdog: Watchdog) -> EventRedactor:
        """What takes the keys out of the events of one answer."""
        return EventRedactor(
            self._target.secrets, lambda text: watchdog.call(lambda: self._notices.redacted(text), LIMIT_S)
        )

    def _network(self) -> LiveTransport | ReplayingTransport:
        """What answers: the network, or the cassette that the person named. Raises ConfigurationError."""
        wanted, connection = self._setup.arguments.http, self._setup.arguments.connection
        if wanted.replay is not None:
            from chatbot.cli.ask.wire.replay import replaying

            return replaying(wanted.replay, wanted.speed, self._notices, self._has_left)
        lean_requests.load()
        from chatbot.outside.http.transport import IDLE_TIMEOUT_S, LiveTransport

        timeout_s = connection.timeout or IDLE_TIMEOUT_S
        return LiveTransport(os.environ, route=self._setup.route, idle_timeout_s=timeout_s, on_sent=self._has_left)

    def _ask(self, *, again: bool) -> Ask:
        """What is asked; a question that is asked `again` wants another answer."""
        ask = self._session.ask if self._cached is None else self._kept(self._cached, again=again).ask
        return self.http.exchanges.noting(ask)

    @staticmethod
    def _kept(cached: Cached, *, again: bool) -> Cached:
        return cached._replace(refresh=True) if again else cached

    def cost_of(self, finished: Finished, steps: Sequence[Step] = ()) -> Cost:
        """What the answer cost, each of its `steps` by its own size; nothing where it was stopped before anything was
        sent.
        """
        if steps:
            from chatbot.core.cost.steps import cost_of_steps

            return cost_of_steps(self.cost.of, finished, steps)
        if parts := finished.parts:
            from chatbot.core.cost.answer import total

            rest = self._other or self
            return total([(rest if at else self).cost.of(part.finished) for at, part in enumerate(parts)])
        was_sent = finished.verdict is not Verdict.CANCELLED or self._sent.is_set()
        return self.cost.of(finished if was_sent else finished._replace(attempts=0))

    def book(self, result: AnswerResult) -> None:
        """Writes into the ledger what was sent, and what the answer cost. Raises LedgerUnavailable."""
        if self._measured:
            self._measured.result = result
        if self._other:
            begun, rest = _by_model(result)
            self._other.book(rest._replace(cost=self._other.cost_of(rest.finished)))
            result = begun._replace(cost=self.cost_of(begun.finished))
        traffic = self._transport.take_traffic(_READ_WITHIN_S)
        folder = data_folder()
        if result.cost is None or folder is None:
            return
        try:
            self.cost.book(result.cost, traffic, result.reasoning + result.text)
        except ChatError:
            if self._recorder.off or os.access(folder, os.W_OK):
                raise  # else the history, which is in the same folder, says so

    def _longest_answer(self) -> int | None:
        """In tokens, where a list of the service's models that is kept says it."""
        from chatbot.cli.model_lists import kept_list

        kept = kept_list(self._target)
        name = self._target.model
        return next((model.max_output_tokens for model in kept.models if model.name == name), None) if kept else None

    def _has_left(self) -> None:
        self._sent.set()
        self.http.exchanges.sent()

    def models(self) -> list[ListedModel]:
        """The server's models. Raises ChatError when it gives no list."""
        self._is_stopped = False
        self._require_key()
        try:
            return self._session.detailed_models()
        finally:
            if traffic := self._transport.take_traffic(0.0):
                booked("models", self._target.service.name, self._notices)(traffic)

    @property
    def awaits_key(self) -> bool:
        """Whether the key is still to be asked for, perhaps of the person."""
        return self._target.fetch_key is not None

    def _require_key(self) -> None:
        """Has the key before the answer takes the terminal: a key command may ask there. Raises ConfigurationError."""
        if self.awaits_key:
            with self._keyboard.lent():
                self._target = self._target.with_key()
            self._notices.hide(self._target.secrets)
            provider = lookup.provider_for(self._target.service, self._target.endpoint)
            self._session = self._session._replace(provider=self.http.noting(provider))
            self._cached = self._cached and self._cached._replace(session=self._session)

    def exit_code(self, result: AnswerResult) -> int:
        """The exit code for this outcome, or for the signal that ended it. Raises what is a fault of our own."""
        from chatbot.terminal.failures import exit_code

        fault = result.finished.error
        if isinstance(fault, ProgramFault) and fault.__cause__:
            raise fault.__cause__
        return 128 + self.signal if self.signal else exit_code(result.finished)

    def _place(self) -> str:
        """Host and port of the server."""
        return urlsplit(self._target.endpoint.base_url).netloc.rpartition("@")[2]

    def _say(self, result: AnswerResult, conversation: Conversation, more: Mapping[str, Any]) -> None:
        """What is to be said of an answer: in the JSON object, and to the person."""
        from chatbot.core.cost.answer import cost_words
        from chatbot.terminal.failures import FROM_CACHE, exit_code, usage_line, verdict_lines

        finished = self.advised(result.finished, conversation)
        if self._shown.json:
            self.write_json(result, more)
        if isinstance(finished.error, ProgramFault) and not self._in_session:
            return  # the roof tells it
        self._notices.apart = self._in_session and bool(result.text)
        lines = list(verdict_lines(finished, in_session=self._in_session))
        if finished.cache and finished.cache.hit:
            from chatbot.terminal.documents.cached import use_line

            lines.append(use_line(finished.cache))
        if lines and exit_code(finished):
            self._notices.error(lines)
        elif lines:
            self._notices.warn(*lines)
        if self._shown.usage:
            is_from_cache = bool(finished.cache and finished.cache.hit)
            cost = FROM_CACHE if is_from_cache else cost_words(result.cost)
            self._notices.tell([usage_line(finished.usage, cost)])

    def _write_json(self, result: AnswerResult, more: Mapping[str, Any]) -> None:
        stdio.write_answer(self.as_json(result, more))

    def formed(self, result: AnswerResult) -> Formed | None:
        """The answer held against the schema; None where it need have no form."""
        return self._form.of(result) if self._form else None

    def as_json(self, result: AnswerResult, more: Mapping[str, Any]) -> bytes:
        """The answer as a line of JSON, with `more`."""
        from chatbot.terminal.answer.json_view import as_json

        model = self._target.model or ""
        return as_json(result, self._target.service.name, model, self.http.exchanges.traffic, more)

    def advised(self, finished: Finished, conversation: Conversation) -> Finished:
        """With advice in its error that only this floor knows."""
        if finished.error is not None:
            from chatbot.cli.ask.advising import advise

            proxy = self.http.exchanges.proxy_of_page
            advise(finished.error, finished.verdict, conversation, self._target, proxy)
        return finished


def _by_model(result: AnswerResult) -> tuple[AnswerResult, AnswerResult]:
    """What the first model said, and what the one that finished it did."""
    begun, *rest = result.finished.parts or (None,)
    if begun is None:
        return result, result._replace(text="", reasoning="", finished=result.finished._replace(attempts=0))
    return (
        result._replace(text=result.text[: begun.end], finished=begun.finished),
        result._replace(text=result.text[begun.end :], finished=result.finished._replace(parts=tuple(rest))),
    )
