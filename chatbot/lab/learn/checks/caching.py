"""A cache with a time to live."""

from __future__ import annotations

from chatbot.lab.answers import Fault
from chatbot.lab.grade.observation import Observation
from chatbot.lab.learn import rules
from chatbot.lab.learn.seen import MODEL, USUAL_KEY, Case, Row, Rule, Seen, Start, row
from chatbot.lab.replies import Refuse, Say

_QUESTION, _OTHER = "Why is the sky blue?", "Why is the sea salty?"
_TEXT, _NEWER = "It is the first answer.", "It is a newer answer."
_FILE = "answers.json"
_TTL_S, _LONG_AFTER_S = 1, 1.6


def _start(question: str = _QUESTION, text: str = _TEXT, ttl_s: int = 3600, model: str = "echo") -> Start:
    variables = {"CACHE_FILE": f"{{folder}}/{_FILE}", "CACHE_TTL": str(ttl_s), MODEL: model}
    return Start((question,), (Say(text),), variables)


def _from_cache(seen: Observation) -> str:
    if seen.asked:
        return "The same question, asked a second time, went to the lab again. Its answer was to come from CACHE_FILE."
    return rules.runs(seen)


def _asks_anew(why: str) -> Rule:
    return lambda seen: "" if seen.asked else f"No request reached the lab, although {why}."


def _no_key_kept(case: Seen) -> str:
    if _FILE not in case.files:
        return (
            f"CACHE_FILE was not written: {rules.shown(sorted(case.files)) if case.files else 'the folder is empty'}."
        )
    return "The API key stands in CACHE_FILE." if USUAL_KEY.encode() in b"".join(case.files.values()) else ""


def _answers(text: str, run: int, title: str, *first: Rule) -> Row:
    return row(title, *first, rules.runs, rules.prints(text), rules.succeeds, run=run)


CACHE = (
    Case(
        (_start(), _start(text=_NEWER), _start(_OTHER, _NEWER), _start(text=_NEWER, model="another-model")),
        (
            _answers(_TEXT, 0, "a new question", rules.answers(_QUESTION, _TEXT)),
            _answers(_TEXT, 1, "the same again", _from_cache),
            _answers(_NEWER, 2, "another question", _asks_anew("the question is another one")),
            _answers(_NEWER, 3, "another model", _asks_anew("the model is another one")),
            Row("the key is not in the file", _no_key_kept),
        ),
    ),
    Case(
        (_start(ttl_s=_TTL_S), _start(text=_NEWER, ttl_s=_TTL_S)._replace(after_s=_LONG_AFTER_S)),
        (_answers(_NEWER, 1, "too old", _asks_anew(f"CACHE_TTL is {_TTL_S} s, and the answer is older")),),
    ),
    Case(
        (_start()._replace(turns=(Refuse(Fault.BAD_REQUEST),)), _start(text=_NEWER)),
        (_answers(_NEWER, 1, "an error is not kept", _asks_anew("the first answer was an error")),),
    ),
    Case(
        (_start(),),
        (_answers(_TEXT, 0, "a broken file", rules.reaches, _asks_anew("CACHE_FILE is broken")),),
        {_FILE: b'{"entries": [{"made'},
    ),
)
