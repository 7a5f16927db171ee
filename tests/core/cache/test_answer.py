"""An answer, folded, to text and back."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from chatbot.core import events
from chatbot.core.cache.answer import CachedAnswer, folded, from_json, to_json
from chatbot.core.errors import ConnectionLost
from chatbot.core.messages import ProviderItems
from chatbot.core.redaction.redactor import MASK, Redactor
from chatbot.core.tools.calling import ToolCall
from tests.any_json import any_json
from tests.tables import each

KEY = "sk-live-0123456789abcdef"
WHOLE = events.Finished(events.Verdict.COMPLETE, "stop", events.Usage(9, 2, 1, None), None, "req_1", 2, True, "m")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5)
EVENTS = st.lists(
    st.builds(events.TextDelta, TEXTS)
    | st.builds(events.ReasoningDelta, TEXTS)
    | st.builds(events.Notice, TEXTS)
    | st.builds(events.ToolCalled, st.builds(ToolCall, TEXTS, TEXTS, TEXTS)),
    max_size=12,
)
COUNTS = st.none() | st.integers(0, 2**53)


def kept(pieces: list[events.Event], finished: events.Finished = WHOLE) -> CachedAnswer:
    answer = folded(pieces, finished, lambda text: text)
    assert answer is not None
    return answer


@given(
    EVENTS, st.none() | st.builds(events.Usage, COUNTS, COUNTS, COUNTS, COUNTS), st.none() | TEXTS, st.none() | TEXTS
)
def test_what_was_said_comes_back_word_for_word(
    pieces: list[events.Event], usage: events.Usage | None, reason: str | None, request_id: str | None
) -> None:
    finished = WHOLE._replace(usage=usage, finish_reason=reason, request_id=request_id)
    finished = finished._replace(items=ProviderItems("responses", "OpenAI", "m", '[{"a":"é"}]') if usage else None)
    calls = [event for event in pieces if isinstance(event, events.ToolCalled)]
    said = "".join(event.text for event in pieces if type(event) is events.TextDelta)
    finished = finished._replace(has_text=bool(said.strip()) or not calls)
    answer = from_json(to_json(kept(pieces, finished)))
    assert answer == kept(pieces, finished)
    for kind in (events.TextDelta, events.ReasoningDelta, events.Notice):
        assert answer.text(kind) == "".join(event.text for event in pieces if type(event) is kind)
    assert answer.finished == finished._replace(attempts=0), "nothing is sent for it"
    assert [part for part in answer.parts if isinstance(part, events.ToolCalled)] == calls
    assert len(answer.parts) <= len(pieces)


def test_neighbours_of_a_kind_are_one_event_so_that_the_text_comes_in_one_write() -> None:
    pieces: list[events.Event] = [
        events.ReasoningDelta("Hm"),
        events.ReasoningDelta("m."),
        events.TextDelta("He"),
        events.TextDelta("llo"),
        events.ReasoningDelta("?"),
    ]
    assert kept(pieces).parts == (events.ReasoningDelta("Hmm."), events.TextDelta("Hello"), events.ReasoningDelta("?"))
    assert kept([events.Notice("a"), events.Notice("b")]).parts == (events.Notice("a"), events.Notice("b"))
    assert kept([events.Retrying(1.0, 1, ConnectionLost("lost")), events.TextDelta("x")]).parts == (
        events.TextDelta("x"),
    )


def test_an_answer_that_was_kept_before_there_were_items_is_read() -> None:
    old = json.dumps(json.loads(to_json(kept([events.TextDelta("x")])))[:5])
    assert from_json(old) == kept([events.TextDelta("x")])


def test_the_seams_of_a_joined_answer_are_kept_without_the_words_of_what_broke_it() -> None:
    cut = events.Finished(
        events.Verdict.CUT, None, events.Usage(9, 1), ConnectionLost(f"lost {KEY}"), f"req {KEY}", 1, True, "m"
    )
    seams = (events.AnswerPart(0, 4, "openai", cut), events.AnswerPart(4, 9, "anthropic", WHOLE, is_joined=False))
    answer = folded([events.TextDelta("Half, all")], WHOLE._replace(parts=seams), Redactor([KEY]))
    assert answer is not None and KEY not in to_json(answer) and from_json(to_json(answer)) == answer
    first, second = answer.finished.parts
    assert (first.end, first.provider, second.start, second.is_joined) == (4, "openai", 4, False)
    assert (first.finished.verdict, first.finished.usage, first.finished.attempts) == (
        events.Verdict.CUT,
        events.Usage(9, 1),
        0,
    )
    assert from_json(json.dumps(json.loads(to_json(answer))[:6])) == answer._replace(joined=())


def test_items_with_a_key_in_them_are_not_kept() -> None:
    items = ProviderItems("responses", "OpenAI", "m", f'["{KEY}"]')
    answer = folded([events.TextDelta("x")], WHOLE._replace(items=items), Redactor([KEY]))
    assert answer is not None and answer.items is None


@each("verdict", [verdict for verdict in events.Verdict if verdict is not events.Verdict.COMPLETE])
def test_only_a_complete_answer_is_kept(verdict: events.Verdict) -> None:
    assert folded([events.TextDelta("Half an")], WHOLE._replace(verdict=verdict), str) is None
    assert folded([events.TextDelta("Half")], WHOLE._replace(error=ConnectionLost("lost")), str) is None


def test_a_key_that_the_server_echoes_is_not_kept_also_where_it_comes_in_pieces() -> None:
    finished = WHOLE._replace(finish_reason=f"because {KEY}", request_id=KEY)
    answer = folded(
        [events.TextDelta(KEY[:12]), events.TextDelta(KEY[12:]), events.Notice(KEY)], finished, Redactor([KEY])
    )
    assert answer is not None and KEY[:12] not in to_json(answer) and answer.text() == MASK


@each(
    "text",
    ["", "{", "[]", "null", "[[], null]", '[[["voice", "x"]], null, null, null, "m"]', '[[["text", 1]],0,0,0,0]'],
)
def test_what_is_no_answer_is_none(text: str) -> None:
    assert from_json(text) is None


@given(any_json())
def test_any_json_is_an_answer_or_none(value: object) -> None:
    from_json(json.dumps(value))
