"""What a person or a program is told of several answers: on a terminal, as JSON, in files, and beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from textwrap import wrap
from typing import Any

from chatbot.cli.ask.arguments import Arguments
from chatbot.cli.ask.recorder import RecordingView
from chatbot.cli.ask.views import Below, guarded_view
from chatbot.cli.output import stdio
from chatbot.cli.output.screen import pausing, this_screen
from chatbot.cli.several.boards import GuardedColumns, NoView, StatusLine
from chatbot.cli.several.files import AnswerFiles
from chatbot.cli.several.member import AskedModel
from chatbot.core.cost.price import cost_usd
from chatbot.core.errors import FileUnwritable
from chatbot.core.events import Finished, Usage, Verdict
from chatbot.core.json_text import dumps
from chatbot.outside.desktop.keyboard import SilentKeyboard
from chatbot.outside.desktop.signals import Interrupts
from chatbot.records import NamedTuple
from chatbot.terminal.answer.json_view import as_json
from chatbot.terminal.answer.show_events import AnswerResult, View
from chatbot.terminal.best_effort import BestEffort
from chatbot.terminal.failures import EXIT_CODES, exit_code, verdict_lines
from chatbot.terminal.markdown.row import Row
from chatbot.terminal.notices import Notices
from chatbot.terminal.screen import Screen
from chatbot.terminal.several.columns import LEAST_COLUMN_CELLS, Columns, column_cells
from chatbot.terminal.several.in_turn import InTurn
from chatbot.terminal.several.progress import Progress, StatusRows
from chatbot.terminal.several.show_all import Board
from chatbot.terminal.several.word_diff import word_diff
from chatbot.terminal.several.words import footer, head, marked

_CANNOT_TELL = "how an answer ended cannot be told"


def with_line_end(text: str) -> str:
    """The text with a newline at its end."""
    return text if text.endswith("\n") else text + "\n"


class Begun(NamedTuple):
    """What there is once they are asked. `wake` ends the wait for the next event."""

    progresses: Sequence[Progress]
    recordings: Sequence[RecordingView | None]
    wake: Callable[[], None]
    interrupts: Interrupts
    keyboard: SilentKeyboard
    best_effort: BestEffort


class Telling:
    """`draws`: on a terminal, else for a program. `files` get the texts."""

    def __init__(
        self,
        models: Sequence[AskedModel],
        arguments: Arguments,
        notices: Notices,
        files: AnswerFiles | None,
        *,
        draws: bool,
    ) -> None:
        self.notices, self.draws = notices, draws
        self._models, self._files = models, files
        self._shown, self._several = arguments.shown, arguments.several
        self._screen = this_screen(self._shown.color)
        self._misfits: dict[str, int] = {}  # exit codes of what does not fit the schema, by name
        self._code = 0  # of what cannot be written
        self._has_begun = False
        self._are_apart = draws and not self._several.race  # each under its own head

    def board(self, begun: Begun) -> Board:
        """What shows them: in turn, side by side, or each when it has ended."""
        progresses, best_effort = begun.progresses, begun.best_effort
        end = partial(self._end_turn, begun)
        if self._several.columns and not self.draws:
            self.notices.warn("--columns is for a terminal")
        if not self.draws or self._several.race:
            line = StatusLine(progresses)
            line.board = InTurn(progresses, partial(self._turn_of_ended, begun, line.withdraw), end, as_they_end=True)
            return line
        status = StatusRows([])

        def below(now_s: float, screen: Screen) -> list[Row]:
            status.progresses = [progresses[number] for number in in_turn.waiting]
            return status.rows(now_s, screen)

        in_turn = InTurn(progresses, lambda number: self._turn(begun, number, below), end)
        if not self._several.columns or not self._has_room():
            return in_turn
        pause = pausing(begun.interrupts, begun.keyboard)
        self._are_apart = False
        self.notices.apart = True
        columns = Columns(self._screen, stdio.write_answer, progresses, stdio.size, pause)
        return GuardedColumns(columns, in_turn, end, best_effort)

    def _has_room(self) -> bool:
        cells = column_cells(self._screen.width, len(self._models))
        if self._screen.live and not self._shown.raw and cells >= LEAST_COLUMN_CELLS:
            return True
        reason = f"columns need {LEAST_COLUMN_CELLS} cells each, and have {cells}"
        if not self._screen.live or self._shown.raw:
            reason = "columns need a terminal that is drawn on"
        self.notices.warn(f"{reason}: the answers stand one below the other")
        return False

    def _turn(self, begun: Begun, number: int, below: Below | None = None) -> View:
        """The view of an answer whose turn it is, under its head; for a program what stands beside it."""
        model, shown = self._models[number], self._shown
        if self.draws:
            name = begun.progresses[number].name
            text = head(name, styles=self._screen.styles, unicode=self._screen.unicode)
            stdio.write_answer(("\n" * self._has_begun + text).encode(self._screen.encoding, "replace"))
        else:
            shown = shown._replace(json=True, hide_reasoning=True)  # which writes none of the text
            if model.setup and (model.setup.arguments.http.verbose or model.setup.arguments.http.timing):
                self.notices.tell([model.name])
        self._has_begun = True
        view = guarded_view(shown, model.name, self.notices, begun.interrupts, begun.keyboard, begun.best_effort, below)
        if model.runner is None:
            return view
        return model.runner.http.around(view, begun.best_effort, begun.wake)

    def _turn_of_ended(self, begun: Begun, withdraw: Callable[[], None], number: int) -> View:
        withdraw()
        return NoView() if self._has_lost(begun.progresses[number]) else self._turn(begun, number)

    @property
    def _gives_text(self) -> bool:
        """Whether a program gets the one answer of a race as it is."""
        return self._several.race and not (self.draws or self._shown.json or self._files)

    def _has_lost(self, progress: Progress) -> bool:
        """Whether another one was complete before it."""
        finished = progress.finished
        return self._several.race and finished is not None and finished.verdict is Verdict.CANCELLED

    def _end_turn(self, begun: Begun, number: int) -> None:
        """All that is to be said of an answer, which has ended."""
        runner, recording = self._models[number].runner, begun.recordings[number]
        progress, done = begun.progresses[number], begun.best_effort.done
        if runner:
            runner.http.finished(progress.result.finished)
            if recording:
                recording.keep(runner.http.kept)
        if self._files and progress.result.text and not self._has_lost(progress):
            self._write_file(number, progress.result.text)
        if self._gives_text and progress.result.finished.verdict is Verdict.COMPLETE:
            stdio.write_answer(with_line_end(progress.result.text).encode("utf-8", "replace"))
        done(_CANNOT_TELL, lambda: self._say(number, progress))
        if runner:
            done("what is left of the limits cannot be told", lambda: runner.limits.see(runner.http.exchanges.all))

    def _write_file(self, number: int, text: str) -> None:
        assert self._files
        try:
            self._files.write(number, with_line_end(text))
        except FileUnwritable as error:
            self._code = max(self._code, error.exit_code)
            self.notices.error([f"{self._models[number].name}: {error}"])

    def _say(self, number: int, progress: Progress) -> None:
        model, result = self._models[number], progress.result
        fields: Mapping[str, Any] = {}
        if model.runner and (formed := model.runner.formed(result)):
            result, fields = formed.result, formed.fields
            if formed.mismatch:
                self._misfits[progress.name] = exit_code(result.finished)
        finished = self._advised(model, result.finished)
        estimate = _estimate(model, result)
        if self._shown.json:
            usd = result.cost and estimate and cost_usd(result.cost.price, estimate)
            more = {
                **fields,
                "name": model.name,
                "first_text_s": progress.first_text_s,
                "total_s": progress.total_s,
                "cost_estimate_usd": None if usd is None else float(usd),
            }
            made = model.runner.as_json if model.runner else partial(as_json, provider="", model="", traffic={})
            stdio.write_answer(made(result, more=more))
        has_lost = self._has_lost(progress)
        if self._are_apart and result.text:
            self.notices.write("\n")
        lines = [] if has_lost else list(verdict_lines(finished))
        if lines:
            lines[0] = f"{model.name}: {lines[0]}"
            if exit_code(finished):
                self.notices.error(lines)
            else:
                self.notices.warn(*lines)
        if self._shown.quiet or not (has_lost or progress.tokens or estimate or finished.usage):
            return
        words = footer(progress, estimate)
        if self._are_apart:
            self.notices.page(wrap(words, max(self._screen.width - 1, 1)))
        else:
            self.notices.tell([f"{model.name}: {words}"])

    def _advised(self, model: AskedModel, finished: Finished) -> Finished:
        if model.runner and model.pending:
            return model.runner.advised(finished, model.pending.conversation)
        return finished

    def end(self, progresses: Sequence[Progress]) -> int:
        """What is said of them together; their exit code: 0 where all are complete, of a race where one is, else the
        worst, which is the highest.
        """
        codes = {each.name: exit_code(each.result.finished) for each in progresses} | self._misfits
        failed = {name: code for name, code in codes.items() if code}
        is_stopped = EXIT_CODES[Verdict.CANCELLED] in failed.values()  # which the person knows
        if self._several.race and len(failed) < len(codes):
            return self._code
        if self._several.diff:
            self._show_difference([each for each in progresses if each.first_text_s is not None][:2])
        if failed and len(codes) > 1 and not is_stopped:
            named = ", ".join(f"{name} ({code})" for name, code in failed.items())
            self.notices.apart = self.draws
            self.notices.error([f"{len(failed)} of {len(codes)} gave no complete answer: {named}"])
        return max(self._code, *failed.values(), 0)

    def _show_difference(self, both: Sequence[Progress]) -> None:
        if len(both) < 2:
            self.notices.warn("there are no two answers to compare")
            return
        first, second = both
        difference = word_diff(first.result.text, second.result.text)
        if self._shown.json:
            pieces = [each._asdict() for each in difference]
            stdio.write_answer(dumps({"first": first.name, "second": second.name, "diff": pieces}).encode() + b"\n")
            return
        text = marked(difference, styles=self._screen.styles)
        if self.draws:
            name = f"{first.name} {'→' if self._screen.unicode else '->'} {second.name}"
            text = "\n" + head(name, styles=self._screen.styles, unicode=self._screen.unicode) + text
        encoding = self._screen.encoding if self.draws else "utf-8"
        stdio.write_answer((text.rstrip("\n") + "\n").encode(encoding, "replace"))


def _estimate(model: AskedModel, result: AnswerResult) -> Usage | None:
    """About what an answer took that was stopped before that was told; None for any other."""
    finished, cost = result.finished, result.cost
    is_told = finished.usage is not None or finished.verdict is not Verdict.CANCELLED
    if is_told or model.runner is None or cost is None or cost.usd is not None:
        return None
    return model.runner.cost.about(result.reasoning + result.text)
