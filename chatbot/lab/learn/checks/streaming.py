"""Server-sent events, read by hand."""

from __future__ import annotations

from chatbot.lab.answers import Fault
from chatbot.lab.grade.observation import Observation
from chatbot.lab.learn import rules
from chatbot.lab.learn.seen import Case, Rule, Start, row
from chatbot.lab.replies import CHUNKED, INSIDE_CHARACTERS, INSIDE_CRLF, Say, ScriptedReply, Turn

_QUESTION = "Tell me something."
_TEXT = "One word comes after the other, and each is shown when it is there."
_SCRIPTS = "Grüße, 世界, здравствуй, 👩‍🚀 and 🇫🇷!"
_CUT_AFTER, _CUT_TEXT = 5, "One word comes after the"
_SPREAD_S = 0.4  # of the output of an answer whose words come over more than two seconds

_BY_THE_BOOK = (
    b": the connection is awake\n\n"
    b'data: {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}\n\n'
    b'event: message\nid: 1\ndata:{"choices": [{"index": 0, "delta": {"content": "No blank, "}}]}\n\n'
    b': again\ndata: {"choices": [{"index": 0,\ndata:  "delta": {"content": "two lines, "}}]}\n\n'
    b'data: {"choices": [{"index": 0, "delta": {"content": "  blanks kept."}}]}\n\n'
    b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\n'
    b'data: {"choices": [], "usage": {"total_tokens": 3}}\n\ndata: [DONE]\n\n'
)


def _streams(seen: Observation) -> str:
    if seen.asked[0].received.json.get("stream") is True:
        return ""
    return 'The body has no "stream": true, so the answer comes in one piece.'


_ASKS = rules.all_of(rules.reaches, rules.asks(), rules.sends_json, _streams)


def _whole(title: str, text: str, turn: Turn | ScriptedReply, *more: Rule) -> Case:
    checked = row(title, _ASKS, *more, rules.runs, _prints(text), rules.succeeds)
    return Case((Start((_QUESTION,), (turn,)),), (checked,))


def _prints(text: str) -> Rule:
    def rule(seen: Observation) -> str:
        if "data:" in seen.out:
            return f"Standard output has the events as they came: {rules.shown(seen.out)}. Print the text in them."
        if "\ufffd" in seen.out:
            return f"Characters were broken: {rules.shown(seen.out)}. Bytes become text when the line is whole."
        return _broken_lines(seen, text) or rules.prints(text)(seen)

    return rule


def _broken_lines(seen: Observation, text: str) -> str:
    if seen.out.strip() != text and seen.out.split() == text.split():
        return f"The text came with other line breaks: {rules.shown(seen.out)}. Print each piece without one."
    return ""


def _as_it_comes(seen: Observation) -> str:
    times = [piece.at_s for piece in seen.run.pieces if not piece.is_error and piece.data.strip()]
    if times and times[-1] - times[0] < _SPREAD_S and seen.out.strip():
        return (
            "The words came over more than two seconds, and all of them were printed at once. Read piece by piece, "
            "and flush standard output."
        )
    return ""


def _broken(title: str, turn: Turn, what: str) -> Case:
    def keeps(seen: Observation) -> str:
        if _CUT_TEXT not in seen.out:
            if fault := rules.runs(seen) if not seen.out.strip() else _broken_lines(seen, _CUT_TEXT):
                return fault
            return (
                f"What came before is lost: {rules.shown(_CUT_TEXT)} was there, and standard output has "
                f"{rules.shown(seen.out.strip())}."
            )
        if not seen.run.code:
            return f"{what}, and the exit code is 0: half an answer that looks whole."
        return rules.fails_after(seen)

    return Case((Start((_QUESTION,), (turn,)),), (row(title, _ASKS, keeps),))


STREAM = (
    _whole("a stream", _TEXT, Say(_TEXT)),
    _whole("shown as it comes", _TEXT, Say(_TEXT, paced=True), _as_it_comes),
    _whole("characters cut in pieces", _SCRIPTS, Say(_SCRIPTS, cut_at=INSIDE_CHARACTERS)),
    _whole("CRLF, cut between the two", _TEXT, Say(_TEXT, crlf=True, cut_at=INSIDE_CRLF)),
    _whole(
        "comments, other fields, two data lines",
        "No blank, two lines,   blanks kept.",
        ScriptedReply(200, {"Content-Type": "text/event-stream", **CHUNKED}, [_BY_THE_BOOK]),
    ),
    _broken("the connection breaks", Say(_TEXT, stop_after=_CUT_AFTER, then="close"), "The connection broke"),
    _broken("an end without [DONE]", Say(_TEXT, stop_after=_CUT_AFTER), "The bytes ended before [DONE]"),
    _broken(
        "an error as an event",
        Say(_TEXT, stop_after=_CUT_AFTER, fault=Fault.OVERLOADED),
        'An event said {"error": ...}',
    ),
)
