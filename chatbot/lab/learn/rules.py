"""What is wrong with a run, in sentences that say what was seen and what is missing."""

from __future__ import annotations

import json
import re
from typing import Any

from chatbot.lab.dialect import Json
from chatbot.lab.grade.observation import Observation
from chatbot.lab.learn.seen import USUAL_KEY, Rule

CHAT = "/v1/chat/completions"
NOT_ALL_TOLD = "They cannot be compared as long as one of them is not told in a sentence."
_SHOWN_CHARS = 70
_CLOSING = {'"': '"', "[": "]", "{": "}"}
_BROKE_OFF = re.compile(r"Traceback \(most recent call last\)|^\s+at .+:\d+|^\w*SyntaxError", re.MULTILINE)
_NAME_OF_ERROR = re.compile(r"^[\w.]*(Error|Exception|Timeout|Interrupt)\b.*", re.MULTILINE)


def shown(value: object) -> str:
    """A value in a sentence: quoted, its line breaks visible, not long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}…{_CLOSING.get(text[0], '')}"


def runs(seen: Observation) -> str:
    """It ends by itself, and not with an error that nobody caught."""
    if seen.run.ended == "too much":
        return "It wrote without end, and was ended."
    if seen.run.ended != "exited":
        return f"It was still running after {seen.run.took_s:.0f} s, and was ended. Nothing may wait for ever."
    if _BROKE_OFF.search(seen.err):
        names = [found[0] for found in _NAME_OF_ERROR.finditer(seen.err)]
        fault = f"It broke off with {shown(names[-1])}." if names else f"It broke off: {shown(seen.err.strip())}."
        if "ModuleNotFoundError" in seen.err:
            return f"{fault} Install it for that Python, or name the one that has it: chat learn check N -- python FILE"
        return fault
    return ""


def asks(method: str = "POST", path: str = CHAT, *, times: int = 1) -> Rule:
    """So many requests of a kind."""

    def rule(seen: Observation) -> str:
        if not seen.asked:
            said = f" It said: {shown(seen.err.strip())}." if seen.err.strip() else ""
            return f"No request reached the lab.{said} Its address is in the variable OPENAI_BASE_URL."
        came = [f"{asked.received.method} {asked.received.path}" for asked in seen.asked]
        wrong = next((line for line in came if line != f"{method} {path}"), None)
        if wrong:
            return f"The lab got {wrong}; it waits for {method} {path} (the base URL ends with /v1 already)."
        if len(came) != times:
            return f"The lab got {len(came)} requests; {times} should be there."
        return ""

    return rule


def reaches(seen: Observation) -> str:
    """It does not break off before its first request."""
    return "" if seen.asked else runs(seen)


def has_key(key: str = USUAL_KEY) -> Rule:
    """The key is in its header."""

    def rule(seen: Observation) -> str:
        header = seen.asked[0].received.headers.get("authorization")
        if header == f"Bearer {key}":
            return ""
        if header is None:
            return "The request has no header Authorization. It wants: Authorization: Bearer KEY."
        if header == key:
            return "The header Authorization has the key alone. The word Bearer and a blank go before it."
        return f"The request says Authorization: {header[:40]}. It wants Bearer, a blank, and the key that was given."

    return rule


def sends_json(seen: Observation) -> str:
    """The body is JSON and says so."""
    request = seen.asked[0].received
    kind = request.headers.get("content-type", "")
    if isinstance(request.json, dict):
        is_json = kind.partition(";")[0].strip().lower() == "application/json"
        return "" if is_json else f"The body is JSON, but its Content-Type is {shown(kind)}. Say application/json."
    if "x-www-form-urlencoded" in kind:
        return "The body is a form, not JSON. With requests: json=body in place of data=body."
    return f"The body is no JSON object: {shown(request.body.decode('utf-8', 'replace'))}. Let a library write it."


def says(question: str) -> Rule:
    """The last message is the question, to the letter."""

    def rule(seen: Observation) -> str:
        body = seen.asked[0].received.json
        if not isinstance(body.get("model"), str):
            return 'The body has no "model".'
        turns = messages(body)
        if not turns:
            return 'The body has no "messages": a list of objects with "role" and "content".'
        if turns[-1].get("role") != "user":
            return f'The role of the last message is {shown(turns[-1].get("role"))}; the question is of "user".'
        if turns[-1].get("content") != question:
            return f"The lab was asked {shown(turns[-1].get('content'))}; the command line says {shown(question)}."
        return ""

    return rule


def messages(body: Any) -> list[Json]:
    """Those of a body, without a system prompt."""
    found = body.get("messages") if isinstance(body, dict) else None
    return [turn for turn in objects(found) if turn.get("role") not in ("system", "developer")]


def objects(value: object) -> list[Json]:
    """The objects in a list; none where it is no list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def prints(text: str) -> Rule:
    """Standard output is the text, and nothing else; white space around it does not matter."""

    def rule(seen: Observation) -> str:
        out = "\n".join(line.rstrip() for line in seen.out.strip().splitlines())
        if out == text:
            return ""
        if not out:
            return f"Standard output is empty; the answer is {shown(text)}."
        if text in out:
            return f"Standard output has more than the answer: {shown(out)}. What is no answer goes to standard error."
        return f"Standard output has {shown(out)}; the answer is {shown(text)}."

    return rule


def succeeds(seen: Observation) -> str:
    """Exit code 0."""
    return f"The exit code is {seen.run.code}; it went well, so it should be 0." if seen.run.code else ""


def fails(seen: Observation) -> str:
    """It says in words, and in the right place, that there is no answer."""
    return _looks_well(seen) or out_is_empty(seen) or fails_after(seen)


def out_is_empty(seen: Observation) -> str:
    """An error is not where the answer belongs."""
    out = seen.out.strip()
    return f"Standard output has {shown(out)}, but there is no answer. Faults go to standard error." if out else ""


def fails_after(seen: Observation) -> str:
    """The same where a part of the answer came."""
    if fault := _looks_well(seen):
        return fault
    if not seen.err.strip():
        return "It ends without a word. Say in one sentence on standard error what is wrong and what to do."
    return ""


def _looks_well(seen: Observation) -> str:
    """To a script, or like a program that is broken itself."""
    if _BROKE_OFF.search(seen.err):
        return f"{runs(seen)} A traceback is for programmers: catch it, and say one sentence."
    if seen.run.ended != "exited":
        return runs(seen)
    if not seen.run.code:
        return "The exit code is 0, as if all were well. Scripts go by it: end with another one (sys.exit)."
    return ""


def all_of(*rules: Rule) -> Rule:
    """The first that finds a fault speaks."""
    return lambda seen: next(filter(None, (rule(seen) for rule in rules)), "")


def answers(question: str, text: str) -> Rule:
    """The whole way of a question that goes well."""
    return all_of(reaches, asks(), has_key(), sends_json, says(question), runs, prints(text), succeeds)


def hides(secret: str) -> Rule:
    """Neither stream has the key, or a long part of it; the beginning `sk-` is in every key."""
    body = secret.removeprefix("sk-")
    parts = {body[at : at + 8] for at in range(len(body) - 7)}

    def rule(seen: Observation) -> str:
        for name, text in (("Standard error", seen.err), ("Standard output", seen.out)):
            line = next((line for line in text.splitlines() if any(part in line for part in parts)), None)
            if line is not None:
                return f"{name} has the key, or a long part of it: {shown(line.replace(secret, '[THE KEY]').strip())}."
        return ""

    return rule
