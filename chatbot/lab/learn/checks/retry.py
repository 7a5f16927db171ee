"""Retry with backoff, jitter and Retry-After."""

from __future__ import annotations

from itertools import chain
from statistics import mean

from chatbot.lab.answers import Fault
from chatbot.lab.grade.observation import Observation
from chatbot.lab.grade.waiting import compared, growth, leans_to_growth, shown_range
from chatbot.lab.learn import rules
from chatbot.lab.learn.seen import QUESTION, TEXT, Case, Row, Rule, Seen, Start, row
from chatbot.lab.replies import Refuse, Say

_ASKED_FOR_S, _MOST_TRIES = 2, 4
_SHORTEST_WAIT_S, _LONGEST_WAIT_S = 0.12, 4.0
_SAME_S = 0.015  # a machine does not wait more evenly than that, nor chance, so often
_OFTEN, _MORE_OFTEN = 8, 16
_TWICE_BUSY = (Refuse(Fault.OVERLOADED), Refuse(Fault.OVERLOADED), Say(TEXT))


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
    runs = [run.gaps_s for run in case.runs]
    waits_s = [wait_s for gaps_s in runs for wait_s in gaps_s]
    if not waits_s:
        return "There was no wait to look at."
    if mean(waits_s) < _SHORTEST_WAIT_S:
        return (
            f"It asked again after {mean(waits_s):.2f} s. A server that is overloaded needs a pause: about 0.5 s, "
            "then 1 s."
        )
    longest_s = max(wait_s for gaps_s in runs for wait_s in gaps_s[:2])
    if longest_s > _LONGEST_WAIT_S:
        return f"It waited {longest_s:.0f} s between two tries; about 0.5 s and 1 s were enough."
    if growth(runs) == "grow" or leans_to_growth(runs):
        return ""
    first_s, last_s = zip(*pairs, strict=True) if (pairs := compared(runs)) else (waits_s, waits_s)
    return (
        f"In {len(first_s)} runs the first wait was {shown_range(first_s)}, and the last {shown_range(last_s)}. "
        "Wait longer each time: 0.5 s, 1 s, 2 s."
    )


def _has_jitter(case: Seen) -> str:
    last_s = [last_s for _, last_s in compared([run.gaps_s for run in case.runs])]
    if not last_s:
        return "There was no wait to look at."
    if not _are_the_same(last_s):
        return ""
    return (
        f"The last wait was the same in {len(last_s)} runs: {min(last_s):.2f} s. Without chance all clients come back "
        "at once."
    )


def _are_the_same(waits_s: list[float]) -> bool:
    """Most of them: on a machine that does something else too some are longer."""
    in_order = sorted(waits_s)
    return in_order[len(in_order) * 3 // 4 - 1] - in_order[0] < _SAME_S


def _tells_too_little(case: Seen) -> bool:
    """Whether chance may still be what is seen of the waits."""
    runs = [run.gaps_s for run in case.runs]
    pairs = compared(runs)
    if not pairs:
        return False
    few = _OFTEN if not _are_the_same([last_s for _, last_s in pairs]) else _MORE_OFTEN
    return len(pairs) < few or (growth(runs) == "unclear" and mean(chain(*runs)) >= _SHORTEST_WAIT_S)


def _comes_to_an_end(seen: Observation) -> str:
    count = len(seen.asked)
    if count == 1 and seen.run.ended == "exited":
        return "The server failed (500), and the lab was asked once. It may be over in a second: ask again."
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
        (Start((QUESTION,), _TWICE_BUSY), Start((QUESTION,), (Refuse(Fault.SERVER),), limit_s=20)),
        (
            row("503 twice, then an answer", _BUSY),
            Row("the waits grow", _grows),
            Row("with chance", _has_jitter),
            row("500 every time", rules.reaches, _comes_to_an_end, run=1),
        ),
        more=Start((QUESTION,), (Refuse(Fault.OVERLOADED),), limit_s=20),
        wants_more=_tells_too_little,
    ),
    Case(
        (Start((QUESTION,), (Refuse(Fault.WRONG_KEY),)),), (row("401 is not asked again", rules.reaches, _not_again),)
    ),
)
