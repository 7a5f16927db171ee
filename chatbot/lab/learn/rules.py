"""What is wrong with a run, in sentences that say what was seen and what is missing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from chatbot.lab.learn.seen import USUAL_KEY, Ran, Rule

CHAT = "/v1/chat/completions"
_SHOWN_CHARS = 70
_BROKE_OFF = re.compile(r"Traceback \(most recent call last\)|^\s+at .+:\d+|^\w*SyntaxError", re.MULTILINE)
_NAME_OF_ERROR = re.compile(r"^[\w.]*(Error|Exception|Timeout|Interrupt)\b.*", re.MULTILINE)


def shown(value: object) -> str:
    """A value in a sentence: quoted, its line breaks visible, not long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}..."


def runs(run: Ran) -> str:
    """It ends by itself, and not with an error that nobody caught."""
    if not run.is_over:
        return f"It was still running after {run.took_s:.0f} s, and was ended. Nothing may wait for ever."
    if _BROKE_OFF.search(run.err):
        names = [found[0] for found in _NAME_OF_ERROR.finditer(run.err)]
        fault = f"It broke off with {shown(names[-1])}." if names else f"It broke off: {shown(run.err.strip())}."
        if "ModuleNotFoundError" in run.err:
            return f"{fault} Install it for that Python, or name the one that has it: chat learn check N -- python FILE"
        return fault
    return ""


def asks(method: str = "POST", path: str = CHAT, *, times: int = 1) -> Rule:
    """So many requests of a kind."""

    def rule(run: Ran) -> str:
        if not run.requests:
            said = f" It said: {shown(run.err.strip())}." if run.err.strip() else ""
            return f"No request reached the lab.{said} Its address is in the variable OPENAI_BASE_URL."
        seen = [f"{arrived.request.method} {arrived.request.path}" for arrived in run.requests]
        wrong = next((line for line in seen if line != f"{method} {path}"), None)
        if wrong:
            return f"The lab got {wrong}; it waits for {method} {path} (the base URL ends with /v1 already)."
        if len(seen) != times:
            return f"The lab got {len(seen)} requests; {times} should be there."
        return ""

    return rule


def reaches(run: Ran) -> str:
    """It does not break off before its first request."""
    return "" if run.requests else runs(run)


def has_key(key: str = USUAL_KEY) -> Rule:
    """The key is in its header."""

    def rule(run: Ran) -> str:
        header = run.requests[0].request.headers.get("authorization")
        if header == f"Bearer {key}":
            return ""
        if header is None:
            return "The request has no header Authorization. It wants: Authorization: Bearer KEY."
        if header == key:
            return "The header Authorization has the key alone. The word Bearer and a blank go before it."
        return f"The request says Authorization: {header[:40]}. It wants Bearer, a blank, and the key that was given."

    return rule


def sends_json(run: Ran) -> str:
    """The body is JSON and says so."""
    request = run.requests[0].request
    kind = request.headers.get("content-type", "")
    if isinstance(request.json, dict):
        is_json = kind.partition(";")[0].strip().lower() == "application/json"
        return "" if is_json else f"The body is JSON, but its Content-Type is {shown(kind)}. Say application/json."
    if "x-www-form-urlencoded" in kind:
        return "The body is a form, not JSON. With requests: json=body in place of data=body."
    return f"The body is no JSON object: {shown(request.body.decode('utf-8', 'replace'))}. Let a library write it."


def says(question: str) -> Rule:
    """The last message is the question, to the letter."""

    def rule(run: Ran) -> str:
        body = run.requests[0].request.json
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


def messages(body: Any) -> list[Mapping[str, Any]]:
    """Those of a body, without a system prompt."""
    found = body.get("messages") if isinstance(body, dict) else None
    turns = [turn for turn in found if isinstance(turn, dict)] if isinstance(found, list) else []
    return [turn for turn in turns if turn.get("role") not in ("system", "developer")]


def prints(text: str) -> Rule:
    """Standard output is the text, and nothing else; white space around it does not matter."""

    def rule(run: Ran) -> str:
        out = "\n".join(line.rstrip() for line in run.out.strip().splitlines())
        if out == text:
            return ""
        if not out:
            return f"Standard output is empty; the answer is {shown(text)}."
        if text in out:
            return f"Standard output has more than the answer: {shown(out)}. The rest belongs on standard error."
        return f"Standard output has {shown(out)}; the answer is {shown(text)}."

    return rule


def succeeds(run: Ran) -> str:
    """Exit code 0."""
    return f"The exit code is {run.code}; it went well, so it should be 0." if run.code else ""


def fails(run: Ran) -> str:
    """It says in words that there is no answer."""
    return fails_after(run) or (
        f"Standard output has {shown(run.out.strip())}, but there is no answer. Write faults to standard error."
        if run.out.strip()
        else ""
    )


def fails_after(run: Ran) -> str:
    """The same where a part of the answer came."""
    if _BROKE_OFF.search(run.err):
        return f"{runs(run)} A traceback is for programmers: catch it, and say one sentence."
    if not run.is_over:
        return runs(run)
    if not run.code:
        return "The exit code is 0, as if all were well. Scripts go by it: end with another one (sys.exit)."
    if not run.err.strip():
        return "It ends without a word. Say in one sentence on standard error what is wrong and what to do."
    return ""


def all_of(*rules: Rule) -> Rule:
    """The first that finds a fault speaks."""
    return lambda run: next(filter(None, (rule(run) for rule in rules)), "")


def answers(question: str, text: str, requests: Rule | None = None) -> Rule:
    """The whole way of a question that goes well."""
    return all_of(
        reaches,
        requests or asks(),
        has_key(),
        sends_json,
        says(question),
        runs,
        prints(text),
        succeeds,
    )


def hides(secret: str) -> Rule:
    """Neither stream has the key, or a long part of it; the beginning `sk-` is in every key."""
    body = secret.removeprefix("sk-")
    parts = {body[at : at + 8] for at in range(len(body) - 7)}

    def rule(run: Ran) -> str:
        for name, text in (("Standard error", run.err), ("Standard output", run.out)):
            line = next((line for line in text.splitlines() if any(part in line for part in parts)), None)
            if line is not None:
                return f"{name} has the key, or a long part of it: {shown(line.replace(secret, '[THE KEY]').strip())}."
        return ""

    return rule
