"""Anthropic Messages.

Source: platform.claude.com, "Messages" and "Streaming messages". The API version is 2023-06-01: it is served
everywhere, compatible servers know only it, and sampling parameters are still accepted with it.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from chatbot.core.events import EndMarker, FinishReason, Notice, ReasoningDelta, TextDelta, Usage, Verdict
from chatbot.core.messages import PDF, Attachment, Conversation, Message
from chatbot.core.options import Options, merged
from chatbot.core.request import Payload
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
            **_reasoning(options, max_tokens),
        )
        payload = {
            "model": options.model,
            "max_tokens": max_tokens,
            "messages": [{"role": message.role, "content": _content(message)} for message in conversation.messages],
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

    def read_answer(self, document: Any, *, streamed: bool = False) -> base.Events:
        match document:
            case {"type": "content_block_delta", "delta": {"text": str(text)}} if text:
                yield TextDelta(text)
            case {"type": "content_block_delta", "delta": {"thinking": str(text)}} if text:
                yield ReasoningDelta(text)
            case {"type": "content_block_start", "content_block": dict(block)}:
                yield from _block(block)
            case {"type": "message_start", "message": dict(message)}:
                yield from _usage(message)
            case {"type": "message_delta"}:
                delta = document.get("delta")
                yield from _stop(delta if isinstance(delta, dict) else {})
                yield from _usage(document)
            case {"type": "message_stop"}:
                yield EndMarker()
            case {"type": "message"}:
                blocks = document.get("content")
                for block in blocks if isinstance(blocks, list) else ():
                    yield from _block(block)
                yield from _stop(document)
                yield from _usage(document)
                yield EndMarker()
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


def _content(message: Message) -> str | list[Payload]:
    if not message.attachments:
        return message.text
    # Images and documents before the text is what the provider recommends.
    parts = [_attached(attachment) for attachment in message.attachments]
    # An empty text block is refused.
    return [*parts, {"type": "text", "text": message.text}] if message.text else parts


def _attached(attachment: Attachment) -> Payload:
    source = {"type": "base64", "media_type": attachment.media_type, "data": base.base64_of(attachment)}
    if attachment.media_type == PDF:
        return {"type": "document", "source": source, "title": attachment.name}
    return {"type": "image", "source": source}


def _block(block: Any) -> base.Events:
    match block:
        case {"type": "text", "text": str(text)} if text:
            yield TextDelta(text)
        case {"type": "thinking", "thinking": str(text)} if text:
            yield ReasoningDelta(text)


def _stop(delta: dict[str, Any]) -> base.Events:
    details = delta.get("stop_details")
    explanation = details.get("explanation") if isinstance(details, dict) else None
    if isinstance(explanation, str) and explanation:
        yield Notice(explanation)
    reason = delta.get("stop_reason")
    if isinstance(reason, str) and reason:
        yield FinishReason(reason, VERDICTS.get(reason, Verdict.COMPLETE))


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
    yield Usage(total, base.integer(usage.get("output_tokens")), thinking, cached, written)
