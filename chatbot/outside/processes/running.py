"""A program run to its end, or to a limit: what it writes is taken as it comes, and nothing of it is left running."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Literal

from chatbot.outside.processes.supervised import Supervised
from chatbot.records import NamedTuple

_LOOK_S = 0.05
_TO_END_S = 10.0
_READ_BYTES = 65536

Ended = Literal["exited", "too long", "too much", "ended"]
Wish = Literal["interrupt", "end"] | None
Watch = Callable[["Running"], Wish]


class Piece(NamedTuple):
    """What came in one read. `at_s` counts from the start of the program."""

    at_s: float
    is_error: bool
    data: bytes


class ProcessRun(NamedTuple):
    """How a program ran. `code` is its exit status, a negative signal number where one ended it (`subprocess`).

    `ended`: by itself, at the limit of time, at that of output, or because `watch` said so. `left` is how many
    processes of it ran on after it and were ended. `interrupted_s`: when it was sent SIGINT. Times are in seconds from
    its start; `began_s` is that start as time.monotonic() has it.
    """

    began_s: float
    code: int
    ended: Ended
    pieces: tuple[Piece, ...]
    took_s: float
    left: int = 0
    interrupted_s: float | None = None

    @property
    def out(self) -> bytes:
        """What it wrote to standard output, or to its terminal."""
        return b"".join(piece.data for piece in self.pieces if not piece.is_error)

    @property
    def err(self) -> bytes:
        """What it wrote to standard error."""
        return b"".join(piece.data for piece in self.pieces if piece.is_error)


Keep = Callable[[Piece], None]


class Limits(NamedTuple):
    """Seconds, and bytes of both streams together; what is left when it ended has `grace_s` to end too."""

    time_s: float = 60.0
    output_bytes: int = 10_000_000
    grace_s: float = 0.5


class Streams(NamedTuple):
    """`stdin` is piped in; None is the null device. `output`: through pipes, both streams through one, to a terminal
    (both streams), or standard output to a pipe that nobody reads.
    """

    stdin: bytes | None = None
    output: Literal["piped", "merged", "terminal", "closed"] = "piped"


PIPED, USUAL = Streams(), Limits()


def run_bounded(
    words: Sequence[str],
    environ: Mapping[str, str],
    folder: Path,
    streams: Streams = PIPED,
    limits: Limits = USUAL,
    watch: Watch = lambda running: None,
    keep: Keep | None = None,
) -> ProcessRun:
    """Runs a program, in a session of its own, to its end or a limit; then ends all that it started.

    `watch` is asked often, and may have it interrupted (SIGINT to its group, as Ctrl-C does) or ended. `keep` is given
    the pieces instead of the ProcessRun. Raises OSError where it cannot be started. POSIX only.
    """
    running = Running(words, environ, folder, streams, limits)
    try:
        return running.to_end(watch, keep)
    finally:
        running.close()


class Running:
    """One run."""

    def __init__(
        self,
        words: Sequence[str],
        environ: Mapping[str, str],
        folder: Path,
        streams: Streams = PIPED,
        limits: Limits = USUAL,
    ) -> None:
        self._limits = limits
        self._pieces: list[Piece] = []
        self._keep: Keep = self._pieces.append
        self._written_bytes = 0
        self._is_silent = False
        self._interrupted_s: float | None = None
        self._took_s: float | None = None
        self._to_write = streams.stdin or b""
        self._open = contextlib.ExitStack()
        self._selector = self._open.enter_context(selectors.DefaultSelector())
        self._process: subprocess.Popen[bytes] | None = None
        self._line = Supervised(words, grace_s=limits.grace_s)
        try:
            self._start(environ, folder, streams)
            self._line.hear(waits=True)
            if fault := self._line.fault:
                raise fault
        except BaseException:
            self.close()
            raise
        self.began_s = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        """Since its start."""
        return time.monotonic() - self.began_s

    def command_lines(self) -> list[bytes]:
        """The words of all its processes, separated by zero bytes, as everybody on the machine can read them; none
        where the system does not tell.
        """
        from chatbot.outside.processes.supervisor import descendants  # Windows has no such signals

        found = []
        for pid in descendants(self._process.pid) if self._process else ():
            with contextlib.suppress(OSError):  # it ended, or is somebody else's
                found.append(Path(f"/proc/{pid}/cmdline").read_bytes())
        return found

    def to_end(self, watch: Watch, keep: Keep | None = None) -> ProcessRun:
        """Reads until it is over."""
        self._keep = keep or self._keep
        ended = self._followed(watch)
        took_s = self.elapsed_s if self._took_s is None else self._took_s
        code = self._gone()
        left, pieces = self._line.left, tuple(self._pieces)
        return ProcessRun(self.began_s, code, ended, pieces, took_s, left, self._interrupted_s)

    def close(self) -> None:
        """Nothing of it runs afterwards."""
        self._gone()
        self._line.close()
        self._open.close()

    def _start(self, environ: Mapping[str, str], folder: Path, streams: Streams) -> None:
        with contextlib.ExitStack() as theirs:
            theirs.callback(self._line.begun)
            stdout: IO[bytes] | int = subprocess.PIPE
            stderr: IO[bytes] | int = subprocess.STDOUT if streams.output == "merged" else subprocess.PIPE
            if streams.output in ("terminal", "closed"):
                ours, writing = os.openpty() if streams.output == "terminal" else os.pipe()
                stdout = theirs.enter_context(os.fdopen(writing, "wb", 0))
                if streams.output == "terminal":
                    stderr = stdout
                    self._listen(os.fdopen(ours, "rb", 0), False)
                else:
                    os.close(ours)
            self._process = subprocess.Popen(
                self._line.words,
                stdin=subprocess.DEVNULL if streams.stdin is None else subprocess.PIPE,
                stdout=stdout,
                stderr=stderr,
                env=dict(environ),
                cwd=folder,
                pass_fds=self._line.descriptors,
                start_new_session=True,
            )
        self._selector.register(self._line, selectors.EVENT_READ)
        self._listen(self._process.stdout, False)
        self._listen(self._process.stderr, True)
        if self._process.stdin is not None:
            self._open.enter_context(self._process.stdin)
            os.set_blocking(self._process.stdin.fileno(), False)
            self._selector.register(self._process.stdin, selectors.EVENT_WRITE)

    def _listen(self, stream: IO[bytes] | None, is_error: bool) -> None:
        if stream is not None:
            self._open.enter_context(stream)
            self._selector.register(stream, selectors.EVENT_READ, is_error)

    def _followed(self, watch: Watch) -> Ended:
        """Takes what it writes until nothing of it is left, or it is to be ended."""
        while True:
            is_over = self._is_silent  # before the look: what it wrote last is there by then
            is_quiet = not self._read(0 if is_over else _LOOK_S)
            if is_over and is_quiet:
                return "exited"
            if self._written_bytes > self._limits.output_bytes:
                return "too much"
            if self._took_s is not None:
                continue  # it ended, and what is left is about to
            if self.elapsed_s > self._limits.time_s:
                return "too long"
            wish = watch(self)
            if wish == "end":
                return "ended"
            if wish == "interrupt" and self._interrupted_s is None:
                self._interrupted_s = self.elapsed_s
                self._line.signal(signal.SIGINT)

    def _read(self, wait_s: float) -> bool:
        """Takes what has come, and gives what is taken; whether there was anything."""
        ready = self._selector.select(wait_s) if self._selector.get_map() else ()
        for key, events in ready:
            if key.fileobj is self._line:
                self._hear()
            elif events & selectors.EVENT_WRITE:
                self._write(key.fileobj)
            else:
                self._take(key.fileobj, key.fd, key.data)
        return bool(ready)

    def _hear(self) -> None:
        if not self._line.hear():
            self._is_silent = True
            self._selector.unregister(self._line)
        if self._line.is_over and self._took_s is None:
            self._took_s = self.elapsed_s

    def _take(self, stream: Any, descriptor: int, is_error: bool) -> None:
        try:
            data = os.read(descriptor, _READ_BYTES)
        except OSError:  # a terminal whose other side is closed (EIO)
            data = b""
        if data:
            self._written_bytes += len(data)
            self._keep(Piece(self.elapsed_s, is_error, data))
        else:
            self._selector.unregister(stream)

    def _write(self, stream: Any) -> None:
        try:
            self._to_write = self._to_write[os.write(stream.fileno(), self._to_write[:_READ_BYTES]) :]
        except BlockingIOError:
            return
        except OSError:  # it does not want to read
            self._to_write = b""
        if not self._to_write:
            self._selector.unregister(stream)
            stream.close()

    def _gone(self) -> int:
        """Its exit status, when nothing of it is left."""
        self._line.signal(signal.SIGKILL)
        if self._process is None:
            return 0
        try:
            self._process.wait(_TO_END_S)
        except subprocess.TimeoutExpired:  # what it has to end cannot be ended: it waits for a disk or a driver
            self._process.kill()
            self._process.wait()
        while self._line.hear(waits=True):
            pass
        return self._process.returncode
