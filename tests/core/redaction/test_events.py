from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.errors import ChatError, KeyRejected, RateLimited
from chatbot.core.events import Event, Finished, FinishReason, Notice, ReasoningDelta, Retrying, TextDelta, Verdict
from chatbot.core.messages import ProviderItems
from chatbot.core.redaction.events import EventRedactor, KeyMask
from chatbot.core.redaction.redactor import MASK, Redactor
from tests.events import text
from tests.tables import each

KEY = "sk-secret-0123456789-abcdef"


def read(*events: Event, keys: Iterable[str] = (KEY,)) -> list[Event]:
    return list(EventRedactor(tuple(keys), Redactor([KEY]))(events))


@given(st.text(max_size=20), st.lists(st.integers(1, 12)), st.sampled_from([KEY, "aaaaaaaab", "abababababac"]))
def test_a_key_is_masked_however_the_text_is_cut(around: str, cuts: list[int], key: str) -> None:
    whole = around + key + around + key[:7] + key + key[:5]
    mask, at, found = KeyMask([key]), 0, ""
    for size in cuts:
        found += mask.feed(whole[at : at + size])
        at += size
    found += mask.feed(whole[at:]) + mask.finish()
    assert found == whole.replace(key, MASK)
    assert mask.masked


@given(st.lists(st.text(alphabet="sk-e0 ", max_size=5)))
def test_a_text_without_a_key_is_whole(pieces: list[str]) -> None:
    events = read(*map(TextDelta, pieces), Finished(Verdict.COMPLETE))
    assert text(events) == "".join(pieces)
    assert not any(isinstance(event, Notice) for event in events)


def test_a_piece_that_holds_nothing_back_is_the_same_object() -> None:
    delta = TextDelta("word ")
    assert read(delta)[0] is delta


@given(st.lists(st.text(alphabet="sk-e0 ", max_size=9), max_size=9), st.lists(st.integers(0, 9), max_size=4))
def test_deltas_that_come_together_are_masked_as_those_that_come_alone(texts: list[str], at: list[int]) -> None:
    for place in at:
        texts[place:place] = [KEY[:7], KEY[7:]]
    deltas: list[Event] = [*map(TextDelta, texts), Finished(Verdict.COMPLETE)]
    redactor = EventRedactor((KEY,), Redactor([KEY]))
    alone = [event for delta in deltas for event in redactor([delta])]
    assert text(read(*deltas)) == text(alone)
    assert len([event for event in read(*deltas) if isinstance(event, Notice)]) == (KEY in "".join(texts))


def test_items_that_go_back_to_the_provider_stay_as_they_are_or_are_dropped() -> None:
    """Changed, the provider would refuse them; what only looks like a key is theirs."""
    whole = ProviderItems("responses", "OpenAI", "m", '["sk-somebody-elses-0123456789"]')
    assert read(Finished(Verdict.COMPLETE, items=whole)) == [Finished(Verdict.COMPLETE, items=whole)]
    echoed = whole._replace(json=f'["{KEY}"]')
    assert read(Finished(Verdict.COMPLETE, items=echoed)) == [Finished(Verdict.COMPLETE)]


def test_a_key_in_the_answer_is_told_once() -> None:
    events = read(TextDelta(f"a {KEY} b"), TextDelta(KEY), ReasoningDelta(KEY), Finished(Verdict.COMPLETE))
    assert text(events) == f"a {MASK} b{MASK}"
    assert sum(isinstance(event, Notice) for event in events) == 1


def test_the_answer_may_speak_of_other_keys() -> None:
    said = "A key looks like sk-proj-0123456789abcdef."
    assert text(read(TextDelta(said))) == said


def naming(parameter: str, error: ChatError) -> ChatError:
    error.parameter = parameter
    return error


@each(
    "event",
    [
        Notice(f"used {KEY}"),
        FinishReason(f"stop {KEY}", Verdict.COMPLETE),
        Retrying(1.0, 1, RateLimited("busy", said=KEY, request_id=KEY)),
        Finished(Verdict.COMPLETE, finish_reason=KEY, request_id=KEY, model=KEY),
        Finished(Verdict.FAILED, error=naming(KEY, KeyRejected(f"no {KEY}", said=KEY, advice=KEY, request_id=KEY))),
    ],
)
def test_no_other_string_of_a_server_holds_a_key(event: Event) -> None:
    [found] = read(event)
    error = getattr(found, "error", None)
    assert KEY not in f"{found!r} {error!r} {vars(error) if error else ''}"
    assert MASK in f"{found!r} {error!r} {vars(error) if error else ''}"
