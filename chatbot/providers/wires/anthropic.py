"""Anthropic Messages.

Source: platform.claude.com, "Messages" and "Streaming messages". The API version is 2023-06-01: it is served
everywhere, compatible servers know only it, and sampling parameters are still accepted with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import MappingProxyType
from typing import Any

from chatbot.core import events
from chatbot.core.calls.arguments import as_object
from chatbot.core.events import Verdict
from chatbot.core.messages import PDF, Attachment, Conversation, Message
from chatbot.core.options import Options, merged
from chatbot.core.request import Payload
from chatbot.core.sse.decoder import SseEvent
from chatbot.providers import models
from chatbot.providers.wires import base

# The field is required. High enough not to cut an answer; where a model allows less it says so with HTTP 400, and
# the request is repeated with its number. Unstreamed answers must fit into ten minutes.
DEFAULT_MAX_TOKENS = 32_000
DEFAULT_MAX_TOKENS_UNSTREAMED = 16_000
MIN_BUDGET_TOKENS = 1024

VERDICTS = {
    "max_tokens": Verdict.LENGTH,
    "model_context_window_exceeded": Verdict.LENGTH,
    "refusal": Verdict.REFUSED,
    "pause_turn": Verdict.CUT,
}


class AnthropicMessages(base.Provider):
    """Messages at `service`. See Provider for what each method does."""

    needs_end_marker = True
    call_ids = "[a-zA-Z0-9_-]+"
    must_declare_tools = True
    headers = MappingProxyType({"anthropic-version": "2023-06-01"})
    models_path = "/v1/models?limit=1000"
    after_parameter = "after_id"

    def body(self, conversation: Conversation, options: Options) -> Payload:
        default = DEFAULT_MAX_TOKENS if options.stream else DEFAULT_MAX_TOKENS_UNSTREAMED
        max_tokens = options.max_tokens or default
        fields = base.present(
            system=conversation.system or None,
            temperature=options.temperature,
            top_p=options.top_p,
            stop_sequences=list(options.stop),
            stream=options.stream or None,
            tools=[
                {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
                for tool in options.tools
            ],
            **_reasoning(options, max_tokens),
        )
        payload = {
            "model": options.model,
            "max_tokens": max_tokens,
            "messages": [
                {"role": message.role, "content": self.handed_back(message, options.model) or _content(message)}
                for message in conversation.messages
            ],
            **fields,
        }
        if options.schema is not None:
            payload = merged(payload, {"output_config": {"format": {"type": "json_schema", "schema": options.schema}}})
        return merged(payload, options.extra)

    def takes_effort(self, options: Options) -> bool:
        max_tokens = options.max_tokens or DEFAULT_MAX_TOKENS_UNSTREAMED
        return options.reasoning_effort == "none" or bool(_reasoning(options, max_tokens))

    def path(self, options: Options) -> str:
        return "/v1/messages"

    def read_stream(self, stream: Iterable[SseEvent]) -> Iterator[events.ProviderEvent]:
        blocks = _Blocks()
        for event in stream:
            if not event.data.startswith("{"):
                yield from self.read_event(event)
                continue
            document = base.json_of(event)
            blocks.see(document)
            for said in self.read_answer(document, streamed=True):
                if type(said) is events.EndMarker:
                    yield from _items(blocks.all())
                yield said

    def read_answer(self, document: Any, *, streamed: bool = False) -> base.Events:
        match document:
            case {"type": "content_block_delta", "delta": {"text": str(text)}} if text:
                yield events.TextDelta(text)
            case {"type": "content_block_delta", "delta": {"thinking": str(text)}} if text:
                yield events.ReasoningDelta(text)
            case {"type": "content_block_delta", "delta": {"partial_json": str(text)}} if text:
                yield events.CallPiece(base.integer(document.get("index")), arguments=text)
            case {"type": "content_block_start", "content_block": dict(block)}:
                yield from _block(block, base.integer(document.get("index")))
            case {"type": "message_start", "message": dict(message)}:
                yield from _usage(message)
            case {"type": "message_delta"}:
                delta = document.get("delta")
                yield from _stop(delta if isinstance(delta, dict) else {})
                yield from _usage(document)
            case {"type": "message_stop"}:
                yield events.EndMarker()
            case {"type": "message"}:
                blocks = document.get("content")
                blocks = blocks if isinstance(blocks, list) else []
                for number, block in enumerate(blocks):
                    yield from _block(block, number)
                yield from _stop(document)
                yield from _usage(document)
                yield from _items(blocks)
                yield events.EndMarker()
            case {"type": "error"} | {"error": dict() | str() | list()}:
                raise self.error_in(document)
            case dict() if "type" not in document and base.is_error(document):
                raise self.error_in(document)
        # Kinds we do not know pass by: the provider adds them without notice.


def _reasoning(options: Options, max_tokens: int) -> Payload:
    """The fields that ask for reasoning: an effort, or before Claude 4.6 a budget, which is part of `max_tokens`."""
    kind = models.facts(options.model).reasoning
    if kind == "effort":
        return base.present(
            thinking={"type": "adaptive", "display": "summarized"} if options.show_reasoning else None,
            output_config={"effort": options.reasoning_effort} if options.reasoning_effort else None,
        )
    wanted = options.reasoning_effort or ("medium" if options.show_reasoning else "none")
    budget_tokens = min(models.reasoning_budget(wanted), max_tokens - 1)
    if kind == "none" or budget_tokens < MIN_BUDGET_TOKENS:
        return {}
    return {"thinking": {"type": "enabled", "budget_tokens": budget_tokens}}


class _Blocks:
    """The blocks of a stream, as they are when it is over."""

    def __init__(self) -> None:
        self._begun: dict[int | None, Payload] = {}
        self._texts: dict[tuple[int | None, str], list[str]] = {}

    def see(self, document: Any) -> None:
        match document:
            case {"type": "content_block_delta", "delta": dict(delta)}:
                for member, text in delta.items():
                    if member != "type" and isinstance(text, str):
                        self._texts.setdefault((base.integer(document.get("index")), member), []).append(text)
            case {"type": "content_block_start", "content_block": dict(block)}:
                self._begun[base.integer(document.get("index"))] = block

    def all(self) -> list[Payload]:
        blocks = {index: dict(block) for index, block in self._begun.items()}
        for (index, member), texts in self._texts.items():
            text = "".join(texts)
            if block := blocks.get(index):
                if member == "partial_json":
                    block["input"] = as_object(text)
                elif isinstance(begun := block.get(member, ""), str):
                    block[member] = begun + text
        return list(blocks.values())


def _items(blocks: list[Any]) -> base.Events:
    """What has to be handed back: the blocks of a thought that ends in calls. An empty text is refused."""
    blocks = [block for block in blocks if isinstance(block, dict)]
    kinds = {base.text_of(block.get("type")) for block in blocks}
    has_ids = all(block.get("id") for block in blocks if block.get("type") == "tool_use")
    if "tool_use" in kinds and kinds & {"thinking", "redacted_thinking"} and has_ids:
        yield base.items_of([block for block in blocks if block.get("type") != "text" or block.get("text")])


def _content(message: Message) -> str | list[Payload]:
    if not (message.attachments or message.calls or message.results):
        return message.text
    results: list[Payload] = [
        base.present(
            type="tool_result",
            tool_use_id=result.call_id,
            content=result.text or None,
            is_error=result.is_error or None,
        )
        for result in message.results
    ]
    # Images and documents before the text is what the provider recommends.
    parts = [_attached(attachment) for attachment in message.attachments]
    calls: list[Payload] = [
        {"type": "tool_use", "id": call.id, "name": call.name, "input": as_object(call.arguments)}
        for call in message.calls
    ]
    # An empty text block is refused.
    text: list[Payload] = [{"type": "text", "text": message.text}] if message.text else []
    return [*results, *parts, *text, *calls]


def _attached(attachment: Attachment) -> Payload:
    source = {"type": "base64", "media_type": attachment.media_type, "data": base.base64_of(attachment)}
    if attachment.media_type == PDF:
        return {"type": "document", "source": source, "title": attachment.name}
    return {"type": "image", "source": source}


def _block(block: Any, number: int | None) -> base.Events:
    match block:
        case {"type": "text", "text": str(text)} if text:
            yield events.TextDelta(text)
        case {"type": "thinking", "thinking": str(text)} if text:
            yield events.ReasoningDelta(text)
        case {"type": "tool_use"}:
            given = base.arguments_text(block.get("input"))
            yield events.CallPiece(
                number, base.text_of(block.get("id")), base.text_of(block.get("name")), given, whole=bool(given)
            )


def _stop(delta: dict[str, Any]) -> base.Events:
    details = delta.get("stop_details")
    explanation = details.get("explanation") if isinstance(details, dict) else None
    if isinstance(explanation, str) and explanation:
        yield events.Notice(explanation)
    reason = delta.get("stop_reason")
    if isinstance(reason, str) and reason:
        yield events.FinishReason(reason, VERDICTS.get(reason, Verdict.COMPLETE))


def _usage(holder: dict[str, Any]) -> base.Events:
    """A report without input tokens (the older `message_delta`) leaves them to the report before it."""
    usage = holder.get("usage")
    if not isinstance(usage, dict):
        return
    cached = base.integer(usage.get("cache_read_input_tokens"))
    written = base.integer(usage.get("cache_creation_input_tokens"))
    parts = (base.integer(usage.get("input_tokens")), written, cached)
    total = sum(part or 0 for part in parts) if parts[0] is not None else None
    details = usage.get("output_tokens_details")
    thinking = base.integer(details.get("thinking_tokens")) if isinstance(details, dict) else None
    yield events.Usage(total, base.integer(usage.get("output_tokens")), thinking, cached, written)
