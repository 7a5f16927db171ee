"""The receipt of this command, written when it has ended, however it does."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from chatbot.cli.output import stdio
from chatbot.cli.output.written import write_output
from chatbot.core.errors import ChatError, ProgramFault
from chatbot.core.events import Event, Finished, TextDelta
from chatbot.core.http.exchange import Exchange
from chatbot.core.json_text import dumps
from chatbot.core.receipts.receipt import Answered, Measure, Output, Ran, receipt
from chatbot.core.version import __version__
from chatbot.outside.desktop.streams import is_terminal
from chatbot.outside.files.private import replace
from chatbot.terminal.answer.show_events import AnswerResult, View
from chatbot.terminal.notices import Notices

_CLOSED_PIPE, _INTERRUPTED = 141, 130  # as chatbot.cli.main has them


class MeasuredView(View):
    """A View that measures the text it shows. `exchanges` are those under the answer, `result` its end, once known."""

    def __init__(self, view: View, provider: str, model: str, exchanges: Callable[[], Sequence[Exchange]]) -> None:
        self._view = view
        self._who = (provider, model)
        self._exchanges = exchanges
        self._text, self._characters = Measure(), 0
        self._finished: Finished | None = None
        self.result: AnswerResult | None = None

    def show(self, events: Sequence[Event], now_s: float) -> None:
        """See View."""
        for event in events:
            if type(event) is TextDelta:
                self._text.add(event.text.encode("utf-8", "replace"))
                self._characters += len(event.text)
            elif type(event) is Finished:
                self._finished = event
        self._view.show(events, now_s)

    def frame(self, now_s: float) -> float | None:
        """See View."""
        return self._view.frame(now_s)

    def withdraw(self) -> None:
        """See View."""
        self._view.withdraw()

    def close(self, now_s: float) -> None:
        """See View."""
        self._view.close(now_s)

    @property
    def answered(self) -> Answered:
        """What is known of the answer."""
        finished, cost = (self.result.finished, self.result.cost) if self.result else (self._finished, None)
        return Answered(*self._who, self._text, self._characters, tuple(self._exchanges()), finished, cost)


class Receipt:
    """As a context manager around all that is done for it. Its file is made at once, so that what cannot be written is
    known before anything is sent, and says until the end that there was none; without an answer there is no file.

    Raises UsageError or OutputUnwritable.
    """

    def __init__(self, path: Path, notices: Notices) -> None:
        self._path = path
        self._notices = notices
        self._views: list[MeasuredView] = []
        self._piped: bytes | None = None
        self._written, self._taken = Measure(), Measure()
        versions = {"chat": __version__, "python": platform.python_version(), "system": platform.system()}
        self._ran = Ran(versions, stdio.iso(time.time()))
        self._entered = ExitStack()
        write_output(path, [self._document()])
        self.exit_code = 0

    def piped(self, data: bytes) -> None:
        """What came in on standard input."""
        self._piped = data

    def around(
        self, view: View, provider: str, model: str, exchanges: Callable[[], Sequence[Exchange]]
    ) -> MeasuredView:
        """The view of the next answer."""
        self._views.append(MeasuredView(view, provider, model, exchanges))
        return self._views[-1]

    def __enter__(self) -> Receipt:
        self._entered.enter_context(stdio.measured(self._written.add, self._taken.add))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._entered.close()
        if not self._views:
            self._path.unlink(missing_ok=True)
            return
        code = self.exit_code if error is None else _exit_code(error)
        self._ran = self._ran._replace(ended=stdio.iso(time.time()), exit_code=code)
        try:
            replace(self._path, self._document())
        except OSError as fault:
            self._notices.warn(f"the receipt {self._path} cannot be written: {fault.strerror}")

    def _document(self) -> bytes:
        output = Output(self._written, self._taken, is_terminal(1))
        document = receipt(self._ran, self._piped, output, [view.answered for view in self._views])
        return self._notices.redact(dumps(document, indent=2)).encode() + b"\n"


def _exit_code(error: BaseException) -> int:
    match error:
        case ChatError():
            return error.exit_code
        case BrokenPipeError():
            return _CLOSED_PIPE
        case KeyboardInterrupt():
            return _INTERRUPTED
    return ProgramFault.exit_code
