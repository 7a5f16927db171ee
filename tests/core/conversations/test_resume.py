from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.conversations.resume import Resumed, estimated_tokens, resumed, truncated
from chatbot.core.conversations.stored import Failure, ImageReference, Turn
from chatbot.core.events import Verdict
from chatbot.core.messages import Conversation, Image, Message
from tests.tables import each

CAT = Image("image/png", b"cat", 750, 100, "cat.png")
CAT_KEPT = ImageReference("c1", "image/png", 750, 100, "cat.png")


def turn(question: str, answer: str = "", verdict: Verdict | None = Verdict.COMPLETE, **others: Any) -> Turn:
    return Turn(0, "", 0, 0.0, question, answer=answer, verdict=verdict)._replace(**others)


def said(*turns: Turn) -> list[tuple[str, str]]:
    return [(message.role, message.text) for message in resumed(turns, {}).conversation.messages]


def test_a_conversation_is_sent_again_as_it_was() -> None:
    turns = [turn("one?", "one"), turn("two?", "two", system="be brief")]
    assert resumed(turns, {}) == Resumed(
        Conversation(
            (
                Message("user", "one?"),
                Message("assistant", "one"),
                Message("user", "two?"),
                Message("assistant", "two"),
            ),
            "be brief",
        ),
        verdict=Verdict.COMPLETE,
    )


@each("verdict", [None, Verdict.CUT, Verdict.FAILED, Verdict.CANCELLED, Verdict.LENGTH])
def test_a_cut_answer_stays_as_it_came_and_that_is_said(verdict: Verdict | None) -> None:
    interrupted = turn("why?", "because of ", verdict)
    assert said(interrupted) == [("user", "why?"), ("assistant", "because of ")]
    [notice] = resumed([interrupted], {}).remarks
    assert notice.endswith("; it is sent as far as it came")


@each("verdict", [None, Verdict.CUT, Verdict.FAILED, Verdict.EMPTY, Verdict.REFUSED])
def test_a_question_without_an_answer_is_left_out_and_the_last_one_can_be_asked_again(verdict: Verdict | None) -> None:
    failed = turn("one?", " \n", verdict, images=(CAT_KEPT,))
    assert said(failed, turn("two?", "two")) == [("user", "two?"), ("assistant", "two")]
    found = resumed([turn("zero?", "zero"), failed, failed], {"c1": b"cat"})
    assert found.remarks == ("the last question has no answer; it is left out",)
    assert found.unanswered == found.conversation.asking("one?", (CAT,))
    assert resumed([failed, turn("two?", "two")], {}).unanswered is None


def test_what_was_taken_back_is_not_sent() -> None:
    assert said(turn("one?", "one"), turn("two?", "two", withdrawn=True)) == [("user", "one?"), ("assistant", "one")]


def test_images_come_back_and_missing_ones_are_said() -> None:
    kept = turn("what?", "a cat", images=(CAT_KEPT, CAT_KEPT._replace(sha256="d2")))
    conversation, _, _, remarks = resumed([kept], {"c1": b"cat"})
    assert conversation.messages[0].attachments == (CAT,)
    assert remarks == ("attachments that are no longer kept are left out: 1",)


any_turn = st.builds(
    turn,
    st.sampled_from(["one?", "two?", "", " "]),
    st.sampled_from(["", " ", "an answer", "cut"]),
    st.sampled_from([None, *Verdict]),
    error=st.sampled_from([None, Failure("RateLimited", ""), Failure("ContextTooLong", "")]),
    withdrawn=st.booleans(),
    images=st.sampled_from([(), (CAT_KEPT,)]),
)


@given(st.lists(any_turn, max_size=8), st.booleans())
def test_the_sides_are_always_in_turn_and_a_question_is_first_and_last(turns: list[Turn], has_image: bool) -> None:
    conversation = resumed(turns, {"c1": b"cat"} if has_image else {}).conversation
    messages = conversation.asking("and now?").messages
    assert [message.role for message in messages] == ["user", "assistant"] * (len(messages) // 2) + ["user"]
    assert all(message.text.strip() or message.attachments for message in messages if message.role == "assistant")
    assert messages[-1].text.endswith("and now?")


@each(
    ("text", "tokens"),
    [("a" * 400, 100), ("天" * 100, 100), ("ж" * 300, 200), ("", 0), ("aaaa天", 2)],
)
def test_tokens_are_estimated_by_script(text: str, tokens: int) -> None:
    expected = tokens + 4 if text else 0
    assert estimated_tokens(Conversation((Message("user", text),))) == expected


def test_an_image_counts_by_its_size_up_to_a_limit() -> None:
    assert estimated_tokens(Conversation().asking("", (CAT,))) == 100
    assert estimated_tokens(Conversation().asking("", (CAT._replace(width=9000, height=9000),))) == 1600


def test_truncating_drops_the_oldest_pairs_and_keeps_the_last_question() -> None:
    conversation = Conversation(system="be brief")
    for number in range(4):
        conversation = conversation.asking(f"{number}" * 400).answered("x" * 400)
    conversation = conversation.asking("last?")
    assert truncated(conversation, 10_000) == (conversation, 0)
    shorter, dropped = truncated(conversation, 500)
    assert (dropped, shorter.system) == (4, "be brief")
    assert estimated_tokens(shorter) <= 500
    assert shorter.messages == conversation.messages[4:]
    assert truncated(conversation, 0)[0].messages == conversation.messages[-1:]
