"""Where the person is in the course: which exercise is meant, and how far it got. A fault of the file is a notice."""

from __future__ import annotations

from pathlib import Path

from chatbot.cli.history import history_folder
from chatbot.core.errors import ChatError, FileUnreadable, UsageError
from chatbot.lab.learn.exercises import Exercise, exercises
from chatbot.outside.learn.progress import Step, keep, load
from chatbot.terminal.notices import Notices


class Course:
    """The exercises, and the steps that were taken."""

    def __init__(self, notices: Notices) -> None:
        self._notices = notices
        self._folder: Path | None = None
        self._steps: dict[int, Step] = {}
        try:
            self._folder = history_folder()
            self._steps = load(self._folder)
        except FileUnreadable as error:
            notices.warn(f"{error}; it begins anew")
        except ChatError as error:
            notices.warn(str(error))

    def step(self, exercise: Exercise) -> Step:
        """How far it is with an exercise."""
        return self._steps.get(exercise.number, Step())

    def keep(self, exercise: Exercise, step: Step) -> None:
        """Keeps it, where there is a place for it."""
        self._steps[exercise.number] = step
        try:
            if self._folder:
                keep(self._folder, self._steps)
        except ChatError as error:
            self._notices.warn(str(error))

    @property
    def passed(self) -> int:
        """How many exercises are."""
        return sum(bool(self.step(exercise).passed_s) for exercise in exercises())

    @property
    def next(self) -> Exercise | None:
        """The first that is not passed; None where all are."""
        return next((exercise for exercise in exercises() if not self.step(exercise).passed_s), None)

    def find(self, number: str | None) -> Exercise:
        """The exercise of that number; without one, the one that was started last, else the next. Raises UsageError."""
        if number is None:
            started = max(exercises(), key=lambda exercise: self.step(exercise).started_s)
            return started if self.step(started).started_s else exercises()[0]
        found = {str(exercise.number): exercise for exercise in exercises()}.get(number.lstrip("0"))
        if found is None:
            last = exercises()[-1].number
            raise UsageError(
                f"there is no exercise {number}: they are numbered from 1 to {last}", advice="chat learn lists them."
            )
        return found
