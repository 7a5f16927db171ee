"""OpenAI Chat Completions, and every server that is compatible with it.

Source: the OpenAI API reference, "Chat"; the differences of compatible servers are data of their rows in the table, or
are read here whatever server they come from: an unknown member is never an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from chatbot.core import events
from chatbot.core.events import Verdict
from chatbot.core.messages import MP3, PDF, WAV, Attachment, Conversation, Message
from chatbot.core.options import Options, merged
from chatbot.core.request import Payload
from chatbot.core.sse.decoder import SseEvent
from chatbot.providers.wires import base

VERDICTS = {
    "length": Verdict.LENGTH,
    "model_length": Verdict.LENGTH,  # Mistral
    "content_filter": Verdict.FILTERED,
    "error": Verdict.FAILED,  # OpenRouter
    "insufficient_system_resource": Verdict.FAILED,  # DeepSeek
}


_SOUND_FORMS = {WAV: "wav", MP3: "mp3"}


class OpenAIChat(base.Provider):
    """Chat Completions at `service`. See Provider for what each method does."""

    models_path = "/models"

    def body(self, conversation: Conversation, options: Options) -> Payload:
        messages: list[Payload] = []
        if conversation.system:
            messages.append({"role": "system", "content": conversation.system})
        messages += [sent for message in conversation.messages for sent in self._messages(message, options.model)]
        fields = base.present(
            temperature=options.temperature,
            top_p=options.top_p,
            stop=list(options.stop),
            reasoning_effort=options.reasoning_effort,
            tools=[{"type": "function", "function": tool._asdict()} for tool in options.tools],
        )
        if options.max_tokens is not None:
            fields[self.service.token_limit_field] = options.max_tokens
        if options.seed is not None and self.service.seed_field:
            fields[self.service.seed_field] = options.seed
        if options.schema is not None:
            named = {"name": base.SCHEMA_NAME, "schema": options.schema, "strict": True}
            fields["response_format"] = {"type": "json_schema", "json_schema": named}
        if options.stream:
            fields["stream"] = True
            fields["stream_options"] = {"include_usage": True}
        return merged({"model": options.model, "messages": messages, **fields}, options.extra)

    def _messages(self, message: Message, model: str) -> Iterator[Payload]:
        for result in message.results:
            yield {"role": "tool", "tool_call_id": result.call_id, "content": result.text}
        if message.calls:
            from chatbot.core.calls.arguments import as_text  # a question without tools does without

            calls = [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {"name": call.name, "arguments": as_text(call.arguments)},
                }
                for call in message.calls
            ]
            [thoughts, *_] = self.handed_back(message, model) or [{}]
            yield {"role": "assistant", "content": message.text or None, "tool_calls": calls, **thoughts}
        elif message.text or message.attachments or not message.results:
            yield {"role": message.role, "content": _content(message)}

    def path(self, options: Options) -> str:
        return self.service.chat_path.format(model=quote(options.model, safe=""))

    def read_stream(self, stream: Iterable[SseEvent]) -> Iterator[events.ProviderEvent]:
        if not self.service.reasoning_field:
            yield from super().read_stream(stream)
            return
        thoughts = _Thoughts(self.service.reasoning_field)
        for event in stream:
            if not event.data.startswith("{"):
                yield from self.read_event(event)
                continue
            document = base.json_of(event)
            thoughts.see(document, "delta")
            for said in self.read_answer(document, streamed=True):
                yield said
                if type(said) is events.FinishReason:
                    yield from thoughts.items()

    def read_answer(self, document: Any, *, streamed: bool = False) -> base.Events:
        """A chunk of a stream has the shape of an answer, but for `delta`; Perplexity always sends both members."""
        if not isinstance(document, dict):
            return ()
        if document.get("error"):
            raise self.error_in(document)
        found: list[events.ProviderEvent] = []
        choices = document.get("choices")
        if choices is None and base.is_error(document):
            raise self.error_in(document)
        choice = base.first_of(choices)
        if choice is not None:
            if choice.get("error"):  # OpenRouter reports an upstream failure inside the choice
                raise self.error_in(choice)
            message = choice.get("delta" if streamed else "message")
            if not isinstance(message, dict):
                message = choice.get("message" if streamed else "delta")
            if isinstance(message, dict):
                _read_deltas(message, found, is_whole=not streamed)
                if not streamed and self.service.reasoning_field:
                    thoughts = _Thoughts(self.service.reasoning_field)
                    thoughts.see(document, "message")
                    found += thoughts.items()
            reason = choice.get("finish_reason")
            if isinstance(reason, str) and reason:
                found.append(events.FinishReason(reason, VERDICTS.get(reason, Verdict.COMPLETE)))
        usage = document.get("usage")
        if isinstance(usage, dict):
            found.append(_usage(usage))
        return found


class _Thoughts:
    """The reasoning of an answer as it stands in this member of its pieces, which are texts, lists, or one object."""

    def __init__(self, field: str) -> None:
        self._field = field
        self._texts: list[str] = []
        self._parts: list[Any] = []
        self._whole: dict[str, Any] = {}
        self._has_calls = False

    def see(self, document: Any, holder: str) -> None:
        choice = base.first_of(document.get("choices")) if isinstance(document, dict) else None
        message = (choice or {}).get(holder)
        if isinstance(message, dict):
            self._has_calls = self._has_calls or bool(message.get("tool_calls"))
            match message.get(self._field):
                case str(text):
                    self._texts.append(text)
                case list(parts):
                    self._parts += parts
                case dict(whole):
                    self._whole = whole

    def items(self) -> base.Events:
        """What is to be handed back; nothing of an answer without calls."""
        thoughts = "".join(self._texts) or self._parts or self._whole
        if self._has_calls and thoughts:
            yield base.items_of([{self._field: thoughts}])


def _content(message: Message) -> str | list[Payload]:
    if not message.attachments:
        return message.text
    parts = [_attached(attachment) for attachment in message.attachments]
    return [*parts, {"type": "text", "text": message.text}] if message.text else parts


def _attached(attachment: Attachment) -> Payload:
    if attachment.media_type == PDF:
        return {"type": "file", "file": {"filename": base.pdf_name(attachment), "file_data": base.data_url(attachment)}}
    if form := _SOUND_FORMS.get(attachment.media_type):
        return {"type": "input_audio", "input_audio": {"data": base.base64_of(attachment), "format": form}}
    return {"type": "image_url", "image_url": {"url": base.data_url(attachment)}}


def _read_deltas(message: dict[str, Any], found: list[events.ProviderEvent], *, is_whole: bool) -> None:
    # Several servers send the same reasoning under two names; the first that is there is enough.
    thinking = message.get("reasoning_content") or message.get("reasoning") or message.get("reasoning_details")
    if thinking and (text := _text_in(thinking)):
        found.append(events.ReasoningDelta(text))
    content = message.get("content")
    if isinstance(content, str):
        if content:
            found.append(events.TextDelta(content))
    elif isinstance(content, list):  # Mistral
        for part in content:
            found += _part(part)
    refusal = message.get("refusal")
    if isinstance(refusal, str) and refusal:
        found += (events.TextDelta(refusal), events.FinishReason("refusal", Verdict.REFUSED))
    calls = message.get("tool_calls")
    if calls and isinstance(calls, list):
        found += _call_pieces(calls, is_whole=is_whole)


def _call_pieces(calls: list[Any], *, is_whole: bool) -> Iterator[events.CallPiece]:
    """The calls in a message, each of them whole, or the pieces of some in a delta. A place may not be given."""
    for number, call in enumerate(calls):
        if isinstance(call, dict):
            function = call.get("function")
            function = function if isinstance(function, dict) else {}
            place = number if is_whole else base.integer(call.get("index"))
            texts = (base.text_of(call.get("id")), base.text_of(function.get("name")))
            yield events.CallPiece(place, *texts, base.arguments_text(function.get("arguments")), is_whole)


def _part(part: Any) -> base.Events:
    match part:
        case {"type": "thinking", "thinking": thinking} if _text_in(thinking):
            yield events.ReasoningDelta(_text_in(thinking))
        case {"type": "text", "text": str(text)} if text:
            yield events.TextDelta(text)


def _text_in(thinking: Any) -> str:
    """The readable text of reasoning: a string, or a list of objects with `text` or `summary`."""
    if isinstance(thinking, str):
        return thinking
    if not isinstance(thinking, list):
        return ""
    texts = (piece.get("text") or piece.get("summary") for piece in thinking if isinstance(piece, dict))
    return "".join(text for text in texts if isinstance(text, str))


def _usage(usage: dict[str, Any]) -> events.Usage:
    prompt = usage.get("prompt_tokens_details")
    completion = usage.get("completion_tokens_details")
    reasoning = base.integer(completion.get("reasoning_tokens")) if isinstance(completion, dict) else None
    cached = prompt.get("cached_tokens") if isinstance(prompt, dict) else None
    written = base.integer(prompt.get("cache_write_tokens")) if isinstance(prompt, dict) else None  # OpenRouter
    if cached is None:  # Together, DeepSeek
        cached = usage.get("cached_tokens", usage.get("prompt_cache_hit_tokens"))
    names = ("prompt_tokens", "completion_tokens", "total_tokens")
    sent, answered, total = (base.integer(usage.get(name)) for name in names)
    # xAI counts reasoning beside the completion, all others inside it; only the total tells.
    if sent is not None and answered is not None and reasoning and total == sent + answered + reasoning:
        answered += reasoning
    return events.Usage(sent, answered, reasoning, base.integer(cached), written)
