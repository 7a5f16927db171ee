from chatbot.core.events import Finished, TextDelta, Verdict
from chatbot.core.messages import Conversation
from chatbot.core.options import Options
from chatbot.layers.recited import recited
from tests.conftest import FakeTime

OPTIONS = Options("m")


def test_the_pieces_come_as_an_answer_that_is_complete(time_: FakeTime) -> None:
    events = list(recited(["one ", "two"])(Conversation(), OPTIONS, time_.sleep))
    assert events == [
        TextDelta("one "),
        TextDelta("two"),
        Finished(Verdict.COMPLETE, has_text=True, model="m"),
    ]
    assert time_.slept == []


def test_they_come_at_the_speed_of_a_model(time_: FakeTime) -> None:
    list(recited(["12345678", "1234"], tokens_per_s=10)(Conversation(), OPTIONS, time_.sleep))
    assert time_.slept == [0.2, 0.1]


def test_no_text_is_an_empty_answer(time_: FakeTime) -> None:
    assert list(recited([])(Conversation(), OPTIONS, time_.sleep)) == [Finished(Verdict.EMPTY, model="m")]
