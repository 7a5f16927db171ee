"""A command for a tool: bounded in time and in what it writes, and nothing of it left afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from chatbot.core.calls.bounded import MAX_SAID_BYTES, HeadAndTail
from chatbot.core.tools.calling import CALL_WITHIN_S
from chatbot.outside.processes.running import Limits, Piece, Streams, run_bounded
from chatbot.records import NamedTuple

MAX_WRITTEN_BYTES = 16 * 1024 * 1024  # what writes more will not stop by itself
_NOT_FOUND = 127  # as a shell says it
_ENDED_HERE = {
    "too long": "it took too long and was ended",
    "too much": "it wrote without end and was ended",
    "ended": "it was stopped",
}


class Surroundings(NamedTuple):
    """In what a tool's process runs. `environ` has no secrets in it."""

    folder: Path
    environ: Mapping[str, str]
    within_s: float = CALL_WITHIN_S


class Ended(NamedTuple):
    """How it ended. `ended_here` says why it was ended before it had ended itself; `status` is then none of its own,
    and where a signal ended it 128 and the number of that, as in a shell. Of `out` and `said` (standard output and
    error) there are the beginning and the end.
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
    max_bytes: int = MAX_SAID_BYTES,
) -> Ended:
    """Runs a program to its end, or to the end of its time. It has no terminal, and `data` as its standard input;
    `merged`: its standard error is in `out`.
    """
    out, said = HeadAndTail(max_bytes), HeadAndTail(max_bytes)

    def keep(piece: Piece) -> None:
        (said if piece.is_error else out).add(piece.data)

    try:
        done = run_bounded(
            words,
            around.environ,
            around.folder,
            Streams(data or None, "merged" if merged else "piped"),
            Limits(around.within_s, MAX_WRITTEN_BYTES, grace_s=0),
            lambda running: "end" if stopped() else None,
            keep,
        )
    except OSError as error:
        return Ended(_NOT_FOUND, "", f"{words[0]} cannot be started: {error.strerror}\n")
    status = done.code if done.code >= 0 else 128 - done.code
    return Ended(status, out.text(), said.text(), _ENDED_HERE.get(done.ended, ""))
