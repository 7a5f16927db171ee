"""Status codes, time-outs, retry."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from statistics import mean

from chatbot.lab.answers import Asked, Fault
from chatbot.lab.learn import rules
from chatbot.lab.learn.seen import BASE_URL, Case, Ran, Row, Rule, Seen, Start, row
from chatbot.lab.replies import Raw, Refuse, Say, Silence, Turn

_QUESTION, _TEXT = "Why is the sky blue?", "Because blue light is scattered most."
_FINE = Say(_TEXT)
_PAGE = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"

_STATUSES: dict[str, Turn] = {
    "400": Refuse(Fault.BAD_REQUEST),
    "401": Refuse(Fault.WRONG_KEY),
    "403": Refuse(Fault.NO_PERMISSION),
    "404": Refuse(Fault.UNKNOWN_MODEL),
    "429": Refuse(Fault.QUOTA),
    "500": Refuse(Fault.SERVER),
    "502, a page of HTML": Raw(502, "text/html", _PAGE),
}
_SERVER_SAID = (
    "We could not parse the JSON body of your request.",
    "Incorrect API key provided.",
    "You have insufficient permissions for this operation.",
    "You exceeded your current quota, please check your plan and billing details.",
    "The server had an error while processing your request.",
    _PAGE.decode(),
)


def _own_words(run: Ran) -> str:
    """What the program says, without numbers, and without what the server said."""
    text = run.err
    for said in _SERVER_SAID:
        text = text.replace(said, "")
    text = re.sub(r"The model `.*?` does not exist or you do not have access to it\.|\{.*\}", "", text, flags=re.DOTALL)
    return " ".join(re.findall(r"[^\W\d_]+", text.lower()))


def _different(seen: Seen) -> str:
    said = dict(zip(_STATUSES, map(_own_words, seen.runs), strict=True))
    client = [status for status in _STATUSES if status < "5"]
    for at, status in enumerate(client):
        same = next((other for other in [*client[at + 1 :], "500"] if said[other] == said[status]), None)
        if same:
            return f"For {status} and {same} it says the same, but for numbers and the server's own words: \
{rules.shown(said[status])}. What the person has to do is different."
    return ""


STATUS = (
    Case((Start((_QUESTION,), (_FINE,)),), (row("200", rules.answers(_QUESTION, _TEXT)),)),
    Case(
        tuple(Start((_QUESTION,), (turn,)) for turn in _STATUSES.values()),
        (
            *(row(name, rules.asks(), rules.fails, run=at) for at, name in enumerate(_STATUSES)),
            Row("a sentence of its own for each", _different),
        ),
    ),
)

_TIMEOUT_S = 1.5
_NOT_BEFORE_S, _PROMPTLY_S = 1.2, 4.0
_THINKING_S = 1.0
_NOBODY = "http://127.0.0.1:1/v1"


def _after_a_while(_: Asked) -> str:
    time.sleep(_THINKING_S)
    return _TEXT


def _gives_up_in_time(run: Ran) -> str:
    if not run.is_over or run.took_s > _TIMEOUT_S + _PROMPTLY_S:
        return f"TIMEOUT is {_TIMEOUT_S:g}, nothing came, and it waited {run.took_s:.0f} s or more. Without a time-out \
it waits for ever."
    if run.took_s < _NOT_BEFORE_S:
        return f"It gave up after {run.took_s:.1f} s; TIMEOUT is {_TIMEOUT_S:g}."
    return ""


def _told_apart(seen: Seen) -> str:
    hanging, nobody = (_own_words(run).split() for run in seen.runs[:2])
    if set(hanging) == set(nobody):
        return f"It says the same when nothing comes and when nobody listens: {rules.shown(' '.join(nobody))}. The \
first may pass; the second is a wrong address, or a server that does not run."
    return ""


_IMPATIENT = {"TIMEOUT": f"{_TIMEOUT_S:g}"}
TIMEOUTS = (
    Case(
        (
            Start((_QUESTION,), (Silence("hang"),), _IMPATIENT, limit_s=8),
            Start((_QUESTION,), (), {**_IMPATIENT, BASE_URL: _NOBODY}, limit_s=10),
        ),
        (
            row("nothing comes", rules.asks(), _gives_up_in_time, rules.fails),
            row("nobody listens", rules.fails, run=1),
            Row("the two are told apart", _told_apart),
        ),
    ),
    Case(
        (Start((_QUESTION,), (Say(_TEXT, then="hang"),), _IMPATIENT, limit_s=8),),
        (row("half an answer, then nothing", rules.asks(), _gives_up_in_time, rules.fails),),
    ),
    Case(
        (Start((_QUESTION,), (Say(_after_a_while),), {"TIMEOUT": "6"}),),
        (row("a server that thinks for a second", rules.answers(_QUESTION, _TEXT)),),
    ),
)

_ASKED_FOR_S, _MOST_TRIES = 2, 4
_SHORTEST_WAIT_S, _LONGEST_WAIT_S = 0.15, 4.0
_SAME_S = 0.015  # a machine does not wait more evenly than that, nor chance
_TWICE_BUSY = (Refuse(Fault.OVERLOADED), Refuse(Fault.OVERLOADED), _FINE)
_RUNS = 3


def _obeys(run: Ran) -> str:
    [wait_s] = run.waits_s
    if wait_s < _ASKED_FOR_S - 0.1:
        return f"The lab said Retry-After: {_ASKED_FOR_S}, and was asked again after {wait_s:.1f} s."
    if wait_s > _ASKED_FOR_S + _LONGEST_WAIT_S:
        return f"The lab said Retry-After: {_ASKED_FOR_S}, and it waited {wait_s:.0f} s."
    return ""


def _asks_again(times: int) -> Rule:
    def rule(run: Ran) -> str:
        if len(run.requests) == 1:
            return "The lab got one request: it gave up at a failure that passes by itself (429, 5xx)."
        return rules.asks(times=times)(run)

    return rule


def _waits(run: Ran) -> str:
    for wait_s in run.waits_s:
        if wait_s < _SHORTEST_WAIT_S:
            return f"It asked again after {wait_s:.2f} s. A server that is overloaded needs a pause of about 0.5 s, \
then 1 s."
        if wait_s > _LONGEST_WAIT_S:
            return f"It waited {wait_s:.0f} s between two tries; about 0.5 s and 1 s were enough."
    return ""


def _pauses(seen: Seen) -> Iterator[tuple[float, ...]]:
    """The first waits of all runs, then the second ones."""
    return zip(*(run.waits_s for run in seen.runs), strict=False)


def _grows(seen: Seen) -> str:
    means = [mean(pauses) for pauses in _pauses(seen)]
    if len(means) < 2:
        return "There were not two waits to compare."
    first, second = means[:2]
    return "" if second > first * 1.1 else f"The waits were {first:.2f} s, then {second:.2f} s: they do not grow."


def _has_jitter(seen: Seen) -> str:
    spreads = [max(pauses) - min(pauses) for pauses in _pauses(seen)]
    if not spreads:
        return "There was no wait to look at."
    if max(spreads) >= _SAME_S:
        return ""
    waits = ", ".join(f"{run.waits_s[0]:.2f} s" for run in seen.runs)
    return f"The first wait was the same in all {_RUNS} runs: {waits}. Without chance all clients come back at once."


def _comes_to_an_end(run: Ran) -> str:
    count = len(run.requests)
    if not run.is_over or count > _MOST_TRIES:
        return f"The server failed each time, and the lab was asked {count} times; {_MOST_TRIES} tries are the most."
    return rules.fails(run)


def _not_again(run: Ran) -> str:
    count = len(run.requests)
    if count > 1:
        return f"The key was rejected (401), and the lab was asked {count} times. A wrong key stays wrong."
    return rules.fails(run)


_BUSY = rules.all_of(rules.reaches, _asks_again(3), _waits, rules.runs, rules.prints(_TEXT), rules.succeeds)
RETRY = (
    Case(
        (Start((_QUESTION,), (Refuse(Fault.RATE_LIMITED, retry_after=f"{_ASKED_FOR_S}"), _FINE)),),
        (
            row(
                f"429 with Retry-After: {_ASKED_FOR_S}",
                rules.reaches,
                _asks_again(2),
                _obeys,
                rules.runs,
                rules.prints(_TEXT),
                rules.succeeds,
            ),
        ),
    ),
    Case(
        (Start((_QUESTION,), _TWICE_BUSY),) * _RUNS,
        (row("503 twice, then an answer", _BUSY), Row("the waits grow", _grows), Row("with chance", _has_jitter)),
    ),
    Case(
        (Start((_QUESTION,), (Refuse(Fault.SERVER),), limit_s=20),),
        (row("500 every time", rules.reaches, _comes_to_an_end),),
    ),
    Case(
        (Start((_QUESTION,), (Refuse(Fault.WRONG_KEY),)),), (row("401 is not asked again", rules.reaches, _not_again),)
    ),
)
