"""Retry with backoff, jitter and Retry-After."""

from __future__ import annotations

from statistics import mean

from chatbot.lab.answers import Fault
from chatbot.lab.grade.observation import Observation
from chatbot.lab.grade.rules import waits_grow
from chatbot.lab.learn import rules
from chatbot.lab.learn.seen import QUESTION, TEXT, Case, Row, Rule, Seen, Start, row
from chatbot.lab.replies import Refuse, Say

_ASKED_FOR_S, _MOST_TRIES = 2, 4
_SHORTEST_WAIT_S, _LONGEST_WAIT_S = 0.15, 4.0
_SAME_S = 0.015  # a machine does not wait more evenly than that, nor chance
_TWICE_BUSY = (Refuse(Fault.OVERLOADED), Refuse(Fault.OVERLOADED), Say(TEXT))
_RUNS = 3


def _obeys(seen: Observation) -> str:
    [wait_s] = seen.gaps_s
    if wait_s < _ASKED_FOR_S - 0.1:
        return f"The lab said Retry-After: {_ASKED_FOR_S}, and was asked again after {wait_s:.1f} s."
    if wait_s > _ASKED_FOR_S + _LONGEST_WAIT_S:
        return f"The lab said Retry-After: {_ASKED_FOR_S}, and it waited {wait_s:.0f} s."
    return ""


def _asks_again(times: int) -> Rule:
    def rule(seen: Observation) -> str:
        if len(seen.asked) == 1:
            return "The lab got one request: it gave up at a failure that passes by itself (429, 5xx)."
        return rules.asks(times=times)(seen)

    return rule


def _grows(case: Seen) -> str:
    waits_s = [wait_s for run in case.runs[:_RUNS] for wait_s in run.gaps_s]
    if not waits_s:
        return "There was no wait to look at."
    if mean(waits_s) < _SHORTEST_WAIT_S:
        return (
            f"It asked again after {mean(waits_s):.2f} s. A server that is overloaded needs a pause: about 0.5 s, "
            "then 1 s."
        )
    if max(waits_s) > _LONGEST_WAIT_S:
        return f"It waited {max(waits_s):.0f} s between two tries; about 0.5 s and 1 s were enough."
    found = waits_grow(*case.runs)  # also the last, longer one: with much jitter few waits may look even
    return "" if found.verdict == "pass" else f"It is seen: {found.seen}. Wait longer each time: 0.5 s, 1 s, 2 s."


def _has_jitter(case: Seen) -> str:
    pauses = list(zip(*(run.gaps_s for run in case.runs[:_RUNS]), strict=False))
    if not pauses:
        return "There was no wait to look at."
    if max(max(waits_s) - min(waits_s) for waits_s in pauses) >= _SAME_S:
        return ""
    waits = ", ".join(f"{wait_s:.2f} s" for wait_s in pauses[0])
    return f"The first wait was the same in all {_RUNS} runs: {waits}. Without chance all clients come back at once."


def _comes_to_an_end(seen: Observation) -> str:
    count = len(seen.asked)
    if seen.run.ended != "exited" or count > _MOST_TRIES:
        return f"The server failed each time, and the lab was asked {count} times; {_MOST_TRIES} tries are the most."
    return rules.fails(seen)


def _not_again(seen: Observation) -> str:
    count = len(seen.asked)
    if count > 1:
        return f"The key was rejected (401), and the lab was asked {count} times. A wrong key stays wrong."
    return rules.fails(seen)


_BUSY = rules.all_of(rules.reaches, _asks_again(3), rules.runs, rules.prints(TEXT), rules.succeeds)
RETRY = (
    Case(
        (Start((QUESTION,), (Refuse(Fault.RATE_LIMITED, retry_after=f"{_ASKED_FOR_S}"), Say(TEXT))),),
        (
            row(
                f"429 with Retry-After: {_ASKED_FOR_S}",
                rules.reaches,
                _asks_again(2),
                _obeys,
                rules.runs,
                rules.prints(TEXT),
                rules.succeeds,
            ),
        ),
    ),
    Case(
        (*(Start((QUESTION,), _TWICE_BUSY),) * _RUNS, Start((QUESTION,), (Refuse(Fault.SERVER),), limit_s=20)),
        (
            row("503 twice, then an answer", _BUSY),
            Row("the waits grow", _grows),
            Row("with chance", _has_jitter),
            row("500 every time", rules.reaches, _comes_to_an_end, run=_RUNS),
        ),
    ),
    Case(
        (Start((QUESTION,), (Refuse(Fault.WRONG_KEY),)),), (row("401 is not asked again", rules.reaches, _not_again),)
    ),
)
