"""Several processes at once, and processes that die."""

from __future__ import annotations

import os
import random
import sqlite3
import time
from pathlib import Path

import pytest

from chatbot.outside.history.place import NAME
from tests.histories import a_history, output_of, script

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def test_four_processes_with_a_hundred_turns_each_make_four_hundred_rows(tmp_path: Path) -> None:
    code = """
def work(process):
    h = history()
    conversation_id = None
    for number in range(100):
        writing = h.begin(conversation_id, f"question {process}.{number}")
        writing.add("answer ")
        writing.add(f"{process}.{number}")
        writing.finish(COMPLETE)
        conversation_id = writing.conversation_id
    h.close()
in_processes(4, work)
"""
    assert output_of(code, tmp_path) == ""
    history = a_history(tmp_path)
    conversations = [history.conversation(summary.id) for summary in history.conversations(10)]
    assert [conversation.summary.turns for conversation in conversations] == [100] * 4
    for conversation in conversations:
        asked = [turn.question.removeprefix("question ") for turn in conversation.turns]
        assert asked == [f"{asked[0][0]}.{number}" for number in range(100)]
        assert [turn.answer.removeprefix("answer ") for turn in conversation.turns] == asked
    assert len(history.search("question", 1000)) == 400
    history.close()


def test_two_processes_in_the_same_conversation_lose_nothing(tmp_path: Path) -> None:
    code = """
h = history()
first = h.begin(None, "first")
first.finish(COMPLETE)
h.close()
def work(process):
    h = history()
    for number in range(25):
        h.begin(first.conversation_id, f"{process}.{number}").finish(COMPLETE)
in_processes(2, work)
"""
    assert output_of(code, tmp_path) == ""
    history = a_history(tmp_path)
    turns = history.conversation(history.last_conversation_id() or "").turns
    assert [turn.position for turn in turns] == list(range(51))
    history.close()


@pytest.mark.parametrize("garbage", [False, True], ids=["first run", "damaged file"])
def test_six_processes_that_begin_at_once_make_one_database(tmp_path: Path, garbage: bool) -> None:
    code = """
def work(process):
    h = history()
    h.begin(None, f"question {process}").finish(COMPLETE)
for round in range(5):
    folder = Path(sys.argv[1]) / str(round)
    folder.mkdir(mode=0o700)
    if GARBAGE:
        (folder / "history.db").write_bytes(b"garbage" * 1000)
    sys.argv[1], kept = str(folder), sys.argv[1]
    in_processes(6, work)
    sys.argv[1] = kept
"""
    output = output_of(f"GARBAGE = {garbage}\n{code}", tmp_path)
    assert output.count("warned") == output.count("was damaged") == (5 if garbage else 0)
    for folder in tmp_path.iterdir():
        history = a_history(folder)
        assert len(history.conversations(10)) == 6
        history.close()
        assert len([path for path in folder.glob(f"{NAME}.corrupt-*") if b"garbage" in path.read_bytes()]) == garbage


WRITE_SLOWLY = """
writing = history().begin(None, "why?")
for number in range(2_000):
    time.sleep(0.004)
    os.write(1, f"{number} {time.monotonic()}\\n".encode())
    writing.add(f"{number} ")
"""


def test_a_killed_process_loses_at_most_300_ms_of_its_answer(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(4)]
    processes = [script(WRITE_SLOWLY, folder) for folder in folders]
    for folder, process in zip(folders, processes, strict=True):
        assert process.stdout
        process.stdout.readline()
        time.sleep(random.uniform(0.05, 0.4))
        process.kill()
        received = [line.split() for line in process.communicate(timeout=30)[0].splitlines()]
        connection = sqlite3.connect(folder / NAME)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()
        history = a_history(folder)
        [turn] = history.conversation(history.last_conversation_id() or "").turns
        assert (turn.question, turn.verdict) == ("why?", None)
        stored = len(turn.answer.split())
        lost = [float(at_s) for number, at_s in received if int(number) >= stored]
        assert not lost or lost[-1] - lost[0] <= 0.3
        assert [hit.side for hit in history.search("why?", 5)] == ["user"]
        assert stored == 0 or [hit.side for hit in history.search("0", 5)] == ["assistant"]
        history.close()
