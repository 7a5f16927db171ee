"""OpenAI Responses, and every server that is compatible with it.

Source: the OpenAI API reference, "Responses" and "Reasoning models"; openai-python 3.57, types/responses. Nothing is
stored at the provider (`store: false`): what it would remember is handed back to it, its reasoning encrypted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from chatbot.core import events
from chatbot.core.errors import ChatError
from chatbot.core.events import Verdict
from chatbot.core.messages import PDF, Attachment, Conversation, Message
from chatbot.core.options import Options, merged
from chatbot.core.request import Payload
from chatbot.core.sse.decoder import SseEvent
from chatbot.providers import models
from chatbot.providers.wires import base
from chatbot.records import NamedTuple

# By the reason why a response is incomplete, else by its status; what is incomplete for another reason is cut.
VERDICTS = {
    "max_output_tokens": Verdict.LENGTH,
    "content_filter": Verdict.FILTERED,
    "incomplete": Verdict.CUT,
    **dict.fromkeys(("failed", "cancelled", "queued", "in_progress"), Verdict.FAILED),
}
_ENDS = {f"response.{status}": status for status in ("completed", "incomplete", "failed", "cancelled")}
_ITEMS = ("response.output_item.added", "response.output_item.done")
_REFUSED = events.FinishReason("refusal", Verdict.REFUSED)

Kind = type[events.TextDelta] | type[events.ReasoningDelta]
# The pieces of an answer: in an event `response.NAME.delta`, in `response.NAME.done` and in an item, there under this
# member, as this kind.
_PIECES: dict[str, tuple[str, Kind]] = {
    "output_text": ("text", events.TextDelta),
    "refusal": ("refusal", events.TextDelta),
    "reasoning_text": ("text", events.ReasoningDelta),
    "reasoning_summary_text": ("text", events.ReasoningDelta),
    "summary_text": ("text", events.ReasoningDelta),
}
_DELTAS = {f"response.{name}.delta": (name, "delta", kind) for name, (_, kind) in _PIECES.items()}
_DONE = {f"response.{name}.done": (name, member, kind) for name, (member, kind) in _PIECES.items()}
_ARGUMENTS = {
    "response.function_call_arguments.delta": "delta",
    "response.function_call_arguments.done": "arguments",
}
_JOINTS: dict[Kind, str] = {events.TextDelta: "", events.ReasoningDelta: "\n\n"}  # between two pieces

# Items to which the client has to answer, and without that the provider does not take them back.
_CALLS = frozenset(
    "function_call custom_tool_call computer_call local_shell_call shell_call apply_patch_call "
    "mcp_approval_request".split()
)


class Piece(NamedTuple):
    """Text that stands in item number `item` (None: not said, but `item_id` may be) as its part number `part`. A
    `whole` one repeats what came in deltas, or says what did not.
    """

    kind: Kind
    text: str
    item: int | None
    part: int
    item_id: object = None
    whole: bool = False


class ItemBegin(NamedTuple):
    """Text of this kind may follow, in an item of this number or id."""

    kind: Kind
    item: int | None
    item_id: object


class ItemEnd(NamedTuple):
    """An item is whole."""

    item: int | None
    item_id: object


class _Call(NamedTuple):
    """A piece of the call in item number `item` (None: not said, but `item_id` may be)."""

    piece: events.CallPiece
    item: int | None
    item_id: object


Said = Piece | ItemBegin | ItemEnd | _Call | list[Piece] | events.ProviderEvent  # a list has all pieces of the answer


class OpenAIResponses(base.Provider):
    """Responses at `service`. See Provider for what each method does."""

    needs_end_marker = True
    takes_stop = False
    takes_seed = False
    models_path = "/models"

    @property
    def title(self) -> str:
        return f"{self.service.title} (Responses)"

    def body(self, conversation: Conversation, options: Options) -> Payload:
        reasons = self.takes_effort(options)
        summary = "auto" if options.show_reasoning else None
        fields = base.present(
            include=["reasoning.encrypted_content"] if reasons else [],
            max_output_tokens=options.max_tokens,
            temperature=options.temperature,
            top_p=options.top_p,
            reasoning=(reasons and base.present(effort=options.reasoning_effort, summary=summary)) or None,
            text=_text_format(options),
            tools=[{"type": "function", **tool._asdict(), "strict": False} for tool in options.tools],
            stream=options.stream or None,
        )
        items = [item for message in conversation.messages for item in self._items(message, options.model)]
        system = base.present(instructions=conversation.system or None)
        return merged({"model": options.model, **system, "input": items, "store": False, **fields}, options.extra)

    def takes_effort(self, options: Options) -> bool:
        return models.facts(options.model).reasoning != "none"

    def path(self, options: Options) -> str:
        return "/responses"

    def _items(self, message: Message, model: str) -> list[Payload]:
        """A message, its calls and results, or the items of an answer where they are this model's own."""
        if own := self.handed_back(message, model):
            return own
        items: list[Payload] = [
            {"type": "function_call_output", "call_id": result.call_id, "output": result.text}
            for result in message.results
        ]
        if message.text or message.attachments or not (message.calls or message.results):
            items.append({"type": "message", "role": message.role, "content": _content(message)})
        if not message.calls:
            return items
        from chatbot.core.calls.arguments import as_text  # a question without tools does without

        return items + [
            {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": as_text(call.arguments)}
            for call in message.calls
        ]

    def read_stream(self, stream: Iterable[SseEvent]) -> Iterator[events.ProviderEvent]:
        text = _Text()
        try:
            for event in stream:
                if not base.is_end_marker(event):  # OpenRouter's, which says nothing of the answer
                    for said in self._said(base.json_of(event)):
                        match said:
                            case Piece():
                                yield from text.take(said)
                            case ItemBegin():
                                text.begin_item(said)
                            case ItemEnd():
                                yield from text.end_item(said)
                            case list():
                                yield from text.end(said)
                            case _Call():
                                yield said.piece._replace(place=text.number(said.item, said.item_id))
                            case _:
                                yield said
        except ChatError:
            yield from text.rest()
            raise
        yield from text.rest()

    def read_event(self, event: SseEvent) -> base.Events:
        """What the event adds by itself; what only the end of a piece says is read in a stream."""
        return () if base.is_end_marker(event) else super().read_event(event)

    def read_answer(self, document: Any, *, streamed: bool = False) -> base.Events:
        for said in self._said(document):
            match said:
                case Piece(kind, text, whole=False):
                    yield kind(text)
                case Piece() | ItemBegin() | ItemEnd():
                    pass
                case _Call(piece, item):
                    if not (streamed and piece.whole):
                        yield piece._replace(place=item)
                case list():
                    if not streamed:
                        yield from _Text().end(said)
                case _:
                    yield said

    def _said(self, document: Any) -> Iterator[Said]:
        """What an event or a whole response says. Raises ChatError."""
        if not isinstance(document, dict):
            return
        kind = document.get("type")
        if kind is None or kind == "error" or not isinstance(kind, str):
            if isinstance(document.get("output"), list) or document.get("object") == "response":
                yield from self._whole(document, document.get("status"))
            elif document.get("error") or base.is_error(document):
                raise self.error_in(document)
        elif kind in _DELTAS or kind in _DONE:
            yield from _piece(document, *(_DELTAS.get(kind) or _DONE[kind]), whole=kind in _DONE)
        elif kind in _ARGUMENTS:
            text = base.text_of(document.get(_ARGUMENTS[kind]))
            number = base.integer(document.get("output_index"))
            if text:
                piece = events.CallPiece(arguments=text, whole=_ARGUMENTS[kind] == "arguments")
                yield _Call(piece, number, document.get("item_id"))
        elif kind in _ITEMS and isinstance(item := document.get("item"), dict):
            number, item_id = base.integer(document.get("output_index")), item.get("id")
            if item.get("type") == "function_call":
                yield _Call(_call_piece(item), number, item_id)
            if kind == _ITEMS[0]:
                yield ItemBegin(
                    events.ReasoningDelta if item.get("type") == "reasoning" else events.TextDelta, number, item_id
                )
            else:
                yield from (piece._replace(item=number, item_id=item_id) for piece in _pieces(0, item))
                yield ItemEnd(number, item_id)
        elif kind in _ENDS:
            response = document.get("response")
            response = response if isinstance(response, dict) else {}
            status = response.get("status")  # some servers end whatever it was with `response.completed`
            is_other = f"response.{status}" in _ENDS and status != "completed"
            yield from self._whole(response, status if is_other else _ENDS[kind])

    def _whole(self, response: dict[str, Any], status: Any) -> Iterator[list[Piece] | _Call | events.ProviderEvent]:
        """Everything that a response says at its end."""
        output = response.get("output")
        items = [item for item in (output if isinstance(output, list) else ()) if isinstance(item, dict)]
        yield [piece for number, item in enumerate(items) for piece in _pieces(number, item)]
        for number, item in enumerate(items):
            if item.get("type") == "function_call":
                yield _Call(_call_piece(item), number, item.get("id"))
        if any("refusal" in _types(item.get("content")) for item in items):
            yield _REFUSED
        usage = response.get("usage")
        if isinstance(usage, dict):
            yield _usage(usage)
        if response.get("error") and status != "completed":
            raise self.error_in({"error": response["error"]})
        details = response.get("incomplete_details")
        reason = details.get("reason") if isinstance(details, dict) else None
        call = "function_call" if status == "completed" and _wants_answers(items) else None
        word = next(word for word in (reason, call, status, "completed") if isinstance(word, str) and word)
        verdict = VERDICTS.get(word, Verdict.CUT if reason else Verdict.COMPLETE)
        yield events.FinishReason(word, verdict)
        if verdict is Verdict.COMPLETE and _may_be_handed_back(items):
            yield base.items_of(items)
        yield events.EndMarker()


class _Text:
    """The text of a stream, and its reasoning: item after item where items come mixed, and each piece once, also where
    it comes as a whole only, or both in deltas and as a whole.
    """

    def __init__(self) -> None:
        self._kinds: dict[Kind, _InOrder] = {kind: _InOrder(kind) for kind in _JOINTS}
        self._numbers: dict[object, int] = {}  # of items, by id
        self._last = 0

    def take(self, piece: Piece) -> Iterator[events.ProviderEvent]:
        """What of a piece is new, and may be given out now."""
        place = (self.number(piece.item, piece.item_id), piece.part)
        in_order = self._kinds[piece.kind]
        return in_order.whole(place, piece.text) if piece.whole else in_order.add(place, piece.text)

    def begin_item(self, begin: ItemBegin) -> None:
        """Later items wait for this one."""
        self._kinds[begin.kind].begin_item(self.number(begin.item, begin.item_id))

    def end_item(self, end: ItemEnd) -> Iterator[events.ProviderEvent]:
        """What waited for the end of this item."""
        number = self.number(end.item, end.item_id)
        for in_order in self._kinds.values():
            yield from in_order.end_item(number)

    def end(self, pieces: Sequence[Piece]) -> Iterator[events.ProviderEvent]:
        """What is still missing when these are all pieces."""
        yield from self.rest()
        for kind, in_order in reversed(self._kinds.items()):
            yield from in_order.end(_JOINTS[kind].join(piece.text for piece in pieces if piece.kind is kind))

    def rest(self) -> Iterator[events.ProviderEvent]:
        """What still waits."""
        for in_order in self._kinds.values():
            yield from in_order.rest()

    def number(self, number: int | None, item_id: object) -> int:
        """The number of an item. Ids are the weaker sign: some servers make a new one for each event."""
        known = item_id if isinstance(item_id, str) else None
        if number is None:
            number = self._numbers.get(known, self._last)
        self._numbers[known] = self._last = number
        return number


Place = tuple[int, int]  # the number of an item, and of the part in it


class _InOrder:
    """The pieces of one kind."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._came: dict[Place, list[str]] = {}
        self._waiting: set[Place] = set()
        self._open: set[int] = set()  # items that have begun and may go on
        self._ended: set[int] = set()
        self._last: Place | None = None
        self._given: list[str] = []

    def begin_item(self, number: int) -> None:
        if number not in self._ended:
            self._open.add(number)

    def add(self, place: Place, text: str) -> Iterator[events.ProviderEvent]:
        """The next text at a place."""
        if place in self._came:
            self._came[place].append(text)
        else:
            self._came[place] = [text]
        self.begin_item(place[0])
        if self._is_next(place):
            yield self._give(place, text)
        else:
            self._waiting.add(place)

    def _is_next(self, place: Place) -> bool:
        return min(self._open, default=place[0]) >= place[0]

    def whole(self, place: Place, text: str) -> Iterator[events.ProviderEvent]:
        """All of the text at a place. Where no item of that number has begun, it may be one that has, renumbered."""
        came = "".join(self._came.get(place, ()))
        if place[0] not in self._open | self._ended and any("".join(other) == text for other in self._came.values()):
            return
        if len(text) > len(came) and text.startswith(came):
            yield from self.add(place, text[len(came) :])

    def end_item(self, number: int) -> Iterator[events.ProviderEvent]:
        self._ended.add(number)
        self._open.discard(number)
        return self._released([place for place in self._waiting if self._is_next(place)])

    def rest(self) -> Iterator[events.ProviderEvent]:
        return self._released(self._waiting)

    def end(self, text: str) -> Iterator[events.ProviderEvent]:
        """`text` is all there is."""
        given = "".join(self._given)
        if len(text) > len(given) and text.startswith(given):
            yield self._kind(text[len(given) :])

    def _released(self, places: Iterable[Place]) -> Iterator[events.ProviderEvent]:
        for place in sorted(places):
            self._waiting.discard(place)
            yield self._give(place, "".join(self._came[place]))

    def _give(self, place: Place, text: str) -> events.TextDelta | events.ReasoningDelta:
        if self._given and place != self._last:
            text = _JOINTS[self._kind] + text
        self._last = place
        self._given.append(text)
        return self._kind(text)


def _piece(
    document: dict[str, Any], name: str, member: str, kind: Kind, *, whole: bool
) -> Iterator[Piece | events.ProviderEvent]:
    """The piece that an event has in this member."""
    text = document.get(member)
    if isinstance(text, str) and text:
        part = base.integer(document.get("content_index", document.get("summary_index"))) or 0
        number = base.integer(document.get("output_index"))
        yield Piece(kind, text, number, part, document.get("item_id"), whole)
        if name == "refusal":
            yield _REFUSED


def _pieces(number: int, item: dict[str, Any]) -> Iterator[Piece]:
    """The pieces of a whole item; of reasoning its own words where they are there, else its summary."""
    parts = item.get("content") or item.get("summary")
    for part_number, part in enumerate(parts if isinstance(parts, list) else ()):
        name = part.get("type") if isinstance(part, dict) else None
        if isinstance(name, str) and name in _PIECES:
            member, kind = _PIECES[name]
            if isinstance(text := part.get(member), str) and text:
                yield Piece(kind, text, number, part_number, whole=True)


def _types(parts: Any) -> list[Any]:
    return [part.get("type") for part in (parts if isinstance(parts, list) else ()) if isinstance(part, dict)]


def _may_be_handed_back(items: Sequence[dict[str, Any]]) -> bool:
    """Whether the provider takes the items back, and they are more than their text: encrypted reasoning, a message at
    the end or calls that we answer to, and nothing that it cannot know (`store: false`) or that waits for another
    answer of ours.
    """
    reasoning = [item for item in items if item.get("type") == "reasoning"]
    return bool(
        reasoning
        and all(isinstance(item.get("encrypted_content"), str) and item["encrypted_content"] for item in reasoning)
        and items[-1].get("type") in ("message", "function_call")
        and all(base.text_of(item.get("call_id")) for item in items if item.get("type") == "function_call")
        and not _wants_answers([item for item in items if item.get("type") != "function_call"])
    )


def _call_piece(item: dict[str, Any]) -> events.CallPiece:
    """What an item says of its call: its name at first, all of it at the end."""
    given = base.arguments_text(item.get("arguments"))
    return events.CallPiece(
        None, base.text_of(item.get("call_id")), base.text_of(item.get("name")), given, whole=bool(given)
    )


def _wants_answers(items: Sequence[dict[str, Any]]) -> bool:
    return any(isinstance(kind := item.get("type"), str) and kind in _CALLS for item in items)


def _text_format(options: Options) -> Payload | None:
    if options.schema is None:
        return None
    return {"format": {"type": "json_schema", "name": base.SCHEMA_NAME, "schema": options.schema, "strict": True}}


def _content(message: Message) -> str | list[Payload]:
    if message.role == "assistant":
        return [{"type": "output_text", "text": message.text}]
    if not message.attachments:
        return message.text
    parts = [_attached(attachment) for attachment in message.attachments]
    return [*parts, {"type": "input_text", "text": message.text}] if message.text else parts


def _attached(attachment: Attachment) -> Payload:
    data = base.data_url(attachment)
    if attachment.media_type == PDF:
        return {"type": "input_file", "filename": base.pdf_name(attachment), "file_data": data}
    return {"type": "input_image", "image_url": data, "detail": "auto"}  # vLLM wants the detail said


def _usage(usage: dict[str, Any]) -> events.Usage:
    read, answered = usage.get("input_tokens_details"), usage.get("output_tokens_details")
    return events.Usage(
        base.integer(usage.get("input_tokens")),
        base.integer(usage.get("output_tokens")),
        base.integer(answered.get("reasoning_tokens")) if isinstance(answered, dict) else None,
        base.integer(read.get("cached_tokens")) if isinstance(read, dict) else None,
    )
