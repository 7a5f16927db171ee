"""Forks, deletions, exports and imports: the others stay as they are."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.core.conversations.stored import UnknownConversation
from chatbot.core.errors import Overloaded, UsageError
from chatbot.core.events import Finished, Retrying, Usage, Verdict
from chatbot.outside.history.store import History
from tests.histories import CAT, COMPLETE, a_history, ask


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    history = a_history(tmp_path / "here")
    yield history
    history.close()


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[History]:
    history = a_history(tmp_path / "elsewhere")
    yield history
    history.close()


def three_turns(history: History) -> str:
    conversation_id = ask(history, "first")
    ask(history, "second", conversation_id=conversation_id)
    return ask(history, "third", conversation_id=conversation_id)


def everything(history: History) -> str:
    writing = history.begin(
        None, "what is this?", [CAT, CAT._replace(data=b"a dog", name="dog")], "be brief", "lab", "m"
    )
    writing.failed(Retrying(2.0, 1, Overloaded("no capacity", status=529)))
    writing.add("A cat", "whiskers")
    writing.finish(Finished(Verdict.CUT, "stop", Usage(1, 2), Overloaded("gone"), "req_1", 2))
    conversation_id = writing.conversation_id or ""
    ask(history, "and this?", "a dog", conversation_id)
    history.withdraw_last(conversation_id, "answered")
    partial = history.begin(conversation_id, "again?")
    partial.add("it is")
    partial.flush()
    return conversation_id


def questions(history: History, conversation_id: str) -> list[str]:
    return [turn.question for turn in history.conversation(conversation_id).turns]


def test_a_fork_has_the_turns_up_to_its_point_and_the_original_stays(history: History) -> None:
    original = three_turns(history)
    before = history.conversation(original)
    fork = history.fork(original, upto=1)
    ask(history, "another way", conversation_id=fork)
    assert questions(history, fork) == ["first", "second", "another way"]
    assert history.conversation(fork).summary.forked_from == original
    assert history.conversation(original) == before


def test_a_fork_leaves_out_what_was_taken_back(history: History) -> None:
    original = three_turns(history)
    history.withdraw_last(original, "answered")
    fork = history.fork(original)
    assert questions(history, fork) == ["first", "second"]
    assert [turn.position for turn in history.conversation(fork).turns] == [0, 1]


def test_a_fork_keeps_images_and_unfinished_answers(history: History) -> None:
    fork = history.fork(everything(history))
    first, last = history.conversation(fork).turns
    assert history.images([first]).keys() == {image.sha256 for image in first.images}
    assert (last.answer, last.verdict) == ("it is", None)
    assert history.stats().images == 2


def test_there_is_no_fork_of_nothing(history: History) -> None:
    with pytest.raises(UnknownConversation):
        history.fork("000000")
    with pytest.raises(UnknownConversation, match="no turn"):
        history.fork(three_turns(history), upto=-1)


def test_deleting_takes_the_conversation_and_what_only_it_used(history: History) -> None:
    deleted = everything(history)
    fork = history.fork(deleted)
    kept = ask(history)
    assert history.delete([deleted, "000000"]) == 1
    assert history.stats().images == 2
    assert history.delete([fork]) == 1
    assert [summary.id for summary in history.conversations(10)] == [kept]
    assert history.stats().images == 0
    with pytest.raises(UnknownConversation):
        history.conversation(deleted)


def test_what_was_deleted_is_nowhere_in_the_files(history: History) -> None:
    conversation_id = ask(history, "a most secret question", "with a most secret answer")
    kept = ask(history, "something else")
    files = list(history.path.parent.iterdir())
    assert any(b"most secret" in file.read_bytes() for file in files)
    history.delete([conversation_id])
    assert not any(word in file.read_bytes() for file in files for word in (b"most secret", b"secret"))
    assert [hit.conversation_id for hit in history.search("something", 5)] == [kept]


def test_an_export_can_be_read_back_and_is_the_same_again(history: History, elsewhere: History) -> None:
    ids = [everything(history), three_turns(history)]
    exported = json.loads(json.dumps(list(history.export())))
    assert [plain["id"] for plain in exported] == ids
    imported = elsewhere.import_(exported)
    assert (imported.added, imported.known) == (tuple(ids), 0)
    assert list(elsewhere.export()) == exported
    turn = elsewhere.conversation(ids[0]).turns[0]
    assert set(elsewhere.images([turn]).values()) == {CAT.data, b"a dog"}
    assert len(elsewhere.search("again", 5)) == len(elsewhere.search("cat", 5)) == 1


def test_only_what_was_asked_for_is_exported(history: History) -> None:
    three_turns(history)
    chosen = ask(history)
    assert [plain["id"] for plain in history.export([chosen])] == [chosen]


def test_importing_twice_adds_nothing(history: History, elsewhere: History) -> None:
    three_turns(history)
    exported = list(history.export())
    elsewhere.import_(exported)
    assert elsewhere.import_(exported) == ((), 1)
    assert history.import_(exported) == ((), 1)


def test_a_conversation_that_has_grown_since_is_still_known(history: History) -> None:
    conversation_id = ask(history)
    exported = list(history.export())
    ask(history, "more", conversation_id=conversation_id)
    assert history.import_(exported).known == 1


def test_an_import_with_a_taken_id_gets_a_new_one_and_touches_nothing(history: History, elsewhere: History) -> None:
    [exported] = [*elsewhere.export([three_turns(elsewhere)])]
    own = ask(history, "mine")
    [added] = history.import_([exported | {"id": own}]).added
    assert added != own
    assert questions(history, own) == ["mine"]
    assert questions(history, added) == ["first", "second", "third"]


@pytest.mark.parametrize("taken", ["", "../..", "ABCDEF", "toolong1"])
def test_an_import_with_an_unusable_id_gets_a_new_one(history: History, elsewhere: History, taken: str) -> None:
    [exported] = [*elsewhere.export([ask(elsewhere)])]
    [added] = history.import_([exported | {"id": taken}]).added
    assert history.find(added) == added


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def sample() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        history = a_history(Path(folder))
        plain: dict[str, Any] = next(history.export([everything(history)]))
        history.close()
    return plain


@pytest.fixture(scope="module")
def reused(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    """A history that is empty again after each example."""
    history = a_history(tmp_path_factory.mktemp("reused"))
    yield history
    history.close()


@settings(max_examples=100)
@given(data=st.data())
def test_an_import_of_anything_else_is_one_sentence(
    reused: History, sample: dict[str, Any], data: st.DataObject
) -> None:
    """A field of an export, at any depth, is replaced by any value of JSON."""
    plain = json.loads(json.dumps(sample))
    holder: Any = plain
    field: Any = data.draw(st.sampled_from(sorted(plain)))
    while holder[field] and isinstance(holder[field], dict | list) and data.draw(st.booleans()):
        holder = holder[field]
        keys: list[Any] = sorted(holder) if isinstance(holder, dict) else list(range(len(holder)))
        field = data.draw(st.sampled_from(keys))
    holder[field] = data.draw(json_values)
    try:
        [added] = reused.import_([plain]).added
        assert json.dumps(list(reused.export([added])))
        reused.delete([added])
    except UsageError as error:
        assert str(error)
    assert reused.conversations(1) == ()


def test_what_is_no_export_is_refused(history: History) -> None:
    wrong: list[object] = [None, [], "text", {}, {"format": "another"}]
    for plain in wrong:
        with pytest.raises(UsageError):
            history.import_([plain])
    assert history.conversations(1) == ()


def test_a_damaged_image_is_refused(history: History, sample: dict[str, Any]) -> None:
    images = dict.fromkeys(sample["images"], "AAAA")
    with pytest.raises(UsageError, match="damaged"):
        history.import_([sample | {"images": images}])


def test_an_answer_of_another_process_goes_on_while_conversations_are_changed(tmp_path: Path) -> None:
    writing_one, other = a_history(tmp_path), a_history(tmp_path)
    writing = writing_one.begin(None, "why?")
    writing.add("be")
    ask(other)
    other.delete([other.fork(writing.conversation_id or "")])
    writing.add("cause")
    writing.finish(COMPLETE)
    assert other.conversation(writing.conversation_id or "").turns[0].answer == "because"
    writing_one.close()
    other.close()


def test_conversations_that_ask_the_same_of_other_models_know_each_other(tmp_path: Path) -> None:
    history = a_history(tmp_path)
    first, second, third, alone = (ask(history, f"question {number}") for number in range(4))
    history.compare([second, third], first)
    assert [each.id for each in history.compared(first)] == [second, third]
    assert [each.id for each in history.compared(third)] == [first, second]
    assert history.compared(alone) == [] == history.compared("nosuch")
    history.compare([alone], third)
    assert {each.id for each in history.compared(alone)} == {first, second, third}
    history.delete([first])
    assert {each.id for each in history.compared(second)} == {third, alone}
    plain = list(history.export([second]))
    other = a_history(tmp_path / "other")
    assert other.import_(plain).added == (second,)
    assert other.conversation(second).summary.compared_to == first
    other.close()
    history.close()


def test_a_conversation_brought_forward_is_the_last_one(tmp_path: Path) -> None:
    history = a_history(tmp_path)
    first, second = ask(history, "one"), ask(history, "two")
    assert history.last_conversation_id() == second
    history.bring_forward(first)
    assert history.last_conversation_id() == first
    history.close()
