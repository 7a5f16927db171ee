"""A command for a tool: bounded in time and in what it writes, and nothing of it left afterwards."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from chatbot.core.calls.bounded import HeadAndTail
from chatbot.core.tools.calling import CALL_WITHIN_S, MAX_RESULT_BYTES
from chatbot.records import NamedTuple

MAX_WRITTEN_BYTES = 16 * 1024 * 1024  # what writes more will not stop by itself
_LOOK_S = 0.1
_PAUSE_S = 0.01
_READ_BYTES = 64 * 1024
_TO_END_S = 10.0
_SUPERVISOR = Path(__file__).with_name("supervisor.py")


class Surroundings(NamedTuple):
    """In what a tool's process runs. `environ` has no secrets in it."""

    folder: Path
    environ: Mapping[str, str]
    within_s: float = CALL_WITHIN_S


class Ended(NamedTuple):
    """How it ended. `ended_here` says why it was ended before it had ended itself; `status` is then none of its own.
    Of `out` and `said` (standard output and error) there are the beginning and the end.
    """

    status: int
    out: str
    said: str = ""
    ended_here: str = ""


def run(
    words: Sequence[str],
    around: Surroundings,
    stopped: Callable[[], bool],
    *,
    data: bytes = b"",
    merged: bool = False,
    max_bytes: int = MAX_RESULT_BYTES,
) -> Ended:
    """Runs a program to its end, or to the end of its time. It has no terminal, and `data` as its standard input;
    `merged`: its standard error is in `out`. Raises OSError where there are no processes to be had.
    """
    lifeline, ours = os.pipe()
    with tempfile.TemporaryFile() as stdin:
        stdin.write(data)
        stdin.seek(0)
        try:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_SUPERVISOR), str(lifeline), *words],
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if merged else subprocess.PIPE,
                cwd=around.folder,
                env=dict(around.environ),
                pass_fds=[lifeline],
                start_new_session=True,
            )
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(lifeline)
    kept = [(stream, HeadAndTail(max_bytes)) for stream in (process.stdout, process.stderr) if stream]
    try:
        ended_here = _followed(process, kept, time.monotonic() + around.within_s, stopped)
    finally:
        os.close(ours)
        _gone(process)
        for stream, _ in kept:
            stream.close()
    out, *said = (text.text() for _, text in kept)
    return Ended(process.returncode, out, "".join(said), ended_here)


def _followed(
    process: subprocess.Popen[bytes],
    kept: list[tuple[IO[bytes], HeadAndTail]],
    until_s: float,
    stopped: Callable[[], bool],
) -> str:
    """Takes what it writes until it has ended; why it is to be ended, where it has not."""
    with selectors.DefaultSelector() as selector:
        for stream, text in kept:
            selector.register(stream, selectors.EVENT_READ, text)
        while selector.get_map() or process.poll() is None:
            if stopped():
                return "it was stopped"
            if time.monotonic() > until_s:
                return "it took too long and was ended"
            if not selector.get_map():
                time.sleep(_PAUSE_S)  # it has closed its streams and goes on
                continue
            ready = selector.select(_LOOK_S)
            for key, _ in ready:
                data = os.read(key.fd, _READ_BYTES)
                key.data.add(data)
                if not data:
                    selector.unregister(key.fileobj)
                if key.data.size_bytes > MAX_WRITTEN_BYTES:
                    return "it wrote without end and was ended"
            if not ready and process.poll() is not None:
                break  # the supervisor was killed, and something holds the streams open
    return ""


def _gone(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_TO_END_S)
    except subprocess.TimeoutExpired:  # what it has to end cannot be ended: it waits for a disk or a driver
        process.kill()
        process.wait()
