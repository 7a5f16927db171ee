"""One question: ask, retry, fold. Joins a provider and a transport, and yields typed events; no IO of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, count
from typing import TYPE_CHECKING, Any

from chatbot.core.errors import (
    AnswerError,
    Cancelled,
    ChatError,
    ConnectionLost,
    ContextTooLong,
    MalformedAnswer,
    NetworkError,
    RequestRefused,
    TimedOut,
    UnknownModel,
)
from chatbot.core.events import (
    CallPiece,
    EndMarker,
    Event,
    Finished,
    FinishReason,
    Notice,
    OutputItems,
    ProviderEvent,
    ReasoningDelta,
    Retrying,
    TextDelta,
    ToolCalled,
    Usage,
    Verdict,
)
from chatbot.core.messages import Conversation
from chatbot.core.options import Options
from chatbot.core.reasoning_tags import ThinkTags
from chatbot.core.request import (
    MAX_ERROR_BYTES,
    HttpFailure,
    HttpRequest,
    HttpResponse,
    Payload,
    Transport,
    read_at_most,
    request_id_in,
)
from chatbot.core.retry import RetryPolicy
from chatbot.core.sse.decoder import events as sse_events
from chatbot.core.sse.decoder import lines as sse_lines
from chatbot.core.sse.repair import repaired as repaired_lines
from chatbot.core.surrogates import SurrogateJoiner
from chatbot.providers.wires.base import Provider
from chatbot.records import NamedTuple

if TYPE_CHECKING:
    from chatbot.core.calls.assembling import CallAssembler
    from chatbot.core.models.listed import ListedModel
    from chatbot.core.tools.calling import ToolCall

MAX_DOCUMENT_BYTES = 16 * 1024 * 1024
MAX_REASON_CHARS = 200
MAX_MODEL_PAGES = 20
ERROR_WITHIN_S = 10.0  # for what an error, or a list of models, has to say
_DRAIN_WITHIN_S = 1.0
_ENOUGH_BYTES = 4  # to tell JSON, a web page and an event stream apart, also where a byte order mark comes in pieces


_NOTHING = Conversation()

Sleep = Callable[[float], None]
"""Waits that many seconds; an exception from it (Cancelled) ends the answer."""

Ask = Callable[[Conversation, Options, Sleep], Iterator[Event]]
"""The shape of a session, and of each layer around one: the events of the answer to the last question of the
conversation; the last one is always Finished.
"""


class Session(NamedTuple):
    """Asks questions of one provider.

    `clock` gives monotonic seconds, `now` Unix seconds, `random` numbers in [0, 1).
    """

    provider: Provider
    transport: Transport
    policy: RetryPolicy
    clock: Callable[[], float]
    now: Callable[[], float]
    random: Callable[[], float]

    def ask(self, conversation: Conversation, options: Options, sleep: Sleep) -> Iterator[Event]:
        """See Ask. A failed attempt is repeated only while nothing of an answer was given out."""
        started_s = self.clock()
        mended: set[str] = set()
        attempt = 1
        payload: Payload | None = None
        for sends in count(1):
            answer = Answer(conversation)
            try:
                options = self.with_model(options)
                if payload is None:
                    payload = self.provider.payload(conversation, options)
                    left_out = self.provider.left_out(options)
                    if left_out:
                        yield Notice(left_out)
                yield from self._attempt(payload, options, answer, sends)
                return
            except Cancelled:
                raise
            except ChatError as error:
                mending = None if answer.begun else self._mended(payload, error, mended)
                if mending:
                    refused, (payload, notice) = payload, mending
                    if options.schema is not None and refused is not None:
                        from chatbot.providers import schemas

                        if schemas.is_in(refused) and not schemas.is_in(payload):
                            conversation, options = schemas.in_words(conversation, options)
                            payload = self.provider.payload(conversation, options)
                            mended.clear()
                            notice = Notice(f"{notice.text}, and with the schema in the system prompt")
                    yield notice
                    continue
                if not answer.begun and (lighter := self._without_earlier_attachments(conversation, error)):
                    conversation = lighter
                    payload = self.provider.payload(conversation, options)
                    mended.clear()
                    yield Notice("the attachments of earlier questions are not taken; asked again without them")
                    continue
                elapsed_s = self.clock() - started_s
                delay_s = None if answer.begun else self.policy.delay_s(error, attempt, elapsed_s, self.random)
                if delay_s is None:
                    yield answer.finished(self._with_near_names(error, options), sends, options.model)
                    return
                yield Retrying(delay_s, attempt, error, self.policy.reason(error, attempt))
                sleep(delay_s)
                attempt += 1

    def request(self, conversation: Conversation, options: Options) -> HttpRequest:
        """The request that `ask` sends first, not sent. Raises ChatError where it cannot be built."""
        return self.provider.request(self.provider.payload(conversation, options), options)

    def models(self) -> list[ListedModel]:
        """The server's models, from all pages of its list. Raises ChatError when it gives none."""
        found: dict[str, ListedModel] = {}
        query = ""
        for _ in range(MAX_MODEL_PAGES):
            page = self.provider.read_models(self._document_of(self.provider.models_request(query)))
            for model in page.models:
                found.setdefault(model.name, model)
            if page.next_query in ("", query):
                break
            query = page.next_query
        return list(found.values())

    def detailed_models(self) -> list[ListedModel]:
        """The same, with what a local server tells of them elsewhere, as far as it does."""
        from chatbot.providers.model_lists import with_more
        from chatbot.providers.wires.model_details import detail_requests, read_detail

        models = self.models()
        names = [model.name for model in models]
        for request, name in detail_requests(self.provider.service.name, self.provider.endpoint, names):
            try:
                told = read_detail(self._document_of(request), name)
            except NetworkError:
                break  # it would not answer the others either
            except ChatError:
                continue
            models = with_more(models, told)
        return models

    def _document_of(self, request: HttpRequest) -> Any:
        """The JSON that a request is answered with. Raises ChatError."""
        response = self.transport(request)
        response.close_after(ERROR_WITHIN_S)
        try:
            if response.status != 200:
                raise self._read_error(response)
            return _document(read_at_most(response.chunks, MAX_DOCUMENT_BYTES + 1))
        finally:
            response.close()

    def with_model(self, options: Options) -> Options:
        """The options with the first model of the server's list, where none was chosen. Raises ChatError."""
        if options.model:
            return options
        models = self.models()
        if not models:
            raise UnknownModel("the server has no model", advice="Load or pull one there first.")
        return options._replace(model=models[0].name)

    def _attempt(self, payload: Payload, options: Options, answer: Answer, sends: int) -> Iterator[Event]:
        """One request and its answer, to Finished if it is a whole one. Raises ChatError if not."""
        response = self.transport(self.provider.request(payload, options))
        try:
            answer.request_id = request_id_in(response.headers)
            if response.status >= 300:
                raise self._read_error(response)
            try:
                for event in self._read(response):
                    yield from answer.take(event)
            except NetworkError:
                if not answer.is_whole(self.provider.needs_end_marker):
                    raise
            yield from answer.rest()
            answer.check(self.provider.needs_end_marker)
            yield from map(ToolCalled, answer.calls)
            finished = answer.finished(None, sends, options.model, is_called=bool(options.tools))
            items = answer.items if options.tools or not answer.calls else None  # to calls that nobody answers
            yield finished._replace(items=self.provider.own_items(items, options.model))
            _drain(response)
        except ChatError:
            yield from answer.rest()
            raise
        finally:
            response.close()

    def _read(self, response: HttpResponse) -> Iterator[ProviderEvent]:
        """What a body of status 200 says, be it the stream asked for or something else: servers do both."""
        start, chunks = _peek(response.chunks)
        if start[:1] in (b"{", b"["):
            document = _document(read_at_most(chunks, MAX_DOCUMENT_BYTES + 1))
            is_answer = False
            for event in self.provider.read_answer(document):
                is_answer = True
                yield event
            if not is_answer:
                raise MalformedAnswer("the server sent JSON that is not an answer")
            yield EndMarker()
        elif start[:1] == b"<":
            raise MalformedAnswer("the server sent a web page instead of an answer")
        else:
            came = sse_events(repaired_lines(sse_lines(chunks)))
            first = next(came, None)
            if first is not None:
                for event in self.provider.read_stream(chain((first,), came)):
                    yield event
                    if type(event) is EndMarker:  # some servers hold the connection open after it
                        return
            elif start:
                raise _no_event(response, start)

    def _read_error(self, response: HttpResponse) -> ChatError:
        response.close_after(ERROR_WITHIN_S)
        # Where it breaks off, the status alone says enough.
        body = read_at_most(response.chunks, MAX_ERROR_BYTES, may_break_off=True)
        return self.provider.read_error(HttpFailure(response.status, response.headers, body), self.now())

    def _mended(self, payload: Payload | None, error: ChatError, tried: set[str]) -> tuple[Payload, Notice] | None:
        if payload is None or not isinstance(error, RequestRefused):
            return None
        from chatbot.providers.errors.repair import repaired  # only a refused request needs it

        repair = repaired(payload, error)
        if repair is None or repair.parameter in tried:
            return None
        tried.add(repair.parameter)
        return repair.payload, Notice(repair.notice)

    def _without_earlier_attachments(self, conversation: Conversation, error: ChatError) -> Conversation | None:
        """What a request that was refused for its files may still ask: files that one model could read must not forbid
        every later question to another.
        """
        if not isinstance(error, RequestRefused | ContextTooLong):
            return None
        from chatbot.providers.attachments import without_earlier_attachments
        from chatbot.providers.errors.attachments import is_about_attachments

        return without_earlier_attachments(conversation) if is_about_attachments(error) else None

    def _with_near_names(self, error: ChatError, options: Options) -> ChatError:
        """For an unknown model: the same error with the nearest names of the server's own list."""
        if isinstance(error, UnknownModel):
            import difflib  # loads slowly, and only this mistake needs it

            try:
                names = [model.name for model in self.models()]
            except ChatError:
                return error
            near = difflib.get_close_matches(options.model, names, 3, 0.4) or names[:3]
            if near and options.model not in names:
                error.advice = f"The server has: {', '.join(near)}" + (
                    " and others." if len(names) > len(near) else "."
                )
        return error


class Answer:
    """The state of one attempt: folds the provider's events into a verdict.

    Its text is told apart from reasoning in front of it, and made valid Unicode; from its first character on, text
    passes at next to no cost.
    """

    def __init__(self, conversation: Conversation = _NOTHING) -> None:
        self._conversation = conversation
        self._assembler: CallAssembler | None = None  # most answers have no calls
        self.request_id: str | None = None
        self.begun = False  # something of it was given out
        self.items: str | None = None
        self._has_text = False
        self._any = False
        self._ended = False
        self._finish: FinishReason | None = None
        self._usage: Usage | None = None
        self._think_tags: ThinkTags | None = ThinkTags()  # None once the answer proper has begun
        self._surrogates = SurrogateJoiner()
        self._reasoning_surrogates = SurrogateJoiner()

    def take(self, event: ProviderEvent) -> Iterable[Event]:
        """Notes what the event says of the answer as a whole, and returns what of it is given out."""
        self._any = True
        if type(event) is TextDelta:  # first: one comes with each token
            return self._text_of(event)
        match event:
            case ReasoningDelta():
                self.begun = True
                text = self._reasoning_surrogates.feed(event.text)
                return (ReasoningDelta(text),) if text else ()
            case CallPiece():
                return self._call_of(event)
            case Notice():
                return (event,)
            case FinishReason():
                # A refusal is reported before an ordinary stop.
                if self._finish is None or self._finish.verdict is Verdict.COMPLETE:
                    self._finish = event
            case EndMarker():
                self._ended = True
            case OutputItems():
                self.items = event.json
            case Usage():
                self._usage = _later(self._usage, event)
        return ()

    def _call_of(self, piece: CallPiece) -> Iterable[Event]:
        if self._assembler is None:
            from chatbot.core.calls.assembling import CallAssembler

            self._assembler = CallAssembler(sum(len(message.calls) for message in self._conversation.messages))
        deltas = list(self._assembler.take(piece))
        self.begun = self.begun or bool(deltas)
        return deltas

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The calls of an answer that is whole, whatever reason it gives; at a token limit the last one may be cut."""
        is_whole = self._finish is None or self._finish.verdict is Verdict.COMPLETE
        return self._assembler.calls() if self._assembler and is_whole else ()

    def _text_of(self, event: TextDelta) -> Iterable[Event]:
        """The text of a delta, less the reasoning that some servers put in front of it."""
        text = self._surrogates.feed(event.text)
        if self._think_tags is None:
            if not self._has_text:
                self._has_text = bool(text.strip())
            if text is event.text:
                return (event,)
            return (TextDelta(text),) if text else ()
        return self._noted(self._think_tags.feed(text))

    def rest(self) -> Iterable[Event]:
        """Text still held back when the body ends."""
        text = self._surrogates.flush()
        if self._think_tags is None:
            return (TextDelta(text),) if text else ()
        found = self._noted([*self._think_tags.feed(text), *self._think_tags.flush()])
        self._think_tags = None
        return found

    def _noted(self, deltas: Iterable[TextDelta | ReasoningDelta]) -> list[Event]:
        found: list[Event] = list(deltas)
        self.begun = self.begun or bool(found)
        texts = [event.text for event in found if type(event) is TextDelta]
        if texts:
            self._think_tags = None
            self._has_text = self._has_text or not "".join(texts).isspace()
        return found

    def is_whole(self, needs_end_marker: bool) -> bool:
        """Whether the wire format's own sign of the end was seen."""
        return self._ended or (self._finish is not None and not needs_end_marker)

    def check(self, needs_end_marker: bool) -> None:
        """Raises when the body ended without saying so. Ending politely is not being complete."""
        if self._finish and self._finish.verdict is Verdict.FAILED:
            raise AnswerError(f"the provider broke the answer off: {self._finish.reason}")
        if self.is_whole(needs_end_marker):
            return
        if not self._any:
            raise AnswerError("the server sent an empty answer", advice="Run the same command again.")
        raise ConnectionLost("the answer broke off before its end")

    def finished(self, error: ChatError | None, attempts: int, model: str, *, is_called: bool = False) -> Finished:
        """The last event. The text given out before an error stays an answer, though not a whole one. `is_called`:
        calls are an answer, too.
        """
        if error is not None:
            verdict = self._failure(error)
        else:
            verdict = self._finish.verdict if self._finish else Verdict.COMPLETE
            is_answered = self._has_text or (is_called and bool(self.calls) and verdict is Verdict.COMPLETE)
            if not is_answered and verdict in (Verdict.COMPLETE, Verdict.LENGTH):
                verdict = Verdict.EMPTY
        return Finished(
            verdict,
            finish_reason=self._finish.reason[:MAX_REASON_CHARS] if self._finish else None,
            usage=self._usage,
            error=error,
            request_id=(error.request_id if error else None) or self.request_id,
            attempts=attempts,
            has_text=self._has_text,
            model=model,
        )

    def _failure(self, error: ChatError) -> Verdict:
        if self.begun and isinstance(error, (ConnectionLost, TimedOut)):
            return Verdict.CUT
        return Verdict.EMPTY if type(error) is AnswerError and not self._any else Verdict.FAILED


def _later(before: Usage | None, usage: Usage) -> Usage:
    """The later report; what it leaves out stays as it was."""
    if before is None:
        return usage
    return Usage(*(old if new is None else new for old, new in zip(before, usage, strict=True)))


def _peek(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The beginning of a body, less white space and a byte order mark, and the body."""
    head = start = b""
    for chunk in chunks:
        head += chunk
        start = head.removeprefix(b"\xef\xbb\xbf").strip()
        if len(start) >= _ENOUGH_BYTES or len(head) > MAX_ERROR_BYTES:
            break
    return start, chain((head,), chunks)


def _no_event(response: HttpResponse, start: bytes) -> ChatError:
    """The error for a body without any event: a stream that broke off, or something else altogether."""
    if "event-stream" in response.headers.get("content-type", ""):
        return ConnectionLost("the answer broke off before its beginning")
    said = " ".join(start.decode("utf-8", "replace").split())[:200]
    return MalformedAnswer("the server sent something that is not an answer", said=said)


def _drain(response: HttpResponse) -> None:
    """Reads the little that is left after the end marker, so that the connection can be used again. Nobody waits."""
    response.close_after(_DRAIN_WITHIN_S)
    read_at_most(response.chunks, MAX_ERROR_BYTES, may_break_off=True)


def _document(body: bytes) -> Any:
    if len(body) > MAX_DOCUMENT_BYTES:
        raise MalformedAnswer(f"the server sent an answer of more than {MAX_DOCUMENT_BYTES // 1024 // 1024} MB")
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedAnswer("the server sent JSON that is broken off or wrong") from error
