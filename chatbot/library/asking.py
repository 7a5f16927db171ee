"""One question to one model, by the session, the providers and the transport of the command line."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator, Mapping
from queue import Empty, LifoQueue
from typing import Any
from uuid import uuid4

from chatbot.core.errors import ChatError
from chatbot.core.events import Event, Finished, Notice, ReasoningDelta, TextDelta, Usage, Verdict
from chatbot.core.http.exchange import Exchange, SafeExchange
from chatbot.core.http.outcome import asking, with_outcome
from chatbot.core.http.safe import safe
from chatbot.core.messages import Conversation
from chatbot.core.options import Options
from chatbot.core.redaction.redactor import Redactor
from chatbot.core.request import HttpRequest
from chatbot.core.retry import RetryPolicy
from chatbot.library.wrapping import CONNECT_TIMEOUT_S
from chatbot.outside.http.observed import LiveExchange, Observer, observed
from chatbot.outside.http.transport import LiveTransport, sent_headers
from chatbot.providers.choice import ModelTarget
from chatbot.providers.wires.lookup import provider_for
from chatbot.records import NamedTuple
from chatbot.session import Session


class Answer(NamedTuple):
    """What a model said. `exchange` is the HTTP of its last attempt, without keys; None where nothing was sent. `error`
    says more where the verdict is failed, cut or empty; `notices` are what a person should know beside the answer.
    `conversation` has the question and this answer, to go on from.
    """

    text: str
    reasoning: str
    verdict: Verdict
    usage: Usage | None
    exchange: SafeExchange | None
    finish_reason: str | None = None
    model: str = ""
    error: ChatError | None = None
    notices: tuple[str, ...] = ()
    conversation: Conversation = Conversation()


class Asker:
    """Asks in any number of threads at once; connections are kept. `timeout_s` is the longest silence."""

    def __init__(self, *, timeout_s: float, max_retries: int | None) -> None:
        self._timeout_s = timeout_s
        self._policy = RetryPolicy(max_retries=max_retries)
        self._idle: LifoQueue[LiveTransport] = LifoQueue()

    def events(self, target: ModelTarget, conversation: Conversation, options: Options) -> Iterator[Event]:
        """The events of an answer; the last one is Finished."""
        yield from self._asked(target, conversation, options, [])

    def answer(self, target: ModelTarget, conversation: Conversation, options: Options) -> Answer:
        """The whole answer, whatever became of it."""
        exchanges: list[LiveExchange] = []
        *events, finished = self._asked(target, conversation, options, exchanges)
        assert isinstance(finished, Finished)
        texts = {kind: _said(events, kind) for kind in (TextDelta, ReasoningDelta, Notice)}
        text = "".join(texts[TextDelta])
        exchange = None
        if exchanges:
            asked = asking([each.record() for each in exchanges])
            exchange = safe(with_outcome(asked, finished), Redactor(target.secrets))
        return Answer(
            text,
            "".join(texts[ReasoningDelta]),
            finished.verdict,
            finished.usage,
            exchange,
            finished.finish_reason,
            finished.model,
            finished.error,
            tuple(texts[Notice]),
            conversation.answered(text, finished.items),
        )

    def worded(self, target: ModelTarget, conversation: Conversation, options: Options) -> Answer:
        """The answer. Raises ChatError where none came; one that broke off is returned, its verdict says so."""
        answer = self.answer(target, conversation, options)
        if answer.error is not None and not answer.text:
            raise answer.error
        return answer

    def close(self) -> None:
        """Closes its connections."""
        while not self._idle.empty():
            self._idle.get_nowait().close()

    def _asked(
        self, target: ModelTarget, conversation: Conversation, options: Options, exchanges: list[LiveExchange]
    ) -> Iterator[Event]:
        try:
            transport = self._idle.get_nowait()
        except Empty:
            transport = LiveTransport(os.environ, idle_timeout_s=self._timeout_s, connect_timeout_s=CONNECT_TIMEOUT_S)

        def begin(request: HttpRequest) -> LiveExchange:
            service = target.service
            number = 1 + sum(exchange.record(with_chunks=False).url == request.url for exchange in exchanges)
            asked = (uuid4().hex[:8], number, time.time(), service.name, service.wire, options.model)
            sent = (request.method, request.url, sent_headers(request), request.body)
            exchanges.append(LiveExchange(Exchange(*asked, *sent), transport.facts))
            return exchanges[-1]

        session = Session(
            provider_for(target.service, target.endpoint),
            observed(transport, Observer(begin), time.monotonic),
            self._policy,
            time.monotonic,
            time.time,
            random.random,
        )
        try:
            yield from session.ask(conversation, options, _sleep)
        finally:
            self._idle.put(transport)


def options_of(model: str, fields: Mapping[str, Any]) -> Options:
    """Options by name (temperature, max_tokens, ...); any other field goes into the request body as it is."""
    known = {name: value for name, value in fields.items() if name in Options._fields}
    if isinstance(stop := known.get("stop"), str):
        known["stop"] = (stop,)
    elif stop is not None:
        known["stop"] = tuple(stop)
    extra = {name: value for name, value in fields.items() if name not in known}
    return Options(**{**known, "model": model, "extra": {**known.get("extra", {}), **extra}})


def _said(events: list[Event], kind: type[TextDelta | ReasoningDelta | Notice]) -> list[str]:
    return [event.text for event in events if isinstance(event, kind)]


def _sleep(delay_s: float) -> None:
    threading.Event().wait(delay_s)
