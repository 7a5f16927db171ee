"""A batch from its plan to its end."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

from chatbot.cli.ask.setup import Setup
from chatbot.cli.batch.cost import BatchCost
from chatbot.cli.batch.form import formed
from chatbot.cli.batch.options import Stops
from chatbot.cli.batch.planning import Plan, Planner
from chatbot.cli.batch.workers import BatchRow, Workers
from chatbot.cli.output import stdio
from chatbot.core.batch.estimates import Estimates
from chatbot.core.batch.pace import Pace
from chatbot.core.batch.result import Result, is_complete
from chatbot.core.cost.answer import Cost, usd_words
from chatbot.core.cost.ledger import LedgerUnavailable
from chatbot.core.errors import (
    BudgetTooSmall,
    BudgetUsedUp,
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
    SchemaMismatch,
    TlsFailed,
    TooDear,
    UnknownModel,
)
from chatbot.core.events import Usage
from chatbot.layers.batch.paced import Asked, Asking, paced
from chatbot.outside.batch.results import ResultFile
from chatbot.outside.desktop.signals import Interrupts
from chatbot.outside.desktop.streams import is_terminal
from chatbot.terminal.answer.show_events import AnswerResult
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
    """One run."""

    def __init__(self, setup: Setup, stops: Stops, results: ResultFile, cost: BatchCost) -> None:
        self._setup, self._stops, self._results, self._cost = setup, stops, results, cost
        self._estimates = Estimates(setup.arguments.how.max_tokens)
        self._pace = Pace(time.time(), stops.workers)
        self._interrupts = Interrupts()
        self._done = self._failed = self._misfits = 0
        self._began_s = time.time()
        self._fault: ChatError | None = None  # why nothing more is begun
        self._refusal: TooDear | None = None  # of the row that could cost too much

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
            return self._refusal is None
        try:
            self._cost.reserve(asking.row)
        except TooDear as error:
            self._refusal = None if self._pace.in_flight else error  # what runs may turn out to cost less
            return False
        except LedgerUnavailable as error:
            self._fault = error
            return False
        return True

    def _over(self, asked: Asked[BatchRow]) -> None:
        finished, row = asked.finished, asked.asking.row
        cost = self._paid(asked)
        if isinstance(finished.error, _OF_ALL_ROWS) and not finished.has_text:
            self._fault = self._fault or finished.error
            return  # the row was not asked, as far as that matters: it is when the command is run again
        if not (finished.cache and finished.cache.hit) and (finished.usage or finished.has_text):
            self._estimates.settle(row.input_tokens, finished.usage or Usage())
        answer, misfit, data = formed(AnswerResult(asked.text, "", finished, cost), self._setup.arguments.schema)
        self._done += is_complete(answer.finished)
        self._failed += not is_complete(answer.finished)
        self._misfits += bool(misfit)
        self._write(asked, answer, misfit, data)

    def _paid(self, asked: Asked[BatchRow]) -> Cost | None:
        try:
            return self._cost.over(asked)
        except LedgerUnavailable as error:
            self._fault = self._fault or error
            return None

    def _write(self, asked: Asked[BatchRow], answer: AnswerResult, verdict: str, data: Any) -> None:
        row, target, finished = asked.asking.row.row, self._setup.target, answer.finished
        attempts = asked.asking.attempts + finished.attempts
        model, usd = self._setup.options.model, answer.cost and answer.cost.usd
        about = (row.id, row.number, target.service.name, model)
        result = Result(*about, answer.text, finished, attempts, usd, verdict, data)
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
        usd = self._cost.spent_usd
        spent = None if usd is None else float(usd)
        is_ending = self._interrupts.stopped() or self._fault is not None
        return Standing(total, self._done, self._failed, self._pace.in_flight, spent, waits_until, left_s, is_ending)

    def _ended(self, plan: Plan) -> int:
        notices, name = self._setup.notices, self._results.name
        if lines := self._results.unwritten:
            stdio.write_answer(b"".join(lines))
            notices.error([f"{name} did not take {len(lines)} results; they are on standard output: add them to it"])
        left = plan.to_ask - self._done - self._failed
        if left == plan.to_ask and self._refusal:
            raise self._refusal
        usd = self._cost.spent_usd
        spent = "" if usd is None else f", {usd_words(usd)}"
        unfit = f" ({self._misfits} do not fit the schema)" if self._misfits else ""
        over = f"{self._done} complete, {self._failed} failed{unfit}, {left} not asked"
        said = f"{over}{spent}; the results are in {name}"
        notices.warn(said, *(["The same command asks the others."] if left or self._failed else []))
        if self._fault:
            raise self._fault
        if self._interrupts.number:
            return 128 + self._interrupts.number
        if left and (refusal := self._refusal):
            if isinstance(refusal, (BudgetUsedUp, BudgetTooSmall)):
                raise refusal
            notices.error([str(refusal), *refusal.advice.splitlines()])
            return _INCOMPLETE
        if left:
            notices.error([f"stopped: --max-failures {self._stops.max_failures} is reached"])
        if self._misfits and not left and self._failed == self._misfits:
            return SchemaMismatch.exit_code
        return _INCOMPLETE if left or self._failed else 0
