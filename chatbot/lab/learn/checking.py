"""Runs a person's program through the cases of an exercise, many at a time, and tells what is wrong in each row."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from chatbot.lab.grade.client import Client, Place, environment_for
from chatbot.lab.learn.scripted import Script
from chatbot.lab.learn.seen import USUAL_KEY, Answered, Call, Case, Ran, Seen, Start
from chatbot.lab.server.http import LabServer
from chatbot.outside.processes.running import Limits, ProcessRun, Running, Streams

PACE_S = 0.15
_HANG_S = 30.0
_AT_ONCE = 8  # most of them wait
_MOST_OUTPUT_BYTES = 1_000_000
_LISTENS_WITHIN_S, _ANSWERS_WITHIN_S, _LOOK_S = 8.0, 10.0, 0.05
_MOST_FILE_BYTES = 1_000_000


class Told(NamedTuple):
    """A row of the check, and what is wrong; empty where nothing is."""

    name: str
    fault: str


def check(
    words: Sequence[str], cases: Sequence[Case], environ: Mapping[str, str] = os.environ, folder: Path = Path()
) -> list[Told]:
    """All rows in their order. The program runs in `folder`, but where a case says otherwise.

    Raises OSError where it cannot be started.
    """
    stop = threading.Event()
    player = _Player(_found_anywhere(words, folder), environ, folder, stop)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        try:
            all_seen = list(pool.map(player, cases))
        finally:
            stop.set()
    return judged(cases, all_seen)


def judged(cases: Sequence[Case], all_seen: Sequence[Seen]) -> list[Told]:
    """What each row says of what was seen; pure."""
    return [
        Told(row.name, row.fault(seen)) for case, seen in zip(cases, all_seen, strict=True) for row in case.rows
    ]


def _found_anywhere(words: Sequence[str], folder: Path) -> list[str]:
    """The command, its files by their whole paths; links stay, as a virtual environment is one."""
    first, *others = words
    is_path = os.sep in first
    files = [os.path.abspath(folder / word) if (folder / word).is_file() else word for word in others]  # noqa: PTH100
    return [os.path.abspath(folder / first) if is_path else first, *files]  # noqa: PTH100


class _Player:
    def __init__(
        self, words: Sequence[str], environ: Mapping[str, str], folder: Path, stop: threading.Event
    ) -> None:
        self._words, self._environ, self._folder, self._stop = words, environ, folder, stop

    def __call__(self, case: Case) -> Seen:
        """Plays a case."""
        script = Script()
        with (
            tempfile.TemporaryDirectory(prefix="chat-learn-", ignore_cleanup_errors=True) as name,
            LabServer(quirks=[script.quirk], pace_s=PACE_S, hang_s=_HANG_S) as server,
        ):
            place = Path(name)
            for file, data in case.files.items():
                (place / file).write_bytes(data)
            runs = tuple(self._run(start, case.calls, script, server.url, place) for start in case.starts)
            return Seen(runs, _files_in(place))

    def _run(self, start: Start, calls: Sequence[Call], script: Script, url: str, place: Path) -> Ran:
        self._stop.wait(start.after_s)
        script.begin(start.turns)
        port = _free_port() if calls else 0
        filled = [word.format(url=url, folder=place) for word in start.arguments]
        running = Running(
            [*self._words, *filled],
            self._variables(start, url, place, port),
            place if start.in_folder else self._folder,
            Streams(start.stdin),
        )
        try:
            limits = Limits(start.limit_s, _MOST_OUTPUT_BYTES)
            if not calls:
                return _ran(running.to_end(limits, lambda _: "end" if self._stop.is_set() else None), script)
            return self._called(running, limits, calls, port, script)
        finally:
            running.close()

    def _called(
        self, running: Running, limits: Limits, calls: Sequence[Call], port: int, script: Script
    ) -> Ran:
        """A program that listens: it is sent the calls, and ended when all are answered."""
        over = threading.Event()
        with ThreadPoolExecutor(1) as caller:
            answered = caller.submit(lambda: tuple(_answered(call, port, over) for call in calls))
            run = running.to_end(limits, lambda _: "end" if self._stop.is_set() or answered.done() else None)
            over.set()
            return _ran(run, script)._replace(answered=answered.result(), is_over=True)

    def _variables(self, start: Start, url: str, place: Path, port: int) -> dict[str, str]:
        client, told = Client(()), Place("openai", url, USUAL_KEY, "")
        home = Path(self._environ.get("HOME", place))  # packages that a person installed may be there
        usual = environment_for(client, told, home, self._environ)
        own = {name: value.format(url=url, folder=place) for name, value in start.environ.items()}
        listens = {"PORT": str(port)} if port else {}
        merged = {**usual, "OPENAI_MODEL": "echo", "TMPDIR": str(place), **listens, **own}
        return {name: value for name, value in merged.items() if value}


def _ran(run: ProcessRun, script: Script) -> Ran:
    return Ran(
        out=run.out.decode("utf-8", "replace"),
        err=run.err.decode("utf-8", "replace"),
        code=run.code,
        requests=script.arrived,
        is_over=run.ended == "exited",
        took_s=run.took_s,
        out_times_s=tuple(piece.at_s for piece in run.pieces if not piece.is_error and piece.data.strip()),
    )


def _files_in(folder: Path) -> dict[str, bytes]:
    found = {}
    for path in folder.iterdir():
        with contextlib.suppress(OSError):
            if path.is_file() and path.stat().st_size <= _MOST_FILE_BYTES:
                found[path.name] = path.read_bytes()
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answered(call: Call, port: int, over: threading.Event) -> Answered:
    """What comes back; status 0 where nothing does."""
    connection = _connected(port, over)
    if connection is None:
        return Answered(0, {}, b"")
    with contextlib.closing(connection):
        began_s = time.monotonic()
        try:
            connection.request(call.method, call.path, call.body, dict(call.headers))
            response = connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            pieces, times_s = [], []
            while piece := response.read1():
                pieces.append(piece)
                times_s.append(time.monotonic() - began_s)
        except (OSError, http.client.HTTPException):
            return Answered(0, {}, b"")
    return Answered(response.status, headers, b"".join(pieces), tuple(times_s))


def _connected(port: int, over: threading.Event) -> http.client.HTTPConnection | None:
    """To the program, as soon as it listens; None where it does not."""
    until_s = time.monotonic() + _LISTENS_WITHIN_S
    while time.monotonic() < until_s and not over.is_set():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWERS_WITHIN_S)
        try:
            connection.connect()
        except OSError:
            over.wait(_LOOK_S)
        else:
            return connection
    return None


