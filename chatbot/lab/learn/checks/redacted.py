"""A log on standard error, without the key."""

from __future__ import annotations

import re

from chatbot.lab.dialect import dumps
from chatbot.lab.grade.observation import Observation
from chatbot.lab.learn import rules
from chatbot.lab.learn.seen import QUESTION, TEXT, USUAL_KEY, Case, Rule, Start, row
from chatbot.lab.replies import Say, whole

_QUOTING = dumps({"error": {"message": f"Incorrect API key provided: {USUAL_KEY}.", "type": "invalid_request_error"}})
_DURATION = re.compile(r"\b\d+(\.\d+)? ?(m?s\b|ms\b|sec|milli)", re.IGNORECASE)


def _has_line(status: int) -> Rule:
    def rule(seen: Observation) -> str:
        lines = [line for line in seen.err.splitlines() if "POST" in line and rules.CHAT in line]
        if not lines:
            return (
                "Standard error has no line with the method and the address (POST .../v1/chat/completions): "
                f"{rules.shown(seen.err.strip())}."
            )
        if not any(re.search(rf"\b{status}\b", line) for line in lines):
            return f"The line does not have the status {status}: {rules.shown(lines[-1])}."
        if not any(_DURATION.search(re.sub(r"https?://\S+", "", line)) for line in lines):
            return f"The line does not say how long it took, as 0.021 s or 21 ms: {rules.shown(lines[-1])}."
        return ""

    return rule


def _quotes_server(seen: Observation) -> str:
    if "Incorrect API key provided" in seen.err:
        return ""
    return 'The server said "Incorrect API key provided: ...", and the log does not have it. It is what helps most.'


_HIDES = rules.hides(USUAL_KEY)
LOG = (
    Case(
        (Start((QUESTION,), (Say(TEXT),)),),
        (row("a question", rules.answers(QUESTION, TEXT), _has_line(200), _HIDES),),
    ),
    Case(
        (Start((QUESTION,), (Say(TEXT, echoes_key=True),)),),
        (row("the key comes back in a header", rules.answers(QUESTION, TEXT), _HIDES, _has_line(200)),),
    ),
    Case(
        (Start((QUESTION,), (whole(401, "application/json", _QUOTING),)),),
        (row("the key comes back in an error", rules.asks(), _HIDES, _has_line(401), _quotes_server, rules.fails),),
    ),
)
