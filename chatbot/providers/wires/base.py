"""What every wire format offers: pure functions from our terms to theirs and back; and what they share."""

from __future__ import annotations

import base64
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chatbot.core.errors import ChatError, MalformedAnswer, UsageError
from chatbot.core.events import EndMarker, OutputItems, ProviderEvent
from chatbot.core.messages import Attachment, Conversation, Message, ProviderItems
from chatbot.core.options import Endpoint, Options
from chatbot.core.request import HttpFailure, HttpRequest, Payload
from chatbot.core.sse.decoder import SseEvent
from chatbot.providers.numbers import integer as integer
from chatbot.providers.service import Service

if TYPE_CHECKING:
    from chatbot.providers.model_lists import ModelPage

_DECODER = json.JSONDecoder()
SCHEMA_NAME = "answer"  # OpenAI wants one

Events = Iterable[ProviderEvent]


class Provider(ABC):
    """One wire format at one service, reached at `endpoint`. All methods are pure."""

    needs_end_marker = False
    """Whether a stream is complete only with its end marker; otherwise a finish reason is enough: Gemini has no marker,
    Perplexity and some routers send no [DONE].
    """
    headers: Mapping[str, str] = {}
    """What every request carries beside the key."""
    models_path: str
    takes_stop = True
    """Whether there is a field for words that end the answer."""
    must_declare_tools = False
    """Whether calls and their results are refused in a request that declares no tools."""
    after_parameter = "after"
    """What asks for the models after one, in a list of several pages."""

    def __init__(self, service: Service, endpoint: Endpoint) -> None:
        self.service = service
        self.endpoint = endpoint

    def payload(self, conversation: Conversation, options: Options) -> Payload:
        """The request body, as the object that will be JSON. Raises UsageError for a schema that is not taken, and for
        tools where there are none.
        """
        if options.tools and not self.service.tools:
            raise UsageError(f"{self.title} knows no tools", advice="Ask without -T, or ask another service with -m.")
        if any(message.calls for message in conversation.messages):
            conversation = self._with_calls(conversation, options)
        if (schema := options.schema) is not None:
            from chatbot.providers import schemas  # most questions have none

            if self.service.schemas == "none":
                conversation, options = schemas.in_words(conversation, options)
            else:
                options = options._replace(schema=schemas.sent(schema, self.service).schema)
        return self.body(conversation, options)

    def _with_calls(self, conversation: Conversation, options: Options) -> Conversation:
        from chatbot.providers import tools  # most conversations have none

        if not self.service.tools or (self.must_declare_tools and not options.tools):
            return tools.in_words(conversation)
        return tools.acceptable(
            conversation, self.call_ids, lambda message: bool(self.handed_back(message, options.model))
        )

    @abstractmethod
    def body(self, conversation: Conversation, options: Options) -> Payload:
        """The same, with the schema as it is sent."""

    def left_out(self, options: Options) -> str | None:
        """What was chosen and has no field here, as a sentence; None when everything is sent."""
        if options.schema is not None and self.service.schemas == "none":
            others = self.left_out(options._replace(schema=None))
            told = f"{self.title} knows no schemas: it is told of this one in the system prompt"
            return f"{told}; {others}" if others else told
        unsent = [{"stop": "stop words"}.get(field, field.replace("_", " ")) for field in self.unsent(options)]
        if not unsent:
            return None
        who = options.model if unsent == ["reasoning effort"] else self.title
        return f"{who} takes no {' and no '.join(unsent)}; asked without"

    def unsent(self, options: Options) -> list[str]:
        """The fields of the options that were chosen and have no field here."""
        sent = {
            "seed": options.seed is None or self.takes_seed,
            "stop": not options.stop or self.takes_stop,
            "reasoning_effort": not options.reasoning_effort or self.takes_effort(options),
        }
        return [field for field, is_sent in sent.items() if not is_sent]

    @property
    def title(self) -> str:
        """Who takes the choices of a question."""
        return self.service.title

    @property
    def takes_seed(self) -> bool:
        """Whether there is a field for a seed."""
        return bool(self.service.seed_field)

    @property
    def call_ids(self) -> str:
        """The pattern of the ids that a call may have."""
        return self.service.call_ids

    def takes_effort(self, options: Options) -> bool:
        """Whether the model is sent the reasoning effort."""
        return True

    @abstractmethod
    def path(self, options: Options) -> str:
        """Where a question goes, below the base URL."""

    def request(self, payload: Payload, options: Options) -> HttpRequest:
        """The request that carries `payload`."""
        return post(self.endpoint, self.path(options), payload, self.headers, stream=options.stream)

    def models_request(self, query: str = "") -> HttpRequest:
        """The request for the list of models, or for its page with that query."""
        path = self.service.models_path or self.models_path
        more = ("&" if "?" in path else "?") + query if query else ""
        return get(self.endpoint, path + more, self.headers)

    def read_models(self, document: Any) -> ModelPage:
        """One page of the list; without models where the document has none. Raises ChatError when it is an error."""
        from chatbot.providers.model_lists import read_page  # a question does without

        if isinstance(document, dict) and document.get("error"):
            raise self.error_in(document)
        return read_page(document, self.after_parameter)

    def read_event(self, event: SseEvent) -> Events:
        """What one server-sent event says. Raises ChatError for an error in the stream, MalformedAnswer for no JSON."""
        if not event.data.startswith("{") and is_end_marker(event):
            return (EndMarker(),)
        return self.read_answer(json_of(event), streamed=True)

    def read_stream(self, stream: Iterable[SseEvent]) -> Iterator[ProviderEvent]:
        """What the events of one stream say, in their order; a format whose events lean on those before them has its
        memory here. Raises what `read_event` does.
        """
        for event in stream:
            yield from self.read_event(event)

    def own_items(self, text: str | None, model: str) -> ProviderItems | None:
        """The items (JSON) of an answer of `model`, marked as whose they are."""
        return ProviderItems(self.service.wire, self.service.title, model, text) if text else None

    def handed_back(self, message: Message, model: str) -> list[Payload]:
        """The items of an answer, where they are this model's own; else none."""
        items = message.items
        if items is None or items != self.own_items(items.json, model):
            return []
        return _objects(items.json)

    @abstractmethod
    def read_answer(self, document: Any, *, streamed: bool = False) -> Events:
        """What a whole answer in one JSON document says, or the document of one event. Raises ChatError when it is an
        error.
        """

    def read_error(self, failure: HttpFailure, now: float) -> ChatError:
        """The error that an HTTP answer means. `now` is Unix seconds."""
        from chatbot.providers.errors import meaning  # only a failed request has to load it

        return meaning.read_error(failure, now, self.service)

    def error_in(self, document: Any) -> ChatError:
        """The error in a body or event that came with HTTP 200."""
        from chatbot.providers.errors import meaning

        return meaning.error_in_body(document, self.service)


def post(endpoint: Endpoint, path: str, payload: Payload, headers: Mapping[str, str], *, stream: bool) -> HttpRequest:
    """A JSON POST to `endpoint`. Raises UsageError when the body holds a number that JSON has no word for."""
    try:
        body = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except ValueError as error:
        raise UsageError("a number that is to be sent is not a finite one") from error
    wanted = "text/event-stream" if stream else "application/json"
    sent = _all_headers(endpoint, {"Content-Type": "application/json", "Accept": wanted, **headers})
    return HttpRequest("POST", _url(endpoint, path), sent, body.encode("utf-8", "replace"))


def get(endpoint: Endpoint, path: str, headers: Mapping[str, str]) -> HttpRequest:
    """A GET from `endpoint`."""
    return HttpRequest("GET", _url(endpoint, path), _all_headers(endpoint, {"Accept": "application/json", **headers}))


def _all_headers(endpoint: Endpoint, headers: Mapping[str, str]) -> dict[str, str]:
    """The person's own headers last: they replace any other of that name, in whatever case it is written."""
    own = {name.lower() for name, _ in endpoint.headers}
    given = {**headers, **(dict([endpoint.auth]) if endpoint.auth else {})}
    return {name: value for name, value in given.items() if name.lower() not in own} | dict(endpoint.headers)


def _url(endpoint: Endpoint, path: str) -> str:
    query = ("&" if "?" in path else "?") + endpoint.query if endpoint.query else ""
    return endpoint.base_url + path + query


def present(**fields: Any) -> Payload:
    """The fields that were given: not None, not empty."""
    return {name: value for name, value in fields.items() if value is not None and value != () and value != []}


def _objects(text: str) -> list[Payload]:
    """The objects of a JSON array; none where it is no such array: a history may have been imported from anywhere."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return found if isinstance(found, list) and all(isinstance(item, dict) for item in found) else []


def items_of(items: Sequence[Payload]) -> OutputItems:
    """The items of an answer that are to be handed back."""
    return OutputItems(json.dumps(items, separators=(",", ":")))


def text_of(value: Any) -> str:
    """A text that a server may have left out, or sent as null."""
    return value if isinstance(value, str) else ""


def arguments_text(value: Any) -> str:
    """The arguments of a call as text, also where a server sends them as an object."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) if value else ""


def base64_of(attachment: Attachment) -> str:
    """The file's bytes in Base64 (RFC 4648, section 4), without line breaks."""
    return base64.b64encode(attachment.data).decode("ascii")


def pdf_name(attachment: Attachment) -> str:
    """What OpenAI takes as the name of a PDF: it goes by the ending."""
    name = attachment.name
    return name if name.lower().endswith(".pdf") else f"{name}.pdf"


def data_url(attachment: Attachment) -> str:
    """The file as a URL (RFC 2397)."""
    return f"data:{attachment.media_type};base64,{base64_of(attachment)}"


def json_of(event: SseEvent) -> Any:
    """The JSON document that an event carries; None for an event without data, which some servers send as a sign of
    life. What an event of the type `error` (Groq, LM Studio, Anthropic) carries is an error, marked as one or not.
    """
    try:
        document = _parsed(event.data)
    except (ValueError, RecursionError) as error:
        if not event.data.strip():
            return None
        if event.type == "error":
            return {"error": event.data}
        start = " ".join(event.data.split())[:80]
        raise MalformedAnswer(f"the server sent something in the stream that is not JSON: {start}") from error
    if event.type == "error" and not (isinstance(document, dict) and document.get("error")):
        return {"error": document}
    return document


def _parsed(text: str) -> Any:
    """As json.loads, without its search for blanks around an object, which costs as much as a token's object."""
    if text[:1] == "{":
        document, end = _DECODER.raw_decode(text)
        if end == len(text):
            return document
    return json.loads(text)


def is_end_marker(event: SseEvent) -> bool:
    """Whether the event is OpenAI's end of a stream, which gateways put behind those of other wire formats too."""
    return event.data.lstrip().startswith("[DONE]")


def is_error(document: dict[str, Any]) -> bool:
    """Whether a document without any part of an answer is an error in one of the shapes that name it nowhere: vLLM's
    `{"object": "error", "message": ...}`, FastAPI's `{"detail": ...}`, a gateway's `{"code": ..., "message": ...}`.
    """
    says_so = "error" in (document.get("object"), document.get("type"))
    return bool(says_so or document.get("detail") or (document.get("message") and document.get("code")))


def first_of(choices: Any) -> dict[str, Any] | None:
    """The first of several answers to one question, whose pieces come mixed with those of the others."""
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict) and not choice.get("index"):
            return choice
    return None
