"""How a talk goes on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.conversations.pending import PendingQuestion
from chatbot.core.errors import UsageError
from chatbot.core.events import Usage, Verdict
from chatbot.core.messages import Conversation, Message
from chatbot.terminal.documents.export import as_markdown
from chatbot.terminal.fences import code_blocks
from chatbot.terminal.repl.state import (
    ReplState,
    answered,
    ask_again,
    ask_for_rest,
    ask_instead,
    ask_next,
    begun_anew,
    can_go_on,
    gone_over_to,
    last_answer,
    last_question,
    left_unanswered,
    undone,
    with_system,
)
from tests.tables import each
from tests.terminal.pretended import CAT, outcome

EMPTY = ReplState(Conversation(system="Be brief."), model="lab/echo")


def after(state: ReplState, question: str, answer: str, verdict: Verdict = Verdict.COMPLETE) -> ReplState:
    return answered(state, ask_next(state, question), outcome(answer, verdict))


def texts(conversation: Conversation) -> list[str]:
    return [message.text for message in conversation.messages]


def asked(ask: PendingQuestion | None) -> list[str]:
    assert ask
    return texts(ask.conversation)


ONE = after(EMPTY, "one", "first")
TWO = after(ONE, "two", "second")


def test_questions_and_answers_take_turns() -> None:
    assert texts(TWO.conversation) == ["one", "first", "two", "second"]
    assert asked(ask_next(TWO, "three")) == ["one", "first", "two", "second", "three"]
    assert ask_next(TWO, "three").conversation.system == "Be brief."


def test_what_is_attached_goes_with_one_question_only() -> None:
    state = EMPTY._replace(attachments=(CAT,), files=(("a.txt", "text"),))
    ask = ask_next(state, "what is it?")
    assert ask.conversation.messages[-1] == Message("user", "what is it?\n\na.txt:\n```\ntext\n```", (CAT,))
    later = answered(state, ask, outcome("a cat"))
    assert (later.attachments, later.files) == ((), ())


def test_a_question_without_an_answer_is_no_part_of_the_conversation_but_stays_in_reach() -> None:
    state = left_unanswered(ONE._replace(attachments=(CAT,)), ask_next(ONE._replace(attachments=(CAT,)), "two"))
    assert (state.conversation, state.attachments) == (ONE.conversation, ())
    assert asked(ask_next(state, "three")) == ["one", "first", "three"]
    again = ask_again(state)
    assert asked(again) == ["one", "first", "two"]
    assert again.replaces == "unanswered" and again.conversation.messages[-1].attachments == (CAT,)


@pytest.mark.parametrize("blank", ["", " \n"])
def test_a_blank_answer_is_none(blank: str) -> None:
    state = after(ONE, "two", blank, Verdict.EMPTY)
    assert state.conversation == ONE.conversation
    assert last_question(state) == "two"


def test_asking_again_leaves_the_last_answer_out() -> None:
    assert asked(ask_again(TWO)) == ["one", "first", "two"]
    assert texts(answered(TWO, ask_again(TWO), outcome("other")).conversation) == [
        "one",
        "first",
        "two",
        "other",
    ]


def test_asking_again_in_vain_loses_nothing() -> None:
    ask = ask_again(TWO)
    state = left_unanswered(TWO, ask)
    assert state.conversation == TWO.conversation
    assert asked(ask_again(state)) == ["one", "first", "two"]
    assert undone(state) == TWO


def test_asking_again_is_under_the_system_prompt_of_now() -> None:
    failed = left_unanswered(ONE, ask_next(ONE, "two"))
    for state in (TWO, failed):
        ask = ask_again(with_system(state, "Be long."))
        assert ask.conversation.system == "Be long."


def test_another_text_takes_the_place_of_the_question() -> None:
    state = answered(EMPTY, ask_next(EMPTY._replace(attachments=(CAT,)), "waht"), outcome("?"))
    ask = ask_instead(state, "what")
    assert ask.replaces == "answered"
    assert ask.conversation.messages == (Message("user", "what", (CAT,)),)


def test_nothing_was_asked() -> None:
    for in_vain in (ask_again, undone, lambda state: ask_instead(state, "x")):
        with pytest.raises(UsageError, match="nothing was asked yet"):
            in_vain(EMPTY)
    assert (last_question(EMPTY), last_answer(EMPTY), can_go_on(EMPTY)) == ("", "", False)


def test_undo_takes_back_one_question_after_the_other() -> None:
    first = undone(TWO)
    assert texts(first.conversation) == ["one", "first"]
    second = undone(first)
    assert second.conversation == EMPTY.conversation


CUT = after(ONE, "two", "The answer is forty-", Verdict.CUT)


def test_a_cut_answer_goes_on_and_becomes_one_with_its_rest() -> None:
    assert can_go_on(CUT)
    ask = ask_for_rest(CUT)
    assert asked(ask) == ["one", "first", "two"]
    assert (ask.replaces, ask.continues) == ("answered", "The answer is forty-")
    state = answered(CUT, ask, outcome("two.", Verdict.LENGTH))
    assert texts(state.conversation) == ["one", "first", "two", "The answer is forty-two."]
    state = answered(state, ask_for_rest(state), outcome(" Surely."))
    assert last_answer(state) == "The answer is forty-two. Surely."
    assert not can_go_on(state)


def test_undo_and_retry_take_an_answer_with_its_rest_for_one() -> None:
    state = answered(CUT, ask_for_rest(CUT), outcome("two."))
    assert asked(ask_again(state)) == ["one", "first", "two"]
    before = undone(state)
    assert before and before.conversation == ONE.conversation


@pytest.mark.parametrize("nothing", ["", " \n"])
def test_going_on_in_vain_changes_nothing_and_can_be_tried_again(nothing: str) -> None:
    assert left_unanswered(CUT, ask_for_rest(CUT)) == CUT
    state = answered(CUT, ask_for_rest(CUT), outcome(nothing, Verdict.FAILED))
    assert last_answer(state) == "The answer is forty-" + nothing


@each("verdict", Verdict)
def test_an_answer_that_broke_off_can_go_on_and_one_that_was_refused_cannot(verdict: Verdict) -> None:
    broke_off = verdict in (Verdict.LENGTH, Verdict.CUT, Verdict.FAILED, Verdict.CANCELLED)
    assert can_go_on(after(EMPTY, "one", "first", verdict)) == broke_off


def test_an_answer_that_is_whole_or_missing_cannot_go_on() -> None:
    assert not can_go_on(ONE)
    assert not can_go_on(left_unanswered(CUT, ask_next(CUT, "three")))


def test_a_resumed_question_without_an_answer_can_be_asked_again() -> None:
    state = gone_over_to(EMPTY, ONE.conversation, ONE.conversation.asking("two"))
    assert asked(ask_next(state, "three")) == ["one", "first", "three"]
    assert asked(ask_again(state)) == ["one", "first", "two"]


def test_a_new_conversation_keeps_the_choices_and_what_is_attached() -> None:
    state = begun_anew(TWO._replace(attachments=(CAT,), raw=True))
    assert state.conversation == EMPTY.conversation
    assert (state.model, state.raw, state.attachments) == ("lab/echo", True, (CAT,))


def test_tokens_add_up_where_they_are_reported() -> None:
    state = EMPTY
    for usage in (Usage(10, 5), None, Usage(20, None, cached_tokens=3)):
        state = answered(state, ask_next(state, "q"), outcome("a", usage=usage))
    assert state.used == Usage(30, 5, None, 3)
    assert state.last_used == Usage(20, None, None, 3)


MOVES = st.sampled_from(["ask", "fail", "cut", "retry", "go on", "go on in vain", "edit", "undo", "new"])


@given(st.lists(MOVES, max_size=12))
def test_whatever_happens_the_sides_take_turns_and_what_is_sent_ends_in_a_question(moves: list[str]) -> None:
    state = EMPTY
    for number, move in enumerate(moves):
        ask = ask_next(state, f"q{number}")
        nothing_asked = state.unanswered is None and not state.conversation.messages
        if (move in ("retry", "edit", "undo") and nothing_asked) or (move.startswith("go on") and not can_go_on(state)):
            continue
        if move == "retry":
            ask = ask_again(state)
        elif move == "edit":
            ask = ask_instead(state, f"e{number}")
        elif move.startswith("go on"):
            ask = ask_for_rest(state)
        elif move in ("undo", "new"):
            state = undone(state) if move == "undo" else begun_anew(state)
            continue
        roles = [message.role for message in ask.conversation.messages]
        assert roles == (["user", "assistant"] * len(roles))[: len(roles)]
        assert roles[-1] == "user"
        if move in ("fail", "go on in vain"):
            state = left_unanswered(state, ask)
        else:
            state = answered(state, ask, outcome(f"a{number}", Verdict.CUT if move == "cut" else Verdict.COMPLETE))


def test_a_talk_as_a_document() -> None:
    conversation = EMPTY.conversation.asking("what is it?", (CAT,)).answered("A **cat**.\n")
    assert as_markdown(conversation) == (
        "## System prompt\n\nBe brief.\n\n## Question\n\n*image: cat.png*\n\nwhat is it?\n\n## Answer\n\nA **cat**.\n"
    )


def test_the_code_of_an_answer() -> None:
    answer = (
        "`x`\n\n```python\nimport this\n```\n\n- item\n\n  ~~~\n  in a list\n  ~~~\n\n````\n```\n````\n\n```sh\ncut"
    )
    assert [block.text for block in code_blocks(answer)] == ["import this\n", "in a list\n", "```\n", "cut"]
