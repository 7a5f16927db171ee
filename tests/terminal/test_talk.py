"""How a talk goes on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.events import Usage, Verdict
from chatbot.core.messages import Conversation, Message
from chatbot.terminal import talk as talks
from chatbot.terminal.talk import GO_ON, Ask, Talk
from chatbot.terminal.talk_document import as_markdown, code_blocks
from tests.terminal.pretended import CAT, outcome

EMPTY = Talk(Conversation(system="Be brief."), model="lab/echo")


def after(talk: Talk, question: str, answer: str, verdict: Verdict = Verdict.COMPLETE) -> Talk:
    return talks.answered(talk, talks.ask(talk, question), outcome(answer, verdict))


def texts(conversation: Conversation) -> list[str]:
    return [message.text for message in conversation.messages]


def asked(ask: Ask | None) -> list[str]:
    assert ask
    return texts(ask.conversation)


ONE = after(EMPTY, "one", "first")
TWO = after(ONE, "two", "second")


def test_questions_and_answers_take_turns() -> None:
    assert texts(TWO.conversation) == ["one", "first", "two", "second"]
    assert asked(talks.ask(TWO, "three")) == ["one", "first", "two", "second", "three"]
    assert talks.ask(TWO, "three").conversation.system == "Be brief."


def test_what_is_attached_goes_with_one_question_only() -> None:
    talk = EMPTY._replace(images=(CAT,), files=(("a.txt", "text"),))
    ask = talks.ask(talk, "what is it?")
    assert ask.conversation.messages[-1] == Message("user", "what is it?\n\na.txt:\n```\ntext\n```", (CAT,))
    later = talks.answered(talk, ask, outcome("a cat"))
    assert (later.images, later.files) == ((), ())


def test_a_question_without_an_answer_is_no_part_of_the_conversation_but_stays_in_reach() -> None:
    talk = talks.left_unanswered(ONE._replace(images=(CAT,)), talks.ask(ONE._replace(images=(CAT,)), "two"))
    assert (talk.conversation, talk.images) == (ONE.conversation, ())
    assert asked(talks.ask(talk, "three")) == ["one", "first", "three"]
    again = talks.ask_again(talk)
    assert asked(again) == ["one", "first", "two"]
    assert again and again.replaces == "unanswered" and again.conversation.messages[-1].images == (CAT,)


@pytest.mark.parametrize("blank", ["", " \n"])
def test_a_blank_answer_is_none(blank: str) -> None:
    talk = after(ONE, "two", blank, Verdict.EMPTY)
    assert talk.conversation == ONE.conversation
    assert talks.last_question(talk) == "two"


def test_asking_again_leaves_the_last_answer_out() -> None:
    assert asked(talks.ask_again(TWO)) == ["one", "first", "two"]
    assert texts(talks.answered(TWO, talks.ask_again(TWO) or talks.ask(TWO, ""), outcome("other")).conversation) == [
        "one",
        "first",
        "two",
        "other",
    ]


def test_asking_again_in_vain_loses_nothing() -> None:
    ask = talks.ask_again(TWO)
    assert ask
    talk = talks.left_unanswered(TWO, ask)
    assert talk.conversation == TWO.conversation
    assert asked(talks.ask_again(talk)) == ["one", "first", "two"]
    assert talks.undone(talk) == TWO


def test_asking_again_is_under_the_system_prompt_of_now() -> None:
    failed = talks.left_unanswered(ONE, talks.ask(ONE, "two"))
    for talk in (TWO, failed):
        ask = talks.ask_again(talks.with_system(talk, "Be long."))
        assert ask and ask.conversation.system == "Be long."


def test_another_text_takes_the_place_of_the_question() -> None:
    talk = talks.answered(EMPTY, talks.ask(EMPTY._replace(images=(CAT,)), "waht"), outcome("?"))
    ask = talks.ask_instead(talk, "what")
    assert ask and ask.replaces == "answered"
    assert ask.conversation.messages == (Message("user", "what", (CAT,)),)


def test_nothing_was_asked() -> None:
    assert (talks.ask_again(EMPTY), talks.ask_instead(EMPTY, "x"), talks.undone(EMPTY)) == (None, None, None)
    assert (talks.last_question(EMPTY), talks.last_answer(EMPTY), talks.can_go_on(EMPTY)) == ("", "", False)


def test_undo_takes_back_one_question_after_the_other() -> None:
    first = talks.undone(TWO)
    assert first and texts(first.conversation) == ["one", "first"]
    second = talks.undone(first)
    assert second and second.conversation == EMPTY.conversation


CUT = after(ONE, "two", "The answer is forty-", Verdict.CUT)


def test_a_cut_answer_goes_on_and_becomes_one_with_its_rest() -> None:
    assert talks.can_go_on(CUT)
    ask = talks.go_on(CUT)
    assert asked(ask) == ["one", "first", "two", "The answer is forty-", GO_ON]
    assert (ask.replaces, ask.continues) == ("answered", "The answer is forty-")
    talk = talks.answered(CUT, ask, outcome("two.", Verdict.LENGTH))
    assert texts(talk.conversation) == ["one", "first", "two", "The answer is forty-two."]
    talk = talks.answered(talk, talks.go_on(talk), outcome(" Surely."))
    assert talks.last_answer(talk) == "The answer is forty-two. Surely."
    assert not talks.can_go_on(talk)


def test_undo_and_retry_take_an_answer_with_its_rest_for_one() -> None:
    talk = talks.answered(CUT, talks.go_on(CUT), outcome("two."))
    assert asked(talks.ask_again(talk)) == ["one", "first", "two"]
    before = talks.undone(talk)
    assert before and before.conversation == ONE.conversation


@pytest.mark.parametrize("nothing", ["", " \n"])
def test_going_on_in_vain_changes_nothing_and_can_be_tried_again(nothing: str) -> None:
    assert talks.left_unanswered(CUT, talks.go_on(CUT)) == CUT
    talk = talks.answered(CUT, talks.go_on(CUT), outcome(nothing, Verdict.FAILED))
    assert asked(talks.go_on(talk))[:-1] == ["one", "first", "two", "The answer is forty-" + nothing]


@pytest.mark.parametrize("verdict", Verdict)
def test_an_answer_that_broke_off_can_go_on_and_one_that_was_refused_cannot(verdict: Verdict) -> None:
    broke_off = verdict in (Verdict.LENGTH, Verdict.CUT, Verdict.FAILED, Verdict.CANCELLED)
    assert talks.can_go_on(after(EMPTY, "one", "first", verdict)) == broke_off


def test_an_answer_that_is_whole_or_missing_cannot_go_on() -> None:
    assert not talks.can_go_on(ONE)
    assert not talks.can_go_on(talks.left_unanswered(CUT, talks.ask(CUT, "three")))


def test_what_the_model_repeats_is_shown_once() -> None:
    talk = after(EMPTY, "q", "It runs from east to west over the hill", Verdict.CUT)
    talk = talks.answered(talk, talks.go_on(talk), outcome("to west over the hill and ends."))
    assert talks.last_answer(talk) == "It runs from east to west over the hill and ends."


def test_short_and_drawn_repetitions_are_kept() -> None:
    for first, rest in (("no no ", "no no"), ("-" * 40, "-" * 40)):
        talk = after(EMPTY, "q", first, Verdict.CUT)
        assert talks.last_answer(talks.answered(talk, talks.go_on(talk), outcome(rest))) == first + rest


def test_a_resumed_question_without_an_answer_can_be_asked_again() -> None:
    talk = talks.gone_over_to(EMPTY, ONE.conversation, ONE.conversation.asking("two"))
    assert asked(talks.ask(talk, "three")) == ["one", "first", "three"]
    assert asked(talks.ask_again(talk)) == ["one", "first", "two"]


def test_a_new_conversation_keeps_the_choices_and_what_is_attached() -> None:
    talk = talks.begun_anew(TWO._replace(images=(CAT,), raw=True))
    assert talk.conversation == EMPTY.conversation
    assert (talk.model, talk.raw, talk.images) == ("lab/echo", True, (CAT,))


def test_tokens_add_up_where_they_are_reported() -> None:
    talk = EMPTY
    for usage in (Usage(10, 5), None, Usage(20, None, cached_tokens=3)):
        talk = talks.answered(talk, talks.ask(talk, "q"), outcome("a", usage=usage))
    assert talk.used == Usage(30, 5, None, 3)
    assert talk.last_used == Usage(20, None, None, 3)


MOVES = st.sampled_from(["ask", "fail", "cut", "retry", "go on", "go on in vain", "edit", "undo", "new"])


@given(st.lists(MOVES, max_size=12))
def test_whatever_happens_the_sides_take_turns_and_what_is_sent_ends_in_a_question(moves: list[str]) -> None:
    talk = EMPTY
    for number, move in enumerate(moves):
        ask: Ask | None = talks.ask(talk, f"q{number}")
        if move == "retry":
            ask = talks.ask_again(talk)
        elif move == "edit":
            ask = talks.ask_instead(talk, f"e{number}")
        elif move.startswith("go on"):
            ask = talks.go_on(talk) if talks.can_go_on(talk) else None
        elif move in ("undo", "new"):
            talk = (talks.undone(talk) if move == "undo" else talks.begun_anew(talk)) or talk
            continue
        if ask is None:
            continue
        roles = [message.role for message in ask.conversation.messages]
        assert roles == (["user", "assistant"] * len(roles))[: len(roles)]
        assert roles[-1] == "user"
        if move in ("fail", "go on in vain"):
            talk = talks.left_unanswered(talk, ask)
        else:
            talk = talks.answered(talk, ask, outcome(f"a{number}", Verdict.CUT if move == "cut" else Verdict.COMPLETE))


def test_a_talk_as_a_document() -> None:
    conversation = EMPTY.conversation.asking("what is it?", (CAT,)).answered("A **cat**.\n")
    assert as_markdown(conversation) == (
        "## System prompt\n\nBe brief.\n\n## Question\n\n*image: cat.png*\n\nwhat is it?\n\n## Answer\n\nA **cat**.\n"
    )


def test_the_code_of_an_answer() -> None:
    answer = (
        "`x`\n\n```python\nimport this\n```\n\n- item\n\n  ~~~\n  in a list\n  ~~~\n\n````\n```\n````\n\n```sh\ncut"
    )
    assert code_blocks(answer) == ["import this\n", "in a list\n", "```\n", "cut"]
