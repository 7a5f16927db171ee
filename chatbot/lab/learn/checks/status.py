"""One branch for each status."""

from __future__ import annotations

import re

from chatbot.lab.answers import Fault
from chatbot.lab.grade.observation import Observation
from chatbot.lab.learn import rules
from chatbot.lab.learn.seen import QUESTION, TEXT, Case, Row, Seen, Start, row
from chatbot.lab.replies import Raw, Refuse, Say, Turn

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


def own_words(seen: Observation) -> str:
    """What the program says, without numbers, and without what the server said."""
    text = seen.err
    for said in _SERVER_SAID:
        text = text.replace(said, "")
    text = re.sub(r"The model `.*?` does not exist or you do not have access to it\.|\{.*\}", "", text, flags=re.DOTALL)
    return " ".join(re.findall(r"[^\W\d_]+", text.lower()))


def _different(case: Seen) -> str:
    if any(map(rules.fails, case.runs)):
        return rules.NOT_ALL_TOLD
    said = dict(zip(_STATUSES, map(own_words, case.runs), strict=True))
    client = [status for status in _STATUSES if status < "5"]
    for at, status in enumerate(client):
        same = next((other for other in [*client[at + 1 :], "500"] if said[other] == said[status]), None)
        if same:
            return (
                f"For {status} and {same} it says the same, but for numbers and the server's own words: "
                f"{rules.shown(said[status])}. What the person has to do is different."
            )
    return ""


STATUS = (
    Case((Start((QUESTION,), (Say(TEXT),)),), (row("200", rules.answers(QUESTION, TEXT)),)),
    Case(
        tuple(Start((QUESTION,), (turn,)) for turn in _STATUSES.values()),
        (
            *(row(name, rules.asks(), rules.fails, run=at) for at, name in enumerate(_STATUSES)),
            Row("a sentence of its own for each", _different),
        ),
    ),
)
