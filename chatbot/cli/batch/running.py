"""A batch from its plan to its end."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Iterator
from decimal import Decimal

from chatbot.cli.ask.setup import Setup
from chatbot.cli.batch.options import Stops
from chatbot.cli.batch.planning import Plan, Planner
from chatbot.cli.batch.workers import BatchRow, Workers
from chatbot.cli.output import stdio
from chatbot.core.batch.estimates import Estimates
from chatbot.core.batch.pace import Pace
from chatbot.core.batch.result import Result, is_complete
from chatbot.core.errors import (
    CannotConnect,
    CannotResolve,
    ChatError,
    ConfigurationError,
    FileUnwritable,
    KeyRejected,
    NotHttp,
    PermissionRefused,
    ProxyFailed,
    QuotaExhausted,
    RateLimited,
    TlsFailed,
    UnknownModel,
)
from chatbot.core.events import Usage
from chatbot.layers.batch.paced import Asked, Asking, paced
from chatbot.layers.batch.spending import Spending
from chatbot.outside.batch.results import ResultFile
from chatbot.outside.desktop.signals import Interrupts
from chatbot.outside.desktop.streams import is_terminal
from chatbot.terminal.batch_progress import BatchProgress, Standing
from chatbot.terminal.screen import is_dumb

PATIENCE_S = 900.0  # with a service that takes nothing
_INCOMPLETE = 74
# What is wrong with one row so is wrong with all.
_OF_ALL_ROWS = (
    ConfigurationError, KeyRejected, PermissionRefused, UnknownModel, QuotaExhausted, RateLimited,
    CannotConnect, CannotResolve, NotHttp, ProxyFailed, TlsFailed,
)  # fmt: skip
_SHOWN_WAIT_S = 2.0


class Batch:
    """One run. `spending` has the price, and what all of it may cost."""

    def __init__(self, setup: Setup, stops: Stops, results: ResultFile, spending: Spending) -> None:
        self._setup, self._stops, self._results, self._spending = setup, stops, results, spending
        self._estimates = Estimates(setup.arguments.how.max_tokens)
        self._pace = Pace(time.time(), stops.workers)
        self._interrupts = Interrupts()
        self._done = self._failed = 0
        self._began_s = time.time()
        self._fault: ChatError | None = None  # why nothing more is begun
        self._is_spent = False

    def run(self, planner: Planner, plan: Plan) -> int:
        """Asks all rows; returns the exit code. Raises what is wrong with all rows, once what ran is over."""
        gc.enable()  # one question does without the collector of garbage; a million of them do not
        stream = sys.stderr if is_terminal(2) and not is_dumb(os.environ) else None
        progress = BatchProgress(self._setup.notices, stream, time.monotonic, stdio.encoding(sys.stderr))
        with self._interrupts, progress:
            workers = Workers(self._setup, lambda: self._shown(progress, plan.to_ask))
            self._interrupts.wake = workers.wake
            rows = self._askings(planner)
            for asked in paced(rows, workers, self._pace, time.time, self._may_begin, PATIENCE_S):
                if asked:
                    self._over(asked)
                progress.show(self._standing(plan.to_ask))
        return self._ended(plan)

    def _askings(self, planner: Planner) -> Iterator[Asking[BatchRow]]:
        for row in planner.rows():
            yield Asking(row, self._estimates.of(row.input_tokens))

    def _may_begin(self, asking: Asking[BatchRow] | None) -> bool:
        too_many = self._stops.max_failures is not None and self._failed >= self._stops.max_failures
        if self._interrupts.stopped() or self._fault or too_many:
            return False
        if asking is None:
            return not self._is_spent
        if not self._spending.has_room(asking.cost, self._pace.reserved):
            self._is_spent = not self._pace.in_flight  # what runs may turn out to cost less
            return False
        return True

    def _over(self, asked: Asked[BatchRow]) -> None:
        asking, finished = asked.asking, asked.finished
        row, from_cache = asking.row, bool(finished.cache and finished.cache.hit)
        if isinstance(finished.error, _OF_ALL_ROWS) and not finished.has_text:
            self._fault = self._fault or finished.error
            return  # the row was not asked, as far as that matters: it is when the command is run again
        usage = finished.usage
        cost_usd = None
        if from_cache:
            cost_usd = Decimal(0)
        elif usage or finished.has_text:
            cost_usd = self._spending.end(asking.cost, usage)
            self._estimates.settle(row.input_tokens, usage or Usage())
        if is_complete(finished):
            self._done += 1
        else:
            self._failed += 1
        self._write(asked, cost_usd)

    def _write(self, asked: Asked[BatchRow], cost_usd: Decimal | None) -> None:
        row, target, finished = asked.asking.row.row, self._setup.target, asked.finished
        attempts = asked.asking.attempts + finished.attempts
        model = self._setup.options.model
        result = Result(row.id, row.number, target.service.name, model, asked.text, finished, attempts, cost_usd)
        self._fault = self._results.add(result.line()) or (
            None if isinstance(self._fault, FileUnwritable) else self._fault
        )

    def _shown(self, progress: BatchProgress, total: int) -> float | None:
        progress.show(self._standing(total))
        return progress.each_s

    def _standing(self, total: int) -> Standing:
        now_s, over = time.time(), self._done + self._failed
        held_s = self._pace.held_until_s
        waits_until = time.strftime("%H:%M:%S", time.localtime(held_s)) if held_s - now_s > _SHOWN_WAIT_S else ""
        left_s = (now_s - self._began_s) / over * (total - over) if over else None
        spent = float(self._spending.spent_usd) if self._spending.is_known else None
        is_ending = self._interrupts.stopped() or self._fault is not None
        return Standing(total, self._done, self._failed, self._pace.in_flight, spent, waits_until, left_s, is_ending)

    def _ended(self, plan: Plan) -> int:
        notices, name = self._setup.notices, self._results.name
        if lines := self._results.unwritten:
            stdio.write_answer(b"".join(lines))
            notices.error([f"{name} did not take {len(lines)} results; they are on standard output: add them to it"])
        left = plan.to_ask - self._done - self._failed
        spent = f", {self._spending.spent_usd:.4f} USD" if self._spending.is_known else ""
        said = f"{self._done} complete, {self._failed} failed, {left} not asked{spent}; the results are in {name}"
        notices.warn(said, *(["The same command asks the others."] if left or self._failed else []))
        if self._fault:
            raise self._fault
        if self._interrupts.number:
            return 128 + self._interrupts.number
        if left and self._is_spent:
            notices.error([f"the next row may bring the cost above --max-cost {self._stops.max_cost:g}"])
        elif left:
            notices.error([f"stopped: --max-failures {self._stops.max_failures} is reached"])
        return _INCOMPLETE if left or self._failed else 0
