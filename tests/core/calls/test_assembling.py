"""Calls out of pieces: whatever the cuts, and whatever a server leaves out."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.calls.assembling import CallAssembler, is_ours
from chatbot.core.events import CallPiece, ToolCallDelta
from chatbot.core.tools.calling import ToolCall
from tests.flat import picks

LONDON = ToolCall("call_1", "weather", '{"city": "London"}')
PARIS = ToolCall("call_2", "weather", '{"city": "Paris"}')
WHOLE = [CallPiece(None, call.id, call.name, call.arguments) for call in (LONDON, PARIS)]
calls = st.lists(
    st.builds(ToolCall, st.uuids().map(str), st.sampled_from(["a", "b_c"]), st.text()),
    max_size=4,
    unique_by=lambda c: c.id,
)


def assembled(pieces: Iterable[CallPiece], first_number: int = 0) -> tuple[ToolCall, ...]:
    assembler = CallAssembler(first_number)
    for piece in pieces:
        list(assembler.take(piece))
    return assembler.calls()


def nameless(call: ToolCall) -> tuple[str, str]:
    return call.name, call.arguments


@given(calls, st.data())
def test_calls_are_the_same_however_their_arguments_are_cut_and_mixed(
    wanted: list[ToolCall], data: st.DataObject
) -> None:
    """Also where every piece repeats the id, with the name or without (Alibaba, Baseten), and ends in a whole."""
    left = []
    for number, call in enumerate(wanted):
        cuts = sorted(data.draw(st.lists(st.integers(0, len(call.arguments)), max_size=4)))
        texts = [call.arguments[a:b] for a, b in zip([0, *cuts], [*cuts, len(call.arguments)], strict=True)]
        call_id, name = data.draw(st.sampled_from([("", ""), (call.id, ""), (call.id, call.name)]))
        first = CallPiece(number, call.id, call.name, texts[0])
        left.append([first, *(CallPiece(number, call_id, name, text) for text in texts[1:])])
        if data.draw(st.booleans()):
            left[-1].append(
                CallPiece(data.draw(st.sampled_from([number, None])), call.id, call.name, call.arguments, True)
            )
    begun = [pieces.pop(0) for pieces in left]
    for number in data.draw(picks):
        if more := [pieces for pieces in left if pieces]:
            begun.append(more[number % len(more)].pop(0))

    assembler = CallAssembler()
    deltas = [delta for piece in begun for delta in assembler.take(piece)]

    assert assembler.calls() == tuple(
        call._replace(arguments=call.arguments.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))
        for call in wanted
    )
    for number, call in enumerate(assembler.calls()):
        own = [delta for delta in deltas if delta.number == number]
        assert "".join(delta.arguments for delta in own) == call.arguments
        assert {delta.name for delta in own} == {call.name}


def test_without_a_place_a_piece_with_another_id_is_another_call() -> None:
    assert assembled(WHOLE) == (LONDON, PARIS)
    cut = [CallPiece(None, "call_1", "weather"), CallPiece(None, "", "", LONDON.arguments), WHOLE[1]]
    assert assembled(cut) == (LONDON, PARIS)


def test_calls_that_all_stand_in_one_place_are_told_apart_by_their_ids() -> None:
    assert assembled([piece._replace(place=0) for piece in WHOLE]) == (LONDON, PARIS)


def test_a_call_without_an_id_gets_one_that_no_earlier_call_has() -> None:
    pieces = [CallPiece(place, "", call.name, call.arguments) for place, call in enumerate((LONDON, PARIS))]
    found = assembled(pieces, first_number=3)
    assert list(map(nameless, found)) == list(map(nameless, (LONDON, PARIS)))
    assert [call.id for call in found] == ["call00003", "call00004"] and all(is_ours(call.id) for call in found)


def test_whole_calls_without_id_and_place_are_several() -> None:
    found = assembled([piece._replace(id="") for piece in WHOLE])
    assert list(map(nameless, found)) == list(map(nameless, (LONDON, PARIS)))


def test_an_id_that_comes_with_a_later_piece_is_the_calls() -> None:
    """Hugging Face: null in the first one."""
    assert assembled([CallPiece(0, "", "weather"), CallPiece(0, "call_1", "", LONDON.arguments)]) == (LONDON,)


def test_two_calls_with_one_id_do_not_keep_it() -> None:
    found = assembled([CallPiece(0, "same", "a", "{}"), CallPiece(1, "same", "b", "{}")])
    assert [call.name for call in found] == ["a", "b"] and len({call.id for call in found}) == 2


def test_pieces_of_what_never_began_as_a_call_are_none() -> None:
    """A search that a server makes itself."""
    assert assembled([CallPiece(0, arguments='{"q":1}'), CallPiece(None, arguments="x")]) == ()


def test_a_call_without_arguments_is_told_of() -> None:
    assembler = CallAssembler()
    assert list(assembler.take(CallPiece(0, "c", "now"))) == [ToolCallDelta(0, "now", "")]
    assert list(assembler.take(CallPiece(0, arguments=""))) == []
    assert assembler.calls() == (ToolCall("c", "now", ""),)
