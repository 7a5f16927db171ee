"""Three providers behind one interface."""

from __future__ import annotations

import re
from collections.abc import Mapping

from chatbot.lab.grade.observation import Observation
from chatbot.lab.learn import rules
from chatbot.lab.learn.seen import QUESTION, TEXT, Case, Row, Rule, Seen, Start, row
from chatbot.lab.replies import Say
from chatbot.records import NamedTuple


class _Wire(NamedTuple):
    """Where a provider is asked: a pattern of the path, the header of the key with what stands before it."""

    base: str
    path: str
    header: str
    before: str = ""

    def key(self, name: str) -> str:
        return f"sk-{name}-5d0c83f1a7"


_WIRES = {
    "openai": _Wire("/openai/v1", r"/openai/v1/chat/completions", "authorization", "Bearer "),
    "anthropic": _Wire("/anthropic", r"/anthropic/v1/messages", "x-api-key"),
    "gemini": _Wire("/gemini/v1beta", r"/gemini/v1beta/models/[^/:]+:generateContent", "x-goog-api-key"),
}
_ENVIRON: Mapping[str, str] = {
    **{f"{name.upper()}_BASE_URL": f"{{url}}{wire.base}" for name, wire in _WIRES.items()},
    **{f"{name.upper()}_API_KEY": wire.key(name) for name, wire in _WIRES.items()},
}


def _asks(name: str) -> Rule:
    wire = _WIRES[name]

    def rule(seen: Observation) -> str:
        if not seen.asked:
            return rules.asks()(seen).replace("OPENAI", name.upper())
        request = seen.asked[0].received
        path, _, query = request.path.partition("?")
        if request.method != "POST" or not re.fullmatch(wire.path, path):
            return (
                f"For {name} the lab got {request.method} {rules.shown(path)[1:-1]}. The table of the page has the "
                "address."
            )
        if wire.key(name) in query:
            return f"The key is in the address, and addresses are logged. Send it as {wire.header}."
        if request.headers.get(wire.header) != wire.before + wire.key(name):
            return (
                f"The header {wire.header} is {rules.shown(request.headers.get(wire.header))}; it wants "
                f"{wire.before}{name.upper()}_API_KEY."
            )
        return rules.sends_json(seen) or _fault_of_body(name, seen)

    return rule


def _fault_of_body(name: str, seen: Observation) -> str:
    body, headers = seen.asked[0].received.json, seen.asked[0].received.headers
    if name == "anthropic" and "anthropic-version" not in headers:
        return "The header anthropic-version is missing; Anthropic refuses such a request."
    if name == "anthropic" and not isinstance(body.get("max_tokens"), int):
        return 'The body has no "max_tokens"; Anthropic refuses such a request.'
    if name == "gemini":
        parts = [part for turn in rules.objects(body.get("contents")) for part in rules.objects(turn.get("parts"))]
        if not any(part.get("text") == QUESTION for part in parts):
            return 'The body has no "contents" with "parts" that have the question as "text".'
        return ""
    return rules.says(QUESTION)(seen)


def _keeps_keys_apart(case: Seen) -> str:
    for (name, wire), run in zip(_WIRES.items(), case.runs, strict=False):
        for received in (asked.received for asked in run.asked):
            sent = f"{received.path} {dict(received.headers)} {received.body!r}"
            other = next((other for other in _WIRES if other != name and wire.key(other) in sent), None)
            if other:
                return f"The key of {other} was sent to {name}. Whoever gets a key can use it."
    return ""


def _names_known(seen: Observation) -> str:
    if seen.asked:
        return "The provider does not exist, and a request went out: to whom?"
    if fault := rules.fails(seen):
        return fault
    missing = [name for name in _WIRES if name not in seen.err.lower()]
    return f"The sentence does not name {', '.join(missing)}: what could be typed instead?" if missing else ""


PROVIDERS = (
    Case(
        (*(Start((name, QUESTION), (Say(TEXT),), _ENVIRON) for name in _WIRES),),
        (
            *(
                row(name, rules.reaches, _asks(name), rules.runs, rules.prints(TEXT), rules.succeeds, run=at)
                for at, name in enumerate(_WIRES)
            ),
            Row("each key goes to its own provider", _keeps_keys_apart),
        ),
    ),
    Case((Start(("acme", QUESTION), (Say(TEXT),), _ENVIRON),), (row("an unknown provider", _names_known),)),
)
