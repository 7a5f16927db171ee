"""An Ask that gives an answer again which was given before, while it is fresh."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator

from chatbot.core.cache.answer import folded
from chatbot.core.cache.entries import AnswerStore, Entry, Question
from chatbot.core.errors import Cancelled, ChatError, NotCached
from chatbot.core.events import CacheUse, Event, Finished, Notice, Verdict
from chatbot.core.http.canonical import canonical, fingerprint, key_of
from chatbot.core.messages import Conversation
from chatbot.core.options import Options
from chatbot.core.request import HttpRequest
from chatbot.providers.service import Service
from chatbot.providers.services import LAB
from chatbot.records import NamedTuple
from chatbot.session import Ask, Session, Sleep

WAITS_FOR_S = 120.0
_LOOKS_EVERY_S = 0.05
SAME_QUESTION = "the same question is being asked; waiting"


class Cached(NamedTuple):
    """Around a session. `ttl_s`: how old an answer may be; `refresh`: ask all the same, and replace what is there;
    `only`: never ask. `on_known` is called once it is clear that nothing is sent for now. `redact` takes keys out of
    what is kept. `asks` is asked where it is not the session: what has a cut answer finished.
    """

    session: Session
    store: AnswerStore
    ttl_s: float
    refresh: bool = False
    only: bool = False
    redact: Callable[[str], str] = lambda text: text
    on_known: Callable[[], None] = lambda: None
    asks: Ask | None = None

    def ask(self, conversation: Conversation, options: Options, sleep: Sleep) -> Iterator[Event]:
        """See chatbot.session.Ask."""
        if self.only and not options.model:  # whose first model is a question to the server, too
            yield _not_cached(options, "", "no model is named", "Name it with -m, or ask without --cache-only.")
            return
        try:
            options = self.session.with_model(options)
            question = self.question(conversation, options)
        except Cancelled:
            raise
        except ChatError:
            yield from self.session.ask(conversation, options, sleep)  # which says what is wrong
            return
        since_s = self.session.now() if self.refresh else None
        entry = self._fresh(question.key, since_s)
        if entry is None and self.only:
            yield _not_cached(
                options, question.key, "the cache has no answer to this question",
                "Ask without --cache-only, or see chat cache why.",
            )  # fmt: skip
            return
        if entry is None:
            entry = yield from self._asked(question, conversation, options, sleep, since_s)
        if entry is not None:
            yield from self._hit(entry)

    def knows(self, conversation: Conversation, options: Options) -> bool:
        """Whether the answer is there, so that nothing will be sent."""
        try:
            known = options.model and self._fresh(self.question(conversation, options).key)
        except ChatError:
            return False
        return bool(self.only or (known and not self.refresh))

    def question(self, conversation: Conversation, options: Options) -> Question:
        """What the answer to the last question is kept under. Raises ChatError where no request can be built."""
        return question_of(self.session.provider.service, self.session.request(conversation, options), options.model)

    def _asked(
        self, question: Question, conversation: Conversation, options: Options, sleep: Sleep, since_s: float | None
    ) -> Generator[Event, None, Entry | None]:
        """Asks, or waits for whoever asks just now; returns that one's answer."""
        key, is_ours = question.key, self.store.claim(question.key)
        if not is_ours:
            self.on_known()
            yield Notice(SAME_QUESTION)
            is_ours = self._waited(key, sleep)
        try:
            entry = self._fresh(key, since_s)  # it may have come since we looked
            if entry is None:
                yield from self._sent(question, conversation, options, sleep)
            return entry
        finally:
            if is_ours:
                self.store.release(key)

    def _waited(self, key: str, sleep: Sleep) -> bool:
        """Waits until the other process has asked, or is dead; whether the question is ours then."""
        began_s = self.session.clock()
        while self.session.clock() - began_s < WAITS_FOR_S:
            sleep(_LOOKS_EVERY_S)
            if self.store.claim(key):
                return True
        return False

    def _sent(self, question: Question, conversation: Conversation, options: Options, sleep: Sleep) -> Iterator[Event]:
        events: list[Event] = []
        ask = self.asks or self.session.ask
        for event in ask(conversation, options, sleep):
            if type(event) is Finished:
                kept = self.store.missed(question, folded(events, event, self.redact))
                event = event._replace(cache=CacheUse(False, 0.0, self.ttl_s if kept else 0.0, question.key))
            else:
                events.append(event)
            yield event

    def _hit(self, entry: Entry) -> Iterator[Event]:
        self.on_known()
        yield from entry.answer.parts
        key = entry.question.key
        self.store.hit(key, entry.answer.usage)
        age_s = max(0.0, self.session.now() - entry.created_s)
        yield entry.answer.finished._replace(cache=CacheUse(True, age_s, max(0.0, self.ttl_s - age_s), key))

    def _fresh(self, key: str, since_s: float | None = None) -> Entry | None:
        """The entry, if it is fresh, and made after `since_s`."""
        entry = self.store.find(key)
        if entry is None or not entry.is_fresh(self.session.now(), self.ttl_s):
            return None
        return entry if since_s is None or entry.created_s > since_s else None


def question_of(service: Service, request: HttpRequest, model: str) -> Question:
    """What the answer to this request is kept under."""
    document = canonical(request, service.wire)
    if service.source == LAB:  # it is the same, whatever port it has got this time
        document["origin"] = LAB
    return Question(key_of(document), service.name, model, fingerprint(document))


def _not_cached(options: Options, key: str, what: str, advice: str) -> Finished:
    error, use = NotCached(what, advice=advice), CacheUse(False, 0.0, 0.0, key)
    return Finished(Verdict.FAILED, error=error, attempts=0, model=options.model, cache=use)
