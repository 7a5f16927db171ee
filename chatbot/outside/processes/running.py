"""A program run to its end, or to a limit: what it writes is taken as it comes, and nothing of it is left running."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Literal

from chatbot.outside.processes.tree import MARK_VARIABLE, command_lines, end_tree, members
from chatbot.records import NamedTuple

_LOOK_S = 0.05
_GRACE_S = 0.5  # for what is about to end by itself
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


class Limits(NamedTuple):
    """Seconds, and bytes of both streams together."""

    time_s: float = 60.0
    output_bytes: int = 10_000_000


class Streams(NamedTuple):
    """`stdin` is piped in; None is the null device. `output`: through pipes, to a terminal (both streams), or standard
    output to a pipe that nobody reads.
    """

    stdin: bytes | None = None
    output: Literal["piped", "terminal", "closed"] = "piped"


PIPED, USUAL = Streams(), Limits()


def run_bounded(
    words: Sequence[str],
    environ: Mapping[str, str],
    folder: Path,
    streams: Streams = PIPED,
    limits: Limits = USUAL,
    watch: Watch = lambda running: None,
) -> ProcessRun:
    """Runs a program, in a session of its own, to its end or a limit; then ends all that it started.

    `watch` is asked often, and may have it interrupted (SIGINT to its group, as Ctrl-C does) or ended. Raises OSError
    where it cannot be started. POSIX only.
    """
    running = Running(words, environ, folder, streams)
    try:
        return running.to_end(limits, watch)
    finally:
        running.close()


class Running:
    """One run."""

    def __init__(self, words: Sequence[str], environ: Mapping[str, str], folder: Path, streams: Streams) -> None:
        self.mark = uuid.uuid4().hex
        self._pieces: list[Piece] = []
        self._left = 0
        self._interrupted_s: float | None = None
        self._to_write = streams.stdin or b""
        self._open: list[Any] = []
        self._selector = selectors.DefaultSelector()
        self.began_s = time.monotonic()
        try:
            self._start(words, {**environ, MARK_VARIABLE: self.mark}, folder, streams)
        except BaseException:
            self._close_streams()
            raise

    @property
    def pid(self) -> int:
        """Of the program itself, and of its group."""
        return self._process.pid

    @property
    def elapsed_s(self) -> float:
        """Since its start."""
        return time.monotonic() - self.began_s

    def command_lines(self) -> list[bytes]:
        """The words of all its processes, as everybody sees them; none where the system does not tell."""
        return command_lines(self.pid, self.mark)

    def to_end(self, limits: Limits, watch: Watch) -> ProcessRun:
        """Reads until it is over."""
        ended: Ended = "exited"
        while True:
            is_over = self._process.poll() is not None  # before the look: what it wrote last is there by then
            is_quiet = not self._read(_LOOK_S)
            if is_over and (is_quiet or not self._selector.get_map()):
                break
            if sum(len(piece.data) for piece in self._pieces) > limits.output_bytes:
                ended = "too much"
                break
            if self.elapsed_s > limits.time_s:
                ended = "too long"
                break
            wish = watch(self)
            if wish == "end":
                ended = "ended"
                break
            if wish == "interrupt" and self._interrupted_s is None:
                self._interrupted_s = self.elapsed_s
                with contextlib.suppress(OSError):
                    os.killpg(self.pid, signal.SIGINT)
        took_s = self.elapsed_s
        self._end(_GRACE_S if ended == "exited" else 0.0)
        code = self._process.returncode
        pieces = tuple(self._pieces)
        return ProcessRun(self.began_s, code, ended, pieces, took_s, self._left, self._interrupted_s)

    def close(self) -> None:
        """Nothing of it runs afterwards."""
        self._end()
        self._close_streams()

    def _start(self, words: Sequence[str], environ: Mapping[str, str], folder: Path, streams: Streams) -> None:
        stdin = subprocess.DEVNULL if streams.stdin is None else subprocess.PIPE
        begin = _Starting(words, environ, folder, stdin)
        if streams.output == "terminal":
            ours, theirs = os.openpty()
            self._open.append(os.fdopen(ours, "rb", 0))
            with os.fdopen(theirs, "wb", 0) as terminal:
                self._process = begin(stdout=terminal, stderr=terminal)
            self._selector.register(ours, selectors.EVENT_READ, False)
        else:
            with _closed_pipe() if streams.output == "closed" else contextlib.nullcontext(subprocess.PIPE) as stdout:
                self._process = begin(stdout=stdout, stderr=subprocess.PIPE)
            self._listen(self._process.stdout, False)
            self._listen(self._process.stderr, True)
        if self._process.stdin is not None:
            self._open.append(self._process.stdin)
            os.set_blocking(self._process.stdin.fileno(), False)
            self._selector.register(self._process.stdin, selectors.EVENT_WRITE)

    def _listen(self, stream: IO[bytes] | None, is_error: bool) -> None:
        if stream is not None:
            self._open.append(stream)
            self._selector.register(stream, selectors.EVENT_READ, is_error)

    def _read(self, wait_s: float) -> bool:
        """Takes what has come, and gives what is taken; whether there was anything."""
        if not self._selector.get_map():
            time.sleep(wait_s)
            return False
        ready = self._selector.select(wait_s)
        for key, events in ready:
            if events & selectors.EVENT_WRITE:
                self._write(key.fileobj)
            else:
                self._take(key.fileobj, key.fd, key.data)
        return bool(ready)

    def _take(self, stream: Any, descriptor: int, is_error: bool) -> None:
        try:
            data = os.read(descriptor, _READ_BYTES)
        except OSError:  # a terminal whose other side is closed (EIO)
            data = b""
        if data:
            self._pieces.append(Piece(self.elapsed_s, is_error, data))
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

    def _end(self, grace_s: float = 0.0) -> None:
        until_s = time.monotonic() + grace_s
        while time.monotonic() < until_s and any(members(self.pid, self.mark)):
            time.sleep(_LOOK_S)
        self._left += end_tree(self.pid, self.mark)
        self._process.wait()

    def _close_streams(self) -> None:
        self._selector.close()
        for stream in self._open:
            with contextlib.suppress(OSError):
                stream.close()


def _closed_pipe() -> IO[bytes]:
    """What nobody reads any more."""
    ours, theirs = os.pipe()
    os.close(ours)
    return os.fdopen(theirs, "wb", 0)


class _Starting(NamedTuple):
    """A program that is only to be told its outputs."""

    words: Sequence[str]
    environ: Mapping[str, str]
    folder: Path
    stdin: int

    def __call__(self, *, stdout: Any, stderr: Any) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            list(self.words),
            stdin=self.stdin,
            stdout=stdout,
            stderr=stderr,
            env=dict(self.environ),
            cwd=self.folder,
            start_new_session=True,
        )
