"""Time-outs, and a server that is not there."""

from __future__ import annotations

import time

from chatbot.lab.answers import Asked
from chatbot.lab.grade.observation import Observation
from chatbot.lab.learn import rules
from chatbot.lab.learn.checks.status import own_words
from chatbot.lab.learn.seen import BASE_URL, QUESTION, TEXT, Case, Row, Seen, Start, row
from chatbot.lab.replies import Say, Silence

_TIMEOUT_S = 1.5
_NOT_BEFORE_S, _PROMPTLY_S = 1.2, 4.0
_THINKING_S = 1.0
_NOBODY = "http://127.0.0.1:1/v1"


def _after_a_while(_: Asked) -> str:
    time.sleep(_THINKING_S)
    return TEXT


def _gives_up_in_time(seen: Observation) -> str:
    if seen.run.ended != "exited" or seen.run.took_s > _TIMEOUT_S + _PROMPTLY_S:
        return (
            f"TIMEOUT is {_TIMEOUT_S:g}, nothing came, and it waited {seen.run.took_s:.0f} s or more. "
            "Without a time-out it waits for ever."
        )
    if seen.run.took_s < _NOT_BEFORE_S:
        return f"It gave up after {seen.run.took_s:.1f} s; TIMEOUT is {_TIMEOUT_S:g}."
    return ""


def _told_apart(case: Seen) -> str:
    if any(map(rules.fails, case.runs)):
        return rules.NOT_ALL_TOLD
    hanging, nobody = (own_words(run).split() for run in case.runs)
    if set(hanging) == set(nobody):
        return (
            f"It says the same when nothing comes and when nobody listens: {rules.shown(' '.join(nobody))}. The "
            "first may pass; the second is a wrong address, or a server that does not run."
        )
    return ""


_IMPATIENT = {"TIMEOUT": f"{_TIMEOUT_S:g}"}
TIMEOUTS = (
    Case(
        (
            Start((QUESTION,), (Silence("hang"),), _IMPATIENT, limit_s=8),
            Start((QUESTION,), (), {**_IMPATIENT, BASE_URL: _NOBODY}, limit_s=10),
        ),
        (
            row("nothing comes", rules.asks(), _gives_up_in_time, rules.fails),
            row("nobody listens", rules.fails, run=1),
            Row("the two are told apart", _told_apart),
        ),
    ),
    Case(
        (Start((QUESTION,), (Say(TEXT, then="hang"),), _IMPATIENT, limit_s=8),),
        (row("half an answer, then nothing", rules.asks(), _gives_up_in_time, rules.fails),),
    ),
    Case(
        (Start((QUESTION,), (Say(_after_a_while),), {"TIMEOUT": "6"}),),
        (row("a server that thinks for a second", rules.answers(QUESTION, TEXT)),),
    ),
)
