"""A request that the provider refused over one parameter, mended so that it can be asked once more.

Which parameters a model takes changes from month to month; the provider's own refusal is the only list that is never
out of date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from chatbot.core.errors import ChatError, RequestRefused
from chatbot.core.request import Payload
from chatbot.records import NamedTuple


class Repair(NamedTuple):
    """The mended body, what was changed (so that it is not tried twice), and the sentence that says so."""

    payload: Payload
    parameter: str
    notice: str


_OTHER_NAMES = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
_NEEDED = {
    *("model", "stream"),
    *("messages", "contents", "input"),
    *("system", "systemInstruction", "instructions"),
    "generationConfig",
    "tools",  # an answer without them is another one
}
# What a field is called besides its own name, as it is spelled in other cases.
_ALSO_CALLED = {
    "thinkingConfig": "thinking[_ ]?(level|budget)|include_?thoughts|thinking is not",
    "output_config": "effort",
    "stop_sequences": "stop sequences?",
}
_UNWANTED = re.compile(
    r"unsupported|not supported|not support|not permitted|unknown|unrecogni[sz]ed|unexpected|extra (inputs|fields)|"
    r"deprecated|not allowed|only the default|cannot find field|not available|not enabled|incompatible|"
    r"does not accept|may only be|must be verified|use '",
    re.IGNORECASE,
)
# One that was sent, and not whether any is taken.
_INVALID_SCHEMA = re.compile("invalid (json )?schema", re.IGNORECASE)
# Reasoning that another key, region or model has encrypted, or an id that its provider has not kept.
_ENCRYPTED = re.compile(
    "encrypted content .*could not be|item with id .* not found|type 'reasoning' was provided without",
    re.IGNORECASE,
)
# Each with the highest number that the model takes.
_TOKEN_LIMITS = (
    r"max_tokens: \d+ > (\d+)",  # Anthropic
    r"supports at most (\d+) completion tokens",  # OpenAI
    r"max_(?:completion_)?tokens`? must be less than or equal to `?(\d+)",  # Groq
    r"[Rr]ange of max_tokens (?:is|should be) \[\d+, ?(\d+)\]",  # DeepSeek, Alibaba
)
_TOKEN_LIMIT_FIELDS = ("max_tokens", "max_completion_tokens", "max_output_tokens")


def repaired(payload: Payload, error: ChatError) -> Repair | None:
    """The request less the parameter that `error` names, or with its other name; None when it names none that can go.

    A value out of range is the person's to mend, except for the token limit, where the answer names a better one.
    Sources: OpenAI `unsupported_parameter` / `unsupported_value` with `param`; Anthropic "temperature: Extra inputs are
    not permitted", "max_tokens: 64000 > 8192, which is the maximum"; Gemini "Unknown name"; FastAPI's `loc`.
    """
    if not isinstance(error, RequestRefused):
        return None
    limited = _within_token_limit(payload, error.said)
    if limited:
        return limited
    if _ENCRYPTED.search(error.said):
        return _without_reasoning(payload)
    if not _UNWANTED.search(error.said) or _INVALID_SCHEMA.search(error.said):
        return None
    if _names_the_system_role(error):
        return _without_system_role(payload)
    for holder in ("reasoning", "", "generationConfig"):
        fields = payload.get(holder) if holder else payload
        name = _named(fields, error) if isinstance(fields, dict) else None
        if name and isinstance(fields, dict):
            changed = _changed(fields, name)
            whole = {**payload, holder: changed} if holder else changed
            return Repair(whole, "max_tokens" if name in _TOKEN_LIMIT_FIELDS else name, _notice(name, changed))
    return None


def _within_token_limit(payload: Payload, said: str) -> Repair | None:
    found = next((found for pattern in _TOKEN_LIMITS if (found := re.search(pattern, said))), None)
    field = next((field for field in _TOKEN_LIMIT_FIELDS if field in payload), None)
    if found is None or field is None:
        return None
    notice = f"the model answers with at most {found[1]} tokens; asked again with that limit"
    return Repair({**payload, field: int(found[1])}, "token limit", notice)


def _named(fields: Payload, error: ChatError) -> str | None:
    """The member of `fields` that the error is about: the one in its `param`, else the first in its sentence."""
    candidates = [name for name in fields if name not in _NEEDED]
    path = re.split(r"[.\[\]]+", error.parameter or "")
    if path[0] in _NEEDED:
        return None
    named = next((name for name in candidates if name in path), None)
    if named:
        return named
    found = [(match.start(), name) for name in candidates for match in _mentions(name, error.said)]
    return min(found)[1] if found else None


def _mentions(name: str, sentence: str) -> Iterator[re.Match[str]]:
    """Where `name` stands as a word of its own, spelled in whatever case: topP, top_p."""
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    called = rf"{re.escape(snake).replace('_', '_?')}|{_ALSO_CALLED.get(name, '(?!)')}"
    return re.finditer(rf"(?<![A-Za-z_])(?:{called})(?![A-Za-z_])", sentence, re.IGNORECASE)


def _changed(fields: Payload, name: str) -> Payload:
    changed = {key: value for key, value in fields.items() if key != name}
    other = _OTHER_NAMES.get(name)
    if other and other not in fields:
        changed[other] = fields[name]
    return changed


def _notice(name: str, changed: Payload) -> str:
    other = _OTHER_NAMES.get(name)
    if other in changed:
        return f"the model wants {other} in place of {name}; asked again so"
    return f"the model does not take {name}; asked again without it"


def _names_the_system_role(error: ChatError) -> bool:
    place = error.parameter or error.said
    return bool(re.search(r"messages(\[0\]|\.0)?\.?\[?'?role", place)) or bool(
        re.search(r"(system|developer)['`\"]? (role|message|instruction|prompt)", error.said, re.IGNORECASE)
    )


def _without_reasoning(payload: Payload) -> Repair | None:
    """The items of earlier answers (Responses) without what the model thought before them."""
    items = payload.get("input")
    messages = [item for item in items if item.get("type") == "message"] if isinstance(items, list) else []
    if not messages or messages == items:
        return None
    kept = [{name: value for name, value in item.items() if name != "id"} for item in messages]  # ids go with it
    notice = "the provider does not take its earlier reasoning back; asked again without it"
    return Repair({**payload, "input": kept}, "earlier reasoning", notice)


def _without_system_role(payload: Payload) -> Repair | None:
    """The system prompt in front of the first question, for models that know no system role (o1-mini, Gemma)."""
    changed = _openai_without_system(payload) or _responses_without_system(payload) or _gemini_without_system(payload)
    notice = "the model knows no system role; asked again with the system prompt in front of the question"
    return Repair(changed, "system", notice) if changed else None


def _openai_without_system(payload: Payload) -> Payload | None:
    messages = payload.get("messages")
    if not isinstance(messages, list) or len(messages) < 2 or messages[0].get("role") not in ("system", "developer"):
        return None
    system, first, *rest = messages
    return {**payload, "messages": [_begun_with(system["content"], first, "text"), *rest]}


def _responses_without_system(payload: Payload) -> Payload | None:
    if "instructions" not in payload:
        return None
    changed = {name: value for name, value in payload.items() if name != "instructions"}
    first, *rest = payload["input"]
    return {**changed, "input": [_begun_with(payload["instructions"], first, "input_text"), *rest]}


def _begun_with(system: str, message: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """The message with the system prompt in front, where its content is in parts as a part of this kind."""
    content: Any = message.get("content")
    if isinstance(content, str):
        return {**message, "content": f"{system}\n\n{content}"}
    return {**message, "content": [{"type": kind, "text": system}, *content]}


def _gemini_without_system(payload: Payload) -> Payload | None:
    if "systemInstruction" not in payload:
        return None
    changed = {name: value for name, value in payload.items() if name != "systemInstruction"}
    first, *rest = payload["contents"]
    parts = [*payload["systemInstruction"]["parts"], *first["parts"]]
    return {**changed, "contents": [{**first, "parts": parts}, *rest]}
