"""Google Gemini: generateContent and streamGenerateContent.

Source: ai.google.dev, "Generating content"; the finish reasons are those of `types.FinishReason` in google-genai.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from chatbot.core.events import FinishReason, Notice, ProviderEvent, ReasoningDelta, TextDelta, Usage, Verdict
from chatbot.core.messages import MP3, Conversation, Message
from chatbot.core.options import Options, merged
from chatbot.core.request import Payload
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
        payload: Payload = {"contents": [_content(message) for message in conversation.messages]}
        if conversation.system:
            payload["systemInstruction"] = {"parts": [{"text": conversation.system}]}
        if generation:
            payload["generationConfig"] = generation
        return merged(payload, options.extra)

    def takes_effort(self, options: Options) -> bool:
        return bool(_thinking(options))

    def path(self, options: Options) -> str:
        action = "streamGenerateContent?alt=sse" if options.stream else "generateContent"
        model = options.model if "/" in options.model else f"models/{options.model}"
        return f"/{quote(model, safe='/')}:{action}"

    def read_answer(self, document: Any, *, streamed: bool = False) -> base.Events:
        """Without `alt=sse` a stream is one JSON array of the same documents."""
        found: list[ProviderEvent] = []
        for part in document if isinstance(document, list) else [document]:
            if isinstance(part, dict):
                if part.get("error") or ("candidates" not in part and base.is_error(part)):
                    raise self.error_in(part)
                found += _read(part)
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


def _content(message: Message) -> Payload:
    parts: list[Payload] = [
        {"inlineData": {"mimeType": _NAMED_SO.get(each.media_type, each.media_type), "data": base.base64_of(each)}}
        for each in message.attachments
    ]
    role = "model" if message.role == "assistant" else "user"
    return {"role": role, "parts": [*parts, {"text": message.text}] if message.text or not parts else parts}


def _read(document: dict[str, Any]) -> base.Events:
    candidate = base.first_of(document.get("candidates")) or {}
    content = candidate.get("content")
    parts = content.get("parts") if isinstance(content, dict) else None
    for part in parts if isinstance(parts, list) else []:
        match part:
            case {"text": str(text), "thought": True} if text:
                yield ReasoningDelta(text)
            case {"text": str(text)} if text:
                yield TextDelta(text)
    reason = candidate.get("finishReason")
    if isinstance(reason, str) and reason:
        explanation = candidate.get("finishMessage")
        if isinstance(explanation, str) and explanation and reason != "STOP":
            yield Notice(explanation)
        yield FinishReason(reason, VERDICTS.get(reason, Verdict.COMPLETE))
    feedback = document.get("promptFeedback")
    blocked = feedback.get("blockReason") if isinstance(feedback, dict) else None
    if isinstance(blocked, str) and blocked:
        yield FinishReason(f"prompt blocked: {blocked}", Verdict.FILTERED)
    usage = document.get("usageMetadata")
    if isinstance(usage, dict):
        yield _usage(usage)


def _usage(usage: dict[str, Any]) -> Usage:
    """Thoughts are counted beside the candidates here, what tools put in beside the prompt; both are billed with it."""
    reasoning = base.integer(usage.get("thoughtsTokenCount"))
    answer = base.integer(usage.get("candidatesTokenCount"))
    output = (answer or 0) + (reasoning or 0) if answer is not None or reasoning is not None else None
    cached = base.integer(usage.get("cachedContentTokenCount"))
    sent = base.integer(usage.get("promptTokenCount"))
    if sent is not None:
        sent += base.integer(usage.get("toolUsePromptTokenCount")) or 0
    return Usage(sent, output, reasoning, cached)
