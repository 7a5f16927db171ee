"""Our solutions pass, the starters fail with the sentence that leads on, and typical mistakes with their own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from chatbot.lab.learn.checking import Told, check
from chatbot.lab.learn.checks.table import CASES
from chatbot.lab.learn.exercises import Exercise, exercises
from chatbot.lab.learn.seen import Case, Row, Start
from tests.lab.learn.in_process import run_in_process
from tests.lab.learn.mistakes import MISTAKES, STARTERS, Mistake
from tests.tables import each

# The others wait, stream, or are no Python: tests/journeys/test_learn.py runs them, and test_judging.py their mistakes.
QUICK = [1, 2, 3, 4, 8, 9, 10, 11, 12]


def exercise(number: int) -> Exercise:
    return exercises()[number - 1]


def checked(text: str, of: Exercise, cases: Sequence[Case], folder: Path) -> list[Told]:
    file = folder / of.file_name
    file.write_text(text, encoding="utf-8")
    return list(check(["python", str(file)], cases, {}, folder, run_in_process))


@pytest.mark.parametrize("number", QUICK)
def test_a_solution_passes_the_whole_check(number: int, tmp_path: Path) -> None:
    told = checked(exercise(number).solution, exercise(number), CASES[number], tmp_path)
    assert [row for row in told if row.fault] == []
    assert len(told) > 1


@each("number", QUICK)
def test_a_starter_fails_with_the_sentence_that_leads_on(number: int, tmp_path: Path) -> None:
    row, sentence = STARTERS[number]
    told = checked(exercise(number).starter, exercise(number), _cases_with(number, row), tmp_path)
    assert sentence in {each.name: each.fault for each in told}[row]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: f"{mistake.number}-{mistake.name}")
def test_a_typical_mistake_fails_with_its_own_sentence(mistake: Mistake, tmp_path: Path) -> None:
    solution = exercise(mistake.number).solution
    assert mistake.right in solution
    wrong = solution.replace(mistake.right, mistake.wrong)
    told = checked(wrong, exercise(mistake.number), _cases_with(mistake.number, mistake.row), tmp_path)
    assert mistake.sentence in {each.name: each.fault for each in told}[mistake.row]


def test_a_program_is_started_more_often_until_that_tells_enough(tmp_path: Path) -> None:
    row = Row("x", lambda seen: " ".join(run.out.strip() for run in seen.runs))
    case = Case((Start(("1",)),), (row,), more=Start(("2",)), wants_more=lambda seen: len(seen.runs) < 4)
    [told] = checked("import sys; print(sys.argv[1])", exercise(1), [case], tmp_path)
    assert told.fault == "1 2 2 2 2 2 2 2 2"


def test_each_quick_exercise_has_two_mistakes_at_least() -> None:
    counted = {number: sum(mistake.number == number for mistake in MISTAKES) for number in QUICK}
    assert [number for number, count in counted.items() if count < 2] == []


def _cases_with(number: int, row: str) -> list[Case]:
    """Those that tell this row: the others take time."""
    return [case for case in CASES[number] if row in [each.name for each in case.rows]]
