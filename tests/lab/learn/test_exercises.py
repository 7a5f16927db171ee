"""The exercises are whole, short, and say what to do."""

from __future__ import annotations

import re

from chatbot.lab import guide
from chatbot.lab.learn.checks.table import CASES
from chatbot.lab.learn.exercises import Exercise, exercises
from tests.tables import each

MOST_WORDS = 450  # two minutes of reading


def test_there_are_thirteen_in_their_order_and_each_is_checked() -> None:
    assert [exercise.number for exercise in exercises()] == list(range(1, 14)) == list(CASES)
    assert [exercise.file_name for exercise in exercises()][::12] == ["01_models.py", "13_relay.mjs"]


@each("exercise", exercises())
def test_a_page_is_two_minutes_of_reading_and_says_what_to_do_and_to_read(exercise: Exercise) -> None:
    assert 150 < len(exercise.page.split()) <= MOST_WORDS
    assert "**To do.**" in exercise.page
    assert "**To read.**" in exercise.page
    assert len(exercise.hints) >= 3


@each("exercise", exercises())
def test_the_guide_has_something_to_say_for_the_last_hint(exercise: Exercise) -> None:
    assert guide.answer(exercise.about, guide.manual()).startswith(f"## {exercise.about}")


@each("exercise", exercises())
def test_a_starter_is_begun_and_not_done_and_a_solution_is_a_program(exercise: Exercise) -> None:
    assert "To do:" in exercise.starter
    assert "To do:" not in exercise.solution
    assert f"Exercise {exercise.number}:" in exercise.starter
    assert f"Exercise {exercise.number}:" in exercise.solution
    if exercise.language == "python":
        compile(exercise.starter, exercise.file_name, "exec")
        compile(exercise.solution, exercise.file_name, "exec")


def test_a_page_names_no_variable_that_the_starter_does_not_read() -> None:
    for exercise in exercises():
        named = set(re.findall(r"`([A-Z]+_[A-Z_]+)`", exercise.page))
        read = exercise.starter + exercise.solution
        missing = {name for name in named if name not in read and name.partition("_")[2] not in ("BASE_URL", "API_KEY")}
        assert missing - {"OPENAI_MODEL"} == set(), exercise.name
