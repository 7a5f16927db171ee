"""Turns are kept as they grow, and found again."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.core.conversations.stored import AmbiguousId, Failure, UnknownConversation
from chatbot.core.errors import Overloaded, RateLimited
from chatbot.core.events import Finished, Retrying, Usage, Verdict
from chatbot.outside.history.store import History
from tests.conftest import FakeTime
from tests.histories import CAT, COMPLETE, a_history, ask


@pytest.fixture
def history(tmp_path: Path, time_: FakeTime) -> Iterator[History]:
    history = a_history(tmp_path / "chat", time_.clock)
    yield history
    history.close()


def reread(history: History, conversation_id: str) -> tuple[str, str, Verdict | None]:
    """What another process would find of the last answer."""
    other = a_history(history.path.parent)
    turn = other.conversation(conversation_id).turns[-1]
    other.close()
    return turn.question, turn.answer, turn.verdict


def test_nothing_is_made_before_the_first_question(history: History) -> None:
    assert history.last_conversation_id() is None
    assert history.conversations(10) == ()
    assert history.search("word", 10) == ()
    assert history.stats().file_bytes == 0
    assert list(history.export()) == []
    with pytest.raises(UnknownConversation):
        history.find("abc")
    assert not history.path.parent.exists()


def test_the_question_is_stored_before_the_first_token(history: History) -> None:
    writing = history.begin(None, "why?")
    assert reread(history, writing.conversation_id or "") == ("why?", "", None)


def test_the_first_token_is_stored_at_once_and_the_next_ones_every_quarter_second(
    history: History, time_: FakeTime
) -> None:
    writing = history.begin(None, "why?")
    stored = []
    for number in range(6):
        writing.add(f"{number} ")
        stored.append(reread(history, writing.conversation_id or "")[1])
        time_.sleep(0.1)
    assert stored == ["0 ", "0 ", "0 ", "0 1 2 3 ", "0 1 2 3 ", "0 1 2 3 "]


def test_a_pause_of_the_server_leaves_nothing_unstored(history: History, time_: FakeTime) -> None:
    writing = history.begin(None, "why?")
    assert writing.frame() is None
    writing.add("one ")
    writing.add("two ")
    assert writing.frame() == pytest.approx(0.25)
    time_.sleep(0.3)
    assert writing.frame() is None
    assert reread(history, writing.conversation_id or "") == ("why?", "one two ", None)


def test_a_finished_turn_has_everything(history: History, time_: FakeTime) -> None:
    writing = history.begin(None, "what is this?", [CAT], "be brief", "lab", "", asked_s=time_.clock() - 1.0)
    writing.failed(Retrying(2.0, 1, Overloaded("no capacity", said="try later", status=529)))
    writing.add(reasoning="whiskers ")
    time_.sleep(3.0)
    writing.add("A cat")
    time_.sleep(1.0)
    usage = Usage(10, 20, 5, None)
    error = RateLimited("too many", status=429)
    writing.finish(Finished(Verdict.CUT, "stop", usage, error, "req_1", attempts=2, model="guide-2"))
    [turn] = history.conversation(writing.conversation_id or "").turns
    assert (turn.question, turn.answer, turn.reasoning, turn.system) == (
        "what is this?",
        "A cat",
        "whiskers ",
        "be brief",
    )
    assert (turn.verdict, turn.finish_reason, turn.usage, turn.request_id) == (Verdict.CUT, "stop", usage, "req_1")
    assert turn.error == Failure("RateLimited", "too many", 429)
    assert turn.failures == (Failure("Overloaded", "no capacity (try later)", 529, 2.0),)
    assert (turn.attempts, turn.provider, turn.model) == (2, "lab", "guide-2")
    assert (turn.first_text_s, turn.total_s, turn.created_s) == (4.0, 5.0, 1_000.0)
    assert [image.name for image in turn.images] == ["cat.png"]
    assert history.images([turn]) == {turn.images[0].sha256: CAT.data}


def test_keys_are_taken_out_of_errors(tmp_path: Path) -> None:
    history = History(
        tmp_path,
        now=lambda: 0.0,
        clock=lambda: 0.0,
        warn=pytest.fail,
        redact=lambda text: text.replace("secret", "[key]"),
    )
    writing = history.begin(None, "why?")
    writing.failed(Retrying(1.0, 1, Overloaded("busy for secret")))
    writing.finish(Finished(Verdict.FAILED, error=RateLimited("too many", said="for secret")))
    history.close()
    assert b"secret" not in history.path.read_bytes()
    assert b"[key]" in history.path.read_bytes()


def test_leaving_the_block_without_an_end_keeps_what_came_as_partial(history: History) -> None:
    with pytest.raises(BrokenPipeError), closing(history.begin(None, "why?")) as writing:
        writing.add("one ")
        writing.add("two")
        raise BrokenPipeError
    assert reread(history, writing.conversation_id or "") == ("why?", "one two", None)


def test_an_image_is_stored_once_however_often_it_is_asked_about(history: History) -> None:
    first = ask_about_the_cat(history, None)
    ask_about_the_cat(history, first)
    ask_about_the_cat(history, None)
    stats = history.stats()
    assert (stats.turns, stats.images, stats.image_bytes) == (3, 1, len(CAT.data))


def ask_about_the_cat(history: History, conversation_id: str | None) -> str:
    writing = history.begin(conversation_id, "what is this?", [CAT])
    writing.finish(COMPLETE)
    return writing.conversation_id or ""


def test_the_last_conversation_is_the_one_in_which_something_was_said_last(history: History, time_: FakeTime) -> None:
    first = ask(history)
    time_.sleep(1)
    second = ask(history)
    assert history.last_conversation_id() == second
    time_.sleep(1)
    ask(history, conversation_id=first)
    assert history.last_conversation_id() == first
    assert history.conversation(first).summary.turns == 2


def test_the_list_comes_in_pages_the_newest_first_without_gaps(history: History) -> None:
    asked = [ask(history, f"question {number}") for number in range(7)]  # all at the same time
    first = history.conversations(3)
    second = history.conversations(3, before=first[-1])
    third = history.conversations(3, before=second[-1])
    assert [len(first), len(second), len(third)] == [3, 3, 1]
    assert sorted(summary.id for summary in first + second + third) == sorted(asked)


def test_an_id_is_found_by_its_beginning_and_by_letters_that_look_alike(tmp_path: Path) -> None:
    ids = iter([bytes([0, 1, 2, 3, 4, 5]), bytes([0, 1, 9, 9, 9, 9])])
    history = History(tmp_path, now=lambda: 0.0, clock=lambda: 0.0, warn=pytest.fail, random=lambda count: next(ids))
    assert [ask(history, "first"), ask(history, "second")] == ["012345", "019999"]
    assert [history.find(prefix) for prefix in ("012345", "012", " OL2 ")] == ["012345"] * 3
    with pytest.raises(AmbiguousId, match="more than one") as caught:
        history.find("01")
    assert sorted(summary.id for summary in caught.value.candidates) == ["012345", "019999"]
    assert "012345  first" in caught.value.advice
    for wrong in ("zz", "0123456", "ü", "", "../x"):
        with pytest.raises(UnknownConversation):
            history.find(wrong)
    history.close()


def test_a_taken_id_is_not_given_twice(tmp_path: Path) -> None:
    ids = iter([bytes(6), bytes(6), bytes([1] * 6)])
    history = History(tmp_path, now=lambda: 0.0, clock=lambda: 0.0, warn=pytest.fail, random=lambda count: next(ids))
    assert [ask(history), ask(history)] == ["000000", "111111"]
    history.close()


def test_what_was_taken_back_stays_and_is_marked(history: History) -> None:
    conversation_id = ask(history, "first")
    ask(history, "second", conversation_id=conversation_id)
    assert history.withdraw_last(conversation_id, "answered")
    assert [turn.withdrawn for turn in history.conversation(conversation_id).turns] == [False, True]
    assert history.withdraw_last(conversation_id, "answered")
    assert not history.withdraw_last(conversation_id, "answered")


def test_what_is_taken_back_is_the_last_answer_whatever_failed_after_it(history: History) -> None:
    conversation_id = ask(history, "first")
    for question in ("failed", "failed too"):
        history.begin(conversation_id, question).close()
    assert history.withdraw_last(conversation_id, "unanswered")
    assert history.withdraw_last(conversation_id, "answered")
    assert [turn.withdrawn for turn in history.conversation(conversation_id).turns] == [True, False, True]


def test_an_answer_that_was_interrupted_is_one(history: History) -> None:
    with closing(history.begin(None, "first")) as writing:
        writing.add("half an ")
    assert history.withdraw_last(writing.conversation_id or "", "answered")


def test_an_answer_that_begins_anew_writes_nothing_before_its_first_text(history: History, time_: FakeTime) -> None:
    writing = history.begin(None, "why?")
    writing.goes_on_from("")
    assert writing.frame() is None
    time_.sleep(0.1)
    writing.add("one ")
    assert reread(history, writing.conversation_id or "") == ("why?", "one ", None), "the first text at once"


def test_an_answer_that_goes_on_is_stored_as_a_whole(history: History) -> None:
    with closing(history.begin(None, "why?")) as writing:
        writing.goes_on_from("because of ")
        writing.add("because of gravity")
        assert reread(history, writing.conversation_id or "") == ("why?", "because of because of gravity", None)
        writing.finish(COMPLETE, "because of gravity")
    assert reread(history, writing.conversation_id or "") == ("why?", "because of gravity", Verdict.COMPLETE)


def test_the_system_prompt_is_stored_once(history: History) -> None:
    for _ in range(3):
        history.begin(None, "why?", system="a long prompt").finish(COMPLETE)
    history.close()
    connection = sqlite3.connect(history.path)
    assert connection.execute("SELECT count(*) FROM system_prompt").fetchone() == (1,)
    connection.close()


def test_every_write_is_durable_as_promised(history: History) -> None:
    ask(history)
    connection = sqlite3.connect(history.path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


@settings(max_examples=30)
@given(question=st.text(st.characters(codec=None)), answer=st.text(st.characters(codec=None)))
def test_any_text_can_be_kept(question: str, answer: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        history = a_history(Path(folder))
        [turn] = history.conversation(ask(history, question, answer)).turns
        history.close()
    for kept, given_text in ((turn.question, question), (turn.answer, answer)):
        assert kept == given_text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def test_a_list_knows_how_each_last_answer_ended_and_counts_what_was_not_taken_back(history: History) -> None:
    whole = ask(history)
    stopped = ask(history)
    history.begin(stopped, "and?").finish(Finished(Verdict.CANCELLED))
    growing = ask(history)
    history.begin(growing, "and?").flush()
    taken_back = ask(history)
    history.begin(taken_back, "and?").finish(Finished(Verdict.FAILED))
    history.withdraw_last(taken_back, "unanswered")
    nothing_left = ask(history)
    history.withdraw_last(nothing_left, "answered")
    assert {summary.id: (summary.turns, summary.ending) for summary in history.conversations(9)} == {
        whole: (1, Verdict.COMPLETE),
        stopped: (2, Verdict.CANCELLED),
        growing: (2, "partial"),
        taken_back: (1, Verdict.COMPLETE),
        nothing_left: (0, None),
    }
    assert history.conversation(stopped).summary.ending is Verdict.CANCELLED
