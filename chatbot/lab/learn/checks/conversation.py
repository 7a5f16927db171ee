"""A conversation, line by line."""

from __future__ import annotations

from chatbot.lab.answers import Fault
from chatbot.lab.grade.observation import Observation
from chatbot.lab.learn import rules
from chatbot.lab.learn.seen import Case, Rule, Start, row
from chatbot.lab.replies import Refuse, Say, Turn

_FIRST, _SECOND, _THIRD = "My name is Ada.", "What is my name?", "Thank you."
_ONE, _TWO, _THREE = "Hello Ada!", "Your name is Ada.", "You are welcome."
_FAULT = Refuse(Fault.BAD_REQUEST)


def _case(title: str, lines: str, turns: tuple[Turn, ...], *checked: Rule) -> Case:
    return Case((Start((), turns, stdin=lines.encode()),), (row(title, *checked),))


def _asks(times: int) -> Rule:
    def rule(seen: Observation) -> str:
        if len(seen.asked) == 1 < times:
            return f"The lab got one request; standard input has {times} questions. Go on until it ends."
        return rules.asks(times=times)(seen) or rules.sends_json(seen)

    return rule


def _remembers(*texts: str) -> Rule:
    """The last request has these messages, the person's and the model's in turn."""

    def rule(seen: Observation) -> str:
        turns = rules.messages(seen.asked[-1].received.json)
        said = [turn.get("content") for turn in turns]
        roles = [turn.get("role") for turn in turns]
        if said == [texts[-1]]:
            return (
                f"The last request has only {rules.shown(texts[-1])}. The server forgets everything: send the whole "
                "conversation."
            )
        if said != list(texts):
            return f"The last request has the messages {rules.shown(said)}; these were expected: {rules.shown(texts)}."
        expected = ["user", "assistant"] * len(texts)
        if roles != expected[: len(texts)]:
            return f"The roles are {', '.join(map(str, roles))}. The person is user, the model assistant, in turn."
        return ""

    return rule


def _shows(*answers: str) -> Rule:
    def rule(seen: Observation) -> str:
        at = 0
        for text in answers:
            found = seen.out.find(text, at)
            if found < 0:
                return f"Standard output does not have the answer {rules.shown(text)}: {rules.shown(seen.out.strip())}."
            at = found + len(text)
        return ""

    return rule


def _tells(seen: Observation) -> str:
    return "" if seen.err.strip(" >\n") else "The error was not told on standard error."


CHATBOT = (
    _case(
        "three questions",
        f"{_FIRST}\n{_SECOND}\n{_THIRD}\n",
        (Say(_ONE), Say(_TWO), Say(_THREE)),
        rules.reaches, _asks(3), rules.has_key(), _remembers(_FIRST, _ONE, _SECOND, _TWO, _THIRD),
        rules.runs, _shows(_ONE, _TWO, _THREE), rules.succeeds,
    ),
    _case(
        "an error in the middle",
        f"{_FIRST}\n{_SECOND}\n{_THIRD}\n",
        (Say(_ONE), _FAULT, Say(_THREE)),
        rules.runs, _asks(3), _remembers(_FIRST, _ONE, _THIRD), _shows(_ONE, _THREE), _tells, rules.succeeds,
    ),
    _case(
        "empty lines, and no line break at the end",
        f"\n{_FIRST}\n\n   \n{_SECOND}",
        (Say(_ONE), Say(_TWO)),
        rules.runs, _asks(2), _remembers(_FIRST, _ONE, _SECOND), _shows(_ONE, _TWO), rules.succeeds,
    ),
    _case(
        "no question at all",
        "",
        (Say(_ONE),),
        lambda seen: "Standard input was empty, and the lab was asked." if seen.asked else "",
        rules.runs, rules.succeeds,
    ),
)  # fmt: skip
