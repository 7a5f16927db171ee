"""Google Gemini: generateContent and streamGenerateContent.

Source: ai.google.dev, "Generating content"; the finish reasons are those of `types.FinishReason` in google-genai.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from chatbot.core import events
from chatbot.core.calls.arguments import as_object
from chatbot.core.calls.assembling import is_ours
from chatbot.core.events import Verdict
from chatbot.core.messages import MP3, Conversation, Message
from chatbot.core.options import Options, merged
from chatbot.core.request import Payload
from chatbot.core.sse.decoder import SseEvent
from chatbot.providers import models
from chatbot.providers.wires import base

_WITHHELD = (
    "SAFETY PROHIBITED_CONTENT BLOCKLIST SPII RECITATION LANGUAGE IMAGE_SAFETY IMAGE_PROHIBITED_CONTENT "
    "IMAGE_RECITATION MODEL_ARMOR"
)
_BROKEN = "MALFORMED_RESPONSE MALFORMED_FUNCTION_CALL MISSING_THOUGHT_SIGNATURE TOO_MANY_TOOL_CALLS"
VERDICTS = {
    "MAX_TOKENS": Verdict.LENGTH,
    **dict.fromkeys(_WITHHELD.split(), Verdict.FILTERED),
    **dict.fromkeys(_BROKEN.split(), Verdict.FAILED),
}


_NAMED_SO = {MP3: "audio/mp3"}  # ai.google.dev, "Audio understanding"


class GeminiGenerate(base.Provider):
    """generateContent at `service`. See Provider for what each method does."""

    models_path = "/models?pageSize=1000"

    def body(self, conversation: Conversation, options: Options) -> Payload:
        generation = base.present(
            maxOutputTokens=options.max_tokens,
            temperature=options.temperature,
            topP=options.top_p,
            stopSequences=list(options.stop),
            seed=options.seed,
            thinkingConfig=_thinking(options) or None,
            responseMimeType="application/json" if options.schema is not None else None,
            responseJsonSchema=options.schema,
        )
        payload: Payload = {"contents": [self._content(message, options.model) for message in conversation.messages]}
        if conversation.system:
            payload["systemInstruction"] = {"parts": [{"text": conversation.system}]}
        if generation:
            payload["generationConfig"] = generation
        if options.tools:
            declared = [
                {"name": tool.name, "description": tool.description, "parametersJsonSchema": tool.parameters}
                for tool in options.tools
            ]
            payload["tools"] = [{"functionDeclarations": declared}]
        return merged(payload, options.extra)

    def takes_effort(self, options: Options) -> bool:
        return bool(_thinking(options))

    def path(self, options: Options) -> str:
        action = "streamGenerateContent?alt=sse" if options.stream else "generateContent"
        model = options.model if "/" in options.model else f"models/{options.model}"
        return f"/{quote(model, safe='/')}:{action}"

    def _content(self, message: Message, model: str) -> Payload:
        role = "model" if message.role == "assistant" else "user"
        return {"role": role, "parts": self.handed_back(message, model) or _parts(message)}

    def read_stream(self, stream: Iterable[SseEvent]) -> Iterator[events.ProviderEvent]:
        parts: list[Payload] = []
        for event in stream:
            if not event.data.startswith("{"):
                yield from self.read_event(event)
                continue
            document = base.json_of(event)
            parts += _parts_in(document)
            for said in self.read_answer(document, streamed=True):
                yield said
                if type(said) is events.FinishReason:
                    yield from _items(parts)

    def read_answer(self, document: Any, *, streamed: bool = False) -> base.Events:
        """Without `alt=sse` a stream is one JSON array of the same documents."""
        found: list[events.ProviderEvent] = []
        for part in document if isinstance(document, list) else [document]:
            if isinstance(part, dict):
                if part.get("error") or ("candidates" not in part and base.is_error(part)):
                    raise self.error_in(part)
                found += _read(part)
        if not streamed:
            documents = document if isinstance(document, list) else [document]
            found += _items([part for each in documents for part in _parts_in(each)])
        return found


def _thinking(options: Options) -> Payload:
    """`thinkingConfig`: a level, or up to Gemini 2.5 a budget."""
    kind, effort = models.facts(options.model).reasoning, options.reasoning_effort
    if kind == "none":
        return {}
    return base.present(
        includeThoughts=options.show_reasoning or None,
        thinkingLevel=effort if kind == "effort" else None,
        thinkingBudget=models.reasoning_budget(effort) if effort and kind == "budget" else None,
    )


def _parts(message: Message) -> list[Payload]:
    parts: list[Payload] = []
    for result in message.results:
        said = {"error" if result.is_error else "output": result.text}
        parts.append({"functionResponse": _with_id(result.call_id, {"name": result.name, "response": said})})
    for each in message.attachments:
        media_type = _NAMED_SO.get(each.media_type, each.media_type)
        parts.append({"inlineData": {"mimeType": media_type, "data": base.base64_of(each)}})
    if message.text or not (parts or message.calls):
        parts.append({"text": message.text})
    for call in message.calls:
        parts.append({"functionCall": _with_id(call.id, {"name": call.name, "args": as_object(call.arguments)})})
    return parts


def _with_id(call_id: str, fields: Payload) -> Payload:
    """Older models give no id, and none is said to them."""
    return fields if is_ours(call_id) else {"id": call_id, **fields}


def _parts_in(document: Any) -> list[Payload]:
    """The parts of the first candidate."""
    candidate = base.first_of(document.get("candidates")) if isinstance(document, dict) else None
    content = (candidate or {}).get("content")
    parts = content.get("parts") if isinstance(content, dict) else None
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def _items(parts: list[Payload]) -> base.Events:
    """What has to be handed back: the parts of an answer with signatures, each signature on its own part; thoughts
    without one say nothing to the model. Source: ai.google.dev, "Thought signatures".
    """
    if any("thoughtSignature" in part for part in parts):
        kept: list[Payload] = []
        for part in parts:
            if part.keys() == {"text"} and kept and kept[-1].keys() == {"text"}:
                kept[-1] = {"text": kept[-1]["text"] + part["text"]}
            elif "thoughtSignature" in part or not part.get("thought"):
                kept.append(part)
        yield base.items_of(kept)


def _read(document: dict[str, Any]) -> base.Events:
    candidate = base.first_of(document.get("candidates")) or {}
    for part in _parts_in(document):
        match part:
            case {"functionCall": dict(call)}:
                yield events.CallPiece(
                    None,
                    base.text_of(call.get("id")),
                    base.text_of(call.get("name")),
                    base.arguments_text(call.get("args")) or "{}",
                    whole=True,
                )
            case {"text": str(text), "thought": True} if text:
                yield events.ReasoningDelta(text)
            case {"text": str(text)} if text:
                yield events.TextDelta(text)
    reason = candidate.get("finishReason")
    if isinstance(reason, str) and reason:
        explanation = candidate.get("finishMessage")
        if isinstance(explanation, str) and explanation and reason != "STOP":
            yield events.Notice(explanation)
        yield events.FinishReason(reason, VERDICTS.get(reason, Verdict.COMPLETE))
    feedback = document.get("promptFeedback")
    blocked = feedback.get("blockReason") if isinstance(feedback, dict) else None
    if isinstance(blocked, str) and blocked:
        yield events.FinishReason(f"prompt blocked: {blocked}", Verdict.FILTERED)
    usage = document.get("usageMetadata")
    if isinstance(usage, dict):
        yield _usage(usage)


def _usage(usage: dict[str, Any]) -> events.Usage:
    """Thoughts are counted beside the candidates here, what tools put in beside the prompt; both are billed with it."""
    reasoning = base.integer(usage.get("thoughtsTokenCount"))
    answer = base.integer(usage.get("candidatesTokenCount"))
    output = (answer or 0) + (reasoning or 0) if answer is not None or reasoning is not None else None
    cached = base.integer(usage.get("cachedContentTokenCount"))
    sent = base.integer(usage.get("promptTokenCount"))
    if sent is not None:
        sent += base.integer(usage.get("toolUsePromptTokenCount")) or 0
    return events.Usage(sent, output, reasoning, cached)
