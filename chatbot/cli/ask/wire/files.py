"""The files in which a person wants the HTTP of answers: a log, an archive, a cassette."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from chatbot.cli.output.stdio import iso
from chatbot.cli.output.written import write_output
from chatbot.core.errors import FileUnwritable
from chatbot.core.http import cassette
from chatbot.core.http.exchange import Chunk, SafeExchange, Step
from chatbot.core.http.har import har
from chatbot.core.http.log_line import log_line
from chatbot.core.http.safe import ChunkRedactor, safe
from chatbot.core.http.seen import Arrivals
from chatbot.core.version import __version__
from chatbot.options.chat import Http
from chatbot.outside.files.private import append_line, write_new
from chatbot.terminal.notices import Notices


class ExchangeFiles:
    """Those that were named. Making it raises UsageError or OutputUnwritable where an archive or a cassette cannot be
    written; what fails later raises FileUnwritable.
    """

    def __init__(self, wanted: Http, notices: Notices) -> None:
        self._log = wanted.log_file
        self._bodies = not wanted.no_log_bodies
        self._har = wanted.har
        self._archived: list[SafeExchange] = []
        self._cassette = CassetteFile(wanted.record, notices) if wanted.record else None
        if self._har:
            write_output(self._har, self._archive())

    def step(self, step: Step) -> None:
        """Something happened in an exchange that goes on."""
        if self._cassette:
            self._cassette.step(step)

    def over(self, exchange: SafeExchange, arrived: Arrivals) -> None:
        """An exchange is over. Raises FileUnwritable."""
        if self._cassette:
            self._cassette.over(exchange)
        if self._har:
            self._archived.append(exchange)
            _replace(self._har, self._archive())
        if self._log:
            _append(self._log, log_line(exchange, arrived, iso(exchange.started_s), bodies=self._bodies))

    def _archive(self) -> Iterable[bytes]:
        return (piece.encode() for piece in har(self._archived, __version__, iso))


class CassetteFile:
    """A cassette that grows while its exchanges happen, so that nothing of it is lost with the process. A chunk is
    written once the line that it ends in is whole, because only then it is sure to have no part of a key.
    """

    def __init__(self, path: Path, notices: Notices) -> None:
        write_output(path, [])
        self._path = path
        self._notices = notices
        self._begun: list[str] = []  # whose requests are written
        self._chunks = ChunkRedactor(notices.redact)

    def step(self, step: Step) -> None:
        """Writes what is known now."""
        exchange = step.exchange
        if exchange.id not in self._begun:
            self._chunks = ChunkRedactor(self._notices.redact)
            self._write(cassette.request_line(safe(exchange, self._notices.redact)))
            self._begun.append(exchange.id)
        if step.name == "answered":
            self._write(cassette.response_line(safe(exchange, self._notices.redact)))
        elif step.chunk is not None:
            self._write_chunks(self._chunks.feed(step.chunk))
        elif step.name == "ended":
            self._write_chunks(self._chunks.finish())
            self._write(cassette.end_line(safe(exchange, self._notices.redact)))

    def over(self, exchange: SafeExchange) -> None:
        """Writes the end once more, with what became of the answer; nothing where it could not be begun."""
        if exchange.id in self._begun:
            self._write_chunks(self._chunks.finish())
            self._write(cassette.end_line(exchange))

    def _write_chunks(self, chunks: Iterable[Chunk]) -> None:
        for chunk in chunks:
            self._write(cassette.chunk_line(chunk))

    def _write(self, line: str) -> None:
        _append(self._path, [line])


def _append(path: Path, parts: Iterable[str]) -> None:
    try:
        append_line(path, parts)
    except OSError as error:
        raise FileUnwritable(f"{path} cannot be written: {error.strerror or error}") from error


def _replace(path: Path, parts: Iterable[bytes]) -> None:
    """Puts a whole file in the place of another."""
    new = path.with_name(path.name + ".part")
    try:
        new.unlink(missing_ok=True)
        write_new(new, parts)
        new.replace(path)
    except OSError as error:
        raise FileUnwritable(f"{path} cannot be written: {error.strerror or error}") from error
