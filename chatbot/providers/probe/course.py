"""The course of a probe: what is asked next, what is not asked any more, and what the answers say together."""

from __future__ import annotations

from collections.abc import Sequence

from chatbot.core.request import HttpRequest
from chatbot.providers.probe import chat
from chatbot.providers.probe.finding import Check, Finding, Seen
from chatbot.providers.probe.reading import answered
from chatbot.providers.probe.server import model_names
from chatbot.providers.probe.subject import LIMIT_FIELDS, Subject, most_tokens

SILENCE_S, MAX_TIME_S = 30.0, 60.0  # of each request, where the person does not say
_MOST_HANGING = 3
_TRIED = 2  # requests without any answer, after which there is nobody
_TRIED_BY = ("max-tokens", "max-completion-tokens", "stream")


def budget(subject: Subject, checks: Sequence[Check]) -> tuple[int, int]:
    """How many requests will be sent, and about how many tokens that costs at most."""
    requests = [request for check in checks if check.request and (request := check.request(subject))]
    return len(requests), sum(map(most_tokens, requests))


def learnt(subject: Subject, seen: Seen) -> Subject:
    """The subject with the model, the limit and the options of a stream that the answers tell."""
    if not subject.model and "models" in seen:
        subject = subject._replace(model=next(iter(model_names(seen["models"])), ""))
    if "stream" in seen:
        subject = subject._replace(takes_stream_options=not chat.refuses_stream_options(seen["stream"]))
    tried = [(field, seen[field.replace("_", "-")]) for field in LIMIT_FIELDS if field.replace("_", "-") in seen]
    for works in (chat.obeys, answered):
        if fields := [field for field, exchange in tried if works(exchange)]:
            return subject._replace(limit_field=fields[0])
    return subject


def next_request(check: Check, subject: Subject, seen: Seen) -> HttpRequest | None:
    """What a check asks now; None where it is not asked."""
    subject = learnt(subject, seen)
    if check.request is None or not_asked(check, seen) or not (subject.model or check.name == "models"):
        return None
    return check.request(subject)


def not_asked(check: Check, seen: Seen) -> str:
    """Why a check is not asked after these answers; empty where it is."""
    if len(seen) >= _TRIED and all(each.status is None for each in seen.values()):
        return "nothing answers"
    if sum(each.end == "timeout" for each in seen.values()) >= _MOST_HANGING:
        return "too many answers did not come, or did not end"
    tried = [seen[name] for name in _TRIED_BY if name in seen]
    if check.needs_chat and len(tried) == len(_TRIED_BY) and not any(map(answered, tried)):
        return "no question is answered"
    return ""


def finding(check: Check, seen: Seen) -> Finding:
    """What a check says of these answers."""
    exchange = next((seen[name] for name in check.reads or (check.name,) if name in seen), None)
    if exchange is None:
        reason = not_asked(check, seen)
        return Finding("unknown", f"not asked: {reason}" if reason else "not asked")
    return check.verdict(exchange, seen)
