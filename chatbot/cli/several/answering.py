"""Asking several models: threads, queue, history and signals handed to each other."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial

from chatbot.cli.ask.recorder import NOT_KEPT, RecordingView
from chatbot.cli.ask.runner import BOOKED_WITHIN_S, COST_UNKNOWN
from chatbot.cli.cost.booking import NOT_WRITTEN
from chatbot.cli.several.boards import NoView
from chatbot.cli.several.member import AskedModel
from chatbot.cli.several.telling import Begun, Telling
from chatbot.core.errors import ProgramFault
from chatbot.core.events import Event, FromOne
from chatbot.layers.fan_out import Member, fan_out
from chatbot.outside.background import EventQueue, side_by_side
from chatbot.outside.desktop.keyboard import SilentKeyboard
from chatbot.outside.desktop.signals import Interrupts
from chatbot.outside.watchdog import Watchdog
from chatbot.session import Sleep
from chatbot.terminal.best_effort import BestEffort
from chatbot.terminal.failures import exit_code
from chatbot.terminal.several.progress import Progress
from chatbot.terminal.several.show_all import Board, Redact, is_cut, show_all


class _Keeping:
    """A Board that also keeps each answer in the history, as it comes, and in the ledger, when it has ended."""

    def __init__(self, board: Board, models: Sequence[AskedModel], begun: Begun) -> None:
        self._board, self._models = board, models
        self._recordings, self._progresses, self._best_effort = begun.recordings, begun.progresses, begun.best_effort

    def show(self, number: int, events: Sequence[Event], now_s: float) -> None:
        recording, progress = self._recordings[number], self._progresses[number]
        runner, finished = self._models[number].runner, progress.finished
        if runner and finished:
            if is_cut(finished):
                runner.stop()
            progress.cost = self._best_effort(COST_UNKNOWN, partial(runner.cost_of, finished), None)
        if recording:
            recording.show(events, now_s)
            if finished:
                recording.finish(finished, None, progress.cost)
        if runner and finished:
            self._best_effort.done(NOT_WRITTEN, lambda: runner.book(progress.result), BOOKED_WITHIN_S)
        self._board.show(number, events, now_s)

    def frame(self, now_s: float) -> float | None:
        waits = [self._board.frame(now_s), *(each.frame(now_s) for each in self._recordings if each)]
        return min((wait_s for wait_s in waits if wait_s is not None), default=None)


def ask_all(models: Sequence[AskedModel], telling: Telling, *, race: bool) -> int:
    """Asks them, shows and keeps the answers; the exit code of all."""
    with ExitStack() as costs:
        for model in models:
            if model.runner:
                costs.enter_context(model.runner.cost)
        return _ask_all(models, [Member(model.events(), model.stop) for model in models], telling, race=race)


def _ask_all(models: Sequence[AskedModel], members: Sequence[Member], telling: Telling, *, race: bool) -> int:

    def begin(sleep: Sleep) -> Iterator[FromOne]:
        return fan_out(members, side_by_side, sleep, time.monotonic, race=race)

    def stop() -> None:
        for model in models:
            model.stop()

    with Watchdog() as watchdog, ExitStack() as entered:
        best_effort = BestEffort(watchdog.call, telling.notices.warn)
        keyboard = SilentKeyboard()
        interrupts = Interrupts(watchdog.call, on_screen=telling.draws)
        best_effort.done("Ctrl-C may lose what came", lambda: entered.enter_context(interrupts))
        best_effort.done("keys will show in the answer", lambda: entered.enter_context(keyboard))
        began_s = time.monotonic()
        event_queue = EventQueue(begin, stop=stop)
        interrupts.wake = event_queue.wake
        progresses = [Progress(model.name, began_s) for model in models]
        recordings = [_recording(model, began_s, best_effort, entered) for model in models]
        _link(models, recordings, best_effort)
        begun = Begun(progresses, recordings, event_queue.wake, interrupts, keyboard, best_effort)
        show_all(
            event_queue,
            _Keeping(telling.board(begun), models, begun),
            progresses,
            [_redactor(model, watchdog) for model in models],
            time.monotonic,
            interrupts.stopped,
            [model.setup and model.setup.arguments.connection.max_time for model in models],
        )
        _bring_forward(models, recordings, progresses, best_effort)
        code = best_effort("how they ended cannot be told", lambda: telling.end(progresses), ProgramFault.exit_code)
        return 128 + interrupts.number if interrupts.number else code


def _recording(model: AskedModel, asked_s: float, best_effort: BestEffort, entered: ExitStack) -> RecordingView | None:
    if not (model.runner and model.pending):
        return None
    view = model.runner.recording(NoView(), model.pending, asked_s, best_effort)
    return entered.enter_context(view)


def _redactor(model: AskedModel, watchdog: Watchdog) -> Redact:
    return model.runner.redactor(watchdog) if model.runner else lambda events: events


def _link(models: Sequence[AskedModel], recordings: Sequence[RecordingView | None], best_effort: BestEffort) -> None:
    """Notes in the history that these conversations belong together."""
    kept = [
        (model.setup, each.conversation_id)
        for model, each in zip(models, recordings, strict=True)
        if each and each.conversation_id and model.setup
    ]
    if len(kept) > 1:
        ids = [conversation_id for _, conversation_id in kept]
        history = kept[0][0].recorder.history
        best_effort.done(NOT_KEPT, lambda: history.compare(ids[1:], ids[0]))


def _bring_forward(
    models: Sequence[AskedModel],
    recordings: Sequence[RecordingView | None],
    progresses: Sequence[Progress],
    best_effort: BestEffort,
) -> None:
    """Has --continue go on with the first that answered, in the order in which they were named."""
    for model, recording, progress in zip(models, recordings, progresses, strict=True):
        if model.setup and recording and recording.conversation_id and not exit_code(progress.result.finished):
            bring_forward = partial(model.setup.recorder.history.bring_forward, recording.conversation_id)
            best_effort.done(NOT_KEPT, bring_forward)
            return
