"""The list of models, a question, and where the key comes from."""

from __future__ import annotations

from chatbot.lab.answers import Fault
from chatbot.lab.dialect import dumps
from chatbot.lab.grade.observation import Observation
from chatbot.lab.learn import rules
from chatbot.lab.learn.seen import KEY, USUAL_KEY, Case, Rule, Start, row
from chatbot.lab.replies import Refuse, Say, ScriptedReply, whole

_ASKS_FOR_LIST = rules.all_of(rules.reaches, rules.asks("GET", "/v1/models"), rules.has_key())
_TEXT = "Because of Rayleigh scattering:\nblue light is scattered most. é 梨 👩‍🚀"
_PLAIN = "Why is the sky blue?"
_DIFFICULT = 'He said "why?", \\ and\na new line: Grüße, 世界'
_FILE_KEY = "sk-93b1c7d20e6f48aa05"
_REST = (rules.prints(_TEXT), rules.succeeds)


def _list(*names: str) -> ScriptedReply:
    rows = [{"id": name, "object": "model", "created": 0, "owned_by": "lab"} for name in names]
    return whole(200, "application/json", dumps({"object": "list", "data": rows}))


def _lists(title: str, *names: str) -> Case:
    prints = rules.prints("\n".join(names))
    return Case((Start(turns=(_list(*names),)),), (row(title, _ASKS_FOR_LIST, rules.runs, prints, rules.succeeds),))


def _ends_badly(seen: Observation) -> str:
    """In a first program a traceback will do."""
    if not seen.run.code:
        return "The lab refused the key (HTTP 401), and the exit code is 0. Look at the status first."
    return rules.out_is_empty(seen)


MODELS = (
    _lists("three models", "alpine-1", "lab/briar", "梨-3"),
    _lists("another list", "just-one"),
    Case(
        (Start(turns=(Refuse(Fault.WRONG_KEY),)),),
        (row("an error is not taken for a list", _ASKS_FOR_LIST, _ends_badly),),
    ),
)

QUESTIONS = (
    Case((Start((_PLAIN,), (Say(_TEXT),)),), (row("a plain question", rules.answers(_PLAIN, _TEXT)),)),
    Case(
        (Start((_DIFFICULT,), (Say("Fine."),)),),
        (row("quotes, a line break, other scripts", rules.answers(_DIFFICULT, "Fine.")),),
    ),
)


def _uses_key(key: str, others: dict[str, str]) -> Rule:
    """The key is this one; `others`: what it means when it is another."""

    def rule(seen: Observation) -> str:
        header = seen.asked[0].received.headers.get("authorization", "")
        meaning = next((text for other, text in others.items() if header == f"Bearer {other}"), None)
        return meaning or rules.has_key(key)(seen)

    return rule


def _key_case(title: str, key: str, uses: Rule, file: str | None, *, is_set: bool) -> Case:
    start = Start((_PLAIN,), (Say(_TEXT),), {} if is_set else {KEY: ""}, in_folder=True)
    checked = row(title, rules.reaches, rules.asks(), uses, rules.runs, *_REST, rules.hides(key))
    return Case((start,), (checked,), {} if file is None else {".env": file.encode()})


def _without_key(seen: Observation) -> str:
    if seen.asked:
        sent = seen.asked[0].received.headers.get("authorization")
        return f"There is no key, and a request went out all the same, with Authorization: {rules.shown(sent)}."
    if fault := rules.fails(seen):
        return fault
    if KEY not in seen.err:
        return f"The sentence does not name {KEY}: what is missing? It said: {rules.shown(seen.err.strip())}."
    return ""


_FILE_WINS = {_FILE_KEY: "The key of .env was sent, although the variable is set. The environment wins."}
_QUOTED = {f'"{_FILE_KEY}"': "The quotation marks of .env were sent with the key. They are not part of the value."}
_WRITTEN = f'# my keys\n\nOTHER=1\nexport {KEY}="{_FILE_KEY}"\n'
KEYS = (
    _key_case("the variable wins", USUAL_KEY, _uses_key(USUAL_KEY, _FILE_WINS), f"{KEY}={_FILE_KEY}\n", is_set=True),
    _key_case("a line of .env", _FILE_KEY, _uses_key(_FILE_KEY, {}), f"{KEY}={_FILE_KEY}\n", is_set=False),
    _key_case("comments, export and quotes in .env", _FILE_KEY, _uses_key(_FILE_KEY, _QUOTED), _WRITTEN, is_set=False),
    _key_case("the variable, without any .env", USUAL_KEY, _uses_key(USUAL_KEY, {}), None, is_set=True),
    Case(
        (Start((_PLAIN,), (Say(_TEXT),), {KEY: ""}, in_folder=True),),
        (row("no key at all", _without_key),),
    ),
)
