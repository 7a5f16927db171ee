"""A request that the provider refused over one parameter, mended so that it can be asked once more.

Which parameters a model takes changes from month to month; the provider's own refusal is the only list that is never
out of date.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from chatbot.core.errors import ChatError, ContextTooLong, RequestRefused
from chatbot.providers.base import Payload


class Repair(NamedTuple):
    """The mended body, what was changed (so that it is not tried twice), and the sentence that says so."""

    payload: Payload
    parameter: str
    notice: str


_OTHER_NAMES = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
_NEEDED = {"model", "messages", "contents", "stream", "system", "systemInstruction", "generationConfig"}
_UNWANTED = re.compile(
    r"unsupported|not supported|not support|not permitted|unknown|unrecogni[sz]ed|unexpected|extra (inputs|fields)|"
    r"deprecated|not allowed|only the default|cannot find field|not available|incompatible|does not accept|use '",
    re.IGNORECASE,
)
_TOO_MANY_TOKENS = re.compile(r"max_tokens: (\d+) > (\d+)")


def repaired(payload: Payload, error: ChatError) -> Repair | None:
    """The request less the parameter that `error` names, or with its other name; None when it names none that can go.

    Sources: OpenAI `unsupported_parameter` / `unsupported_value` with `param`; Anthropic "temperature: Extra inputs are
    not permitted", "max_tokens: 64000 > 8192, which is the maximum"; Gemini "Unknown name"; FastAPI's `loc`.
    """
    if not isinstance(error, RequestRefused) or isinstance(error, ContextTooLong):
        return None
    limit = _TOO_MANY_TOKENS.search(error.said)
    if limit and "max_tokens" in payload:
        return Repair(
            {**payload, "max_tokens": int(limit[2])},
            "max_tokens",
            f"the model answers with at most {limit[2]} tokens; asked again with that limit",
        )
    if not (_UNWANTED.search(error.said) or error.parameter):
        return None
    if _names_the_system_role(error):
        return _without_system_role(payload)
    for holder in ("", "generationConfig", "output_config"):
        fields = payload.get(holder) if holder else payload
        name = _named(fields, error) if isinstance(fields, dict) else None
        if name and isinstance(fields, dict):
            changed = _changed(fields, name)
            whole = {**payload, holder: changed} if holder else changed
            return Repair(whole, name, _notice(name, changed))
    return None


def _named(fields: Payload, error: ChatError) -> str | None:
    """The member of `fields` that the error is about."""
    candidates = [name for name in fields if name not in _NEEDED]
    if error.parameter:
        named = error.parameter.split(".")[-1].split("[")[0]
        return next((name for name in candidates if name in (error.parameter.split(".")[0], named)), None)
    found = [
        (match.start(), name)
        for name in candidates
        if (match := re.search(rf"(?<![A-Za-z_]){re.escape(name)}(?![A-Za-z_])", error.said))
    ]
    return min(found)[1] if found else None


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
        re.search(r"(system|developer)'? (role|message)", error.said)
    )


def _without_system_role(payload: Payload) -> Repair | None:
    """The system prompt in front of the first question, for models that know no system role (o1-mini)."""
    messages = payload.get("messages")
    if not isinstance(messages, list) or len(messages) < 2 or messages[0].get("role") not in ("system", "developer"):
        return None
    system, first, *rest = messages
    content = first.get("content")
    if isinstance(content, str):
        content = f"{system['content']}\n\n{content}"
    else:
        content = [{"type": "text", "text": system["content"]}, *content]
    return Repair(
        {**payload, "messages": [{**first, "content": content}, *rest]},
        "system",
        "the model knows no system role; asked again with the system prompt in front of the question",
    )
