"""An answer in which the model called tools: what of it is kept, and when; and how it is gone on with."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from chatbot.core.calls.steps import MadeCall, Step
from chatbot.core.conversations.resume import resumed, truncated
from chatbot.core.events import (
    Finished,
    StepFinished,
    ToolEvent,
    ToolFinished,
    ToolStarted,
    Usage,
    Verdict,
)
from chatbot.core.messages import Conversation, ProviderItems
from chatbot.core.tools.calling import ToolCall, ToolResult
from chatbot.outside.history.opening import Opener
from chatbot.outside.history.place import NAME
from chatbot.outside.history.schema import STEPS
from chatbot.outside.history.store import History
from chatbot.terminal.documents.export import as_markdown as talk_as_markdown
from chatbot.terminal.documents.transcript import as_markdown
from tests.histories import COMPLETE, a_history, ask

ITEMS = ProviderItems("anthropic", "Anthropic", "m", '[{"signature":"s"}]')
LONDON, PARIS = ToolCall("c1", "weather", '{"city": "London"}'), ToolCall("c2", "weather", '{"city": "Paris"}')
ROME = PARIS._replace(arguments='{"city": "Rome"}')
RAIN = ToolResult("c1", "weather", "rain")
EVENTS: list[ToolEvent] = [
    StepFinished(COMPLETE._replace(usage=Usage(5, 1), attempts=2, items=ITEMS), (LONDON, PARIS)),
    ToolStarted(LONDON),
    ToolStarted(ROME),
    ToolFinished(RAIN, 0.5),
    ToolFinished(ToolResult("c2", "weather", "```\nno", is_error=True), 0.25),
]
CALLS = (
    MadeCall(LONDON, True, None, RAIN, 0.5),
    MadeCall(PARIS, True, ROME, ToolResult("c2", "weather", "```\nno", True), 0.25),
)
STEP = Step("Let me see.", "Hm.", CALLS, Usage(5, 1), 2, ITEMS)


@pytest.fixture
def history(tmp_path: Path) -> History:
    return a_history(tmp_path)


def written(history: History, *events: ToolEvent, answer: str = "", finished: Finished | None = None) -> str:
    """Stores a turn as it grows; without an end, as a program leaves it that is killed."""
    writing = history.begin(None, "Weather?", (), None, "openai", "m")
    writing.add("Let me ", "Hm.")
    writing.add("see.")
    for event in events:
        writing.tool(event)
    if answer:
        writing.add(answer)
        writing.flush()
    if finished:
        writing.finish(finished)
    assert writing.conversation_id
    return writing.conversation_id


def conversation(history: History, conversation_id: str) -> Conversation:
    return resumed(history.conversation(conversation_id).turns, {}).conversation


def test_steps_are_kept_and_given_back_in_their_order(history: History, tmp_path: Path) -> None:
    found = written(history, *EVENTS, answer="Rain.", finished=COMPLETE)
    (turn,) = history.conversation(found).turns
    assert turn.steps == (STEP,) and turn.answer == "Rain." and turn.reasoning == ""
    exported = json.loads(json.dumps(list(history.export())))
    other = a_history(tmp_path / "other")
    assert other.import_(exported).added == (found,) and list(other.export()) == exported
    copy = history.fork(found)
    assert history.conversation(copy).turns[0].steps == (STEP,)
    history.delete([found, copy])
    with sqlite3.connect(tmp_path / NAME) as connection:
        counts = [
            connection.execute(f"SELECT count(*) FROM {table}").fetchone() for table in ("tool_step", "tool_call")
        ]
    assert counts == [(0,), (0,)]


def test_what_a_killed_program_had_called_is_there_at_every_moment(history: History) -> None:
    """Read by others while nothing is finished, flushed or closed."""
    for count in range(1, len(EVENTS) + 1):
        (turn,) = history.conversation(written(history, *EVENTS[:count])).turns
        (step,) = turn.steps
        assert turn.verdict is None and turn.answer == "" and step.text == "Let me see."
        assert [made.is_started for made in step.calls] == [count > 1, count > 2]
        assert [made.result is not None for made in step.calls] == [count > 3, count > 4]


def test_a_finished_call_is_not_made_again_and_one_that_never_ended_is_told_as_such(history: History) -> None:
    found = written(history, *EVENTS[:2])
    asked = conversation(history, found).asking("Go on.")
    question, called, results = asked.messages
    assert question.text == "Weather?" and called.calls == (LONDON, PARIS) and called.items == ITEMS
    assert [result.is_error for result in results.results] == [True, True] and results.text == "Go on."
    assert results.results[0].text == "this call was interrupted: nobody knows how much of it was done"
    assert results.results[1].text == "this call was not made: the answer was stopped before"
    finished = conversation(history, written(history, *EVENTS)).messages[-1]
    assert finished.results[0] == RAIN and not finished.text


def test_what_came_of_the_answer_after_the_steps_is_the_answer(history: History) -> None:
    found = written(history, *EVENTS, answer="It rai")
    (turn,) = history.conversation(found).turns
    assert turn.answer == "It rai" and turn.steps == (STEP,)
    assert conversation(history, found).messages[-1].text == "It rai"


def test_a_transcript_shows_calls_and_results_in_fences_that_they_cannot_end(history: History) -> None:
    found = written(history, *EVENTS, answer="Rain.", finished=COMPLETE)
    shown = as_markdown(history.conversation(found), str)
    at = [
        shown.index(part)
        for part in ("Let me see.", "*tool: weather*", '"London"', "rain", '"Rome"', "````\n```\nno\n````", "Rain.")
    ]
    assert at == sorted(at)
    exported = talk_as_markdown(conversation(history, found))
    assert "````\n```\nno\n````" in exported and exported.index('"Paris"') < exported.index("rain") < exported.index(
        "Rain."
    )


def test_old_turns_are_left_out_with_their_calls(history: History) -> None:
    talk = conversation(history, written(history, *EVENTS)).asking("Go on. " * 50).answered("Yes.").asking("And?")
    assert [message.text for message in truncated(talk, 1)[0].messages] == ["And?"]
    kept, dropped = truncated(talk, 120)
    assert dropped == 2 and kept.messages[0].text.startswith("Go on.") and kept.messages[0].results == ()


def test_a_history_of_before_gets_the_tables_and_a_copy_of_the_old_one_is_kept(tmp_path: Path) -> None:
    old = Opener(tmp_path, lambda: 0.0, steps=STEPS[:5]).for_writing().connection
    old.close()
    history = a_history(tmp_path)
    found = written(history, *EVENTS, answer="Rain.", finished=COMPLETE)
    assert history.conversation(found).turns[0].steps == (STEP,)
    assert (tmp_path / f"{NAME}.version-5").exists()
    assert history.conversation(ask(history)).turns[0].steps == () and COMPLETE.verdict is Verdict.COMPLETE
