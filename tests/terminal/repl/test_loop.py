"""The loop of a session: what is typed is asked, done or told, and nothing but leaving ends it."""

from __future__ import annotations

import pytest

from chatbot.core.errors import ChatError, OutputUnwritable
from chatbot.core.events import Usage, Verdict
from chatbot.terminal.repl.state import ReplState
from tests.tables import each
from tests.terminal.pretended import CAT, Pretended, lines_of, outcome, refused


def test_questions_are_asked_with_what_was_said_before() -> None:
    session = Pretended("first", "second")
    state = session.type("one", "two")
    assert session.texts() == ["one", "first", "two"]
    assert [message.text for message in state.conversation.messages] == ["one", "first", "two", "second"]


@each("word", ["/exit", "/quit", "exit", "quit", "Quit", ":q", ".exit", "!exit"])
def test_these_words_leave(word: str) -> None:
    session = Pretended()
    session.type(word, "never read")
    assert session.asks == []
    assert len(session.statuses) == 1


def test_ctrl_d_leaves() -> None:
    session = Pretended()
    session.type(EOFError, "never read")
    assert session.asks == []


def test_ctrl_c_at_the_prompt_keeps_the_conversation() -> None:
    session = Pretended()
    session.type("one", KeyboardInterrupt, "two")
    assert session.texts() == ["one", "answer 1", "two"]


def test_ctrl_c_twice_in_a_second_leaves() -> None:
    session = Pretended()
    session.type(KeyboardInterrupt, KeyboardInterrupt, "never read")
    assert session.asks == []
    assert "leaves" in session.told


def test_ctrl_c_twice_with_time_between_does_not_leave() -> None:
    session = Pretended()
    ticks = iter([100.0, 101.5, 102.0, 103.0])
    session.actions = session.actions._replace(clock=lambda: next(ticks))
    session.type(KeyboardInterrupt, KeyboardInterrupt, "one")
    assert session.texts() == ["one"]


def test_nothing_typed_asks_nothing() -> None:
    session = Pretended()
    session.type("", "   ", "\n", KeyboardInterrupt, "", KeyboardInterrupt, "one")
    assert len(session.asks) == 1


def test_an_image_alone_is_a_question() -> None:
    session = Pretended()
    session.type("/image cat.png", "")
    assert session.asks[0].conversation.messages[0].attachments == (CAT,)


def test_an_unknown_command_is_not_sent_and_the_nearest_is_named() -> None:
    session = Pretended()
    session.type("/modle gpt-5", "/xyzzy")
    assert session.asks == []
    told = lines_of(session.told)
    assert told[0] == "there is no command /modle"
    assert told[1].startswith("Did you mean /model?")
    assert told[3].startswith("/help lists the commands.")


@each("text", ["/etc/hosts is broken", "/etc is full", "/exit\nis what I pasted", "!important"])
def test_text_that_only_looks_like_a_command_is_sent(text: str) -> None:
    session = Pretended()
    session.type(text)
    assert session.texts() == [text]


def test_a_blank_in_front_sends_a_command_as_text() -> None:
    session = Pretended()
    session.type(" /exit", "//help")
    assert session.texts() == ["/exit", "answer 1", "/help"]


@each("error", [refused(), KeyboardInterrupt(), ValueError("a fault"), outcome("", Verdict.FAILED)])
def test_no_error_ends_the_session(error: BaseException) -> None:
    session = Pretended("first", error)
    session.type("one", "two", "three")
    assert session.texts() == ["one", "first", "three"]


def test_an_error_is_told_and_the_question_stays_in_reach() -> None:
    session = Pretended("first", refused(), "second")
    state = session.type("one", "two", "/retry")
    assert "asks for fewer requests" in session.told
    assert "/retry asks it again" in session.told
    assert session.texts() == ["one", "first", "two"]
    assert state.unanswered is None


def test_a_fault_of_ours_is_told_as_such() -> None:
    session = Pretended(ValueError("a fault"))
    session.type("one")
    assert "a fault of chat itself: ValueError: a fault" in session.told


def test_what_is_told_is_harmless() -> None:
    session = Pretended(refused("bad \x1b]0;title\x07 words"))
    session.type("one", "/\x1bmodel", "/models \x1b[31m")
    assert "\x1b" not in session.told and "\x07" not in session.told


@pytest.mark.parametrize("gone", [BrokenPipeError(), OutputUnwritable("the disk is full")], ids=repr)
def test_without_standard_output_there_is_no_session(gone: BaseException) -> None:
    session = Pretended(gone)
    with pytest.raises(type(gone)):
        session.type("one", "two")
    assert len(session.asks) == 1


def test_a_part_that_was_stopped_is_kept_and_what_can_be_done_is_told() -> None:
    session = Pretended(outcome("a part", Verdict.CANCELLED))
    session.type("one", "two")
    assert session.texts() == ["one", "a part", "two"]
    assert session.told == "chat: stopped; /continue goes on, /retry asks again\n"


def test_a_first_question_is_asked_before_anything_is_typed() -> None:
    session = Pretended()
    session.type("two", first="one", state=ReplState(attachments=(CAT,)))
    assert session.texts() == ["one", "answer 1", "two"]
    assert session.asks[0].conversation.messages[0].attachments == (CAT,)
    assert session.statuses[0].attached == 0


def test_a_first_question_that_fails_does_not_end_the_session() -> None:
    session = Pretended(ChatError("no"))
    session.type("two", first="one")
    assert session.texts() == ["two"]


def test_the_prompt_knows_model_tokens_and_attachments() -> None:
    session = Pretended(outcome("a", usage=Usage(10, 5)))
    session.type("one", "/model slow", "/file notes.md")
    assert [(status.model, status.used.input_tokens, status.attached) for status in session.statuses] == [
        ("lab/echo", None, 0),
        ("lab/echo", 10, 0),
        ("lab/slow", 10, 0),
        ("lab/slow", 10, 1),
    ]


def test_what_is_typed_can_be_encoded() -> None:
    session = Pretended()
    session.type("caf\udcc3\udca9 \ud800 \0")
    assert session.texts() == ["café \ufffd "]


@each("line", ["/new tell me of cats", "/undo it", "/retry shorter", "/q no"])
def test_a_command_that_takes_nothing_does_nothing_when_something_follows(line: str) -> None:
    session = Pretended()
    session.type("one", line, "two")
    assert session.texts() == ["one", "answer 1", "two"]
    assert session.called == []
    assert "takes nothing" in session.told and "Nothing was done." in session.told
