"""Runs a person's program through the cases of an exercise, many at a time, and tells what is wrong in each row."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from chatbot.core.errors import Cancelled
from chatbot.lab.grade.client import Client, Place, environment_for
from chatbot.lab.grade.observation import Observation
from chatbot.lab.learn.scripted import Script
from chatbot.lab.learn.seen import MODEL, USUAL_KEY, Answered, Call, Case, Seen, Start
from chatbot.lab.server.http import LabServer
from chatbot.outside.background import result_of
from chatbot.outside.processes.running import Limits, ProcessRun, Streams, run_bounded
from chatbot.records import NamedTuple

PACE_S = 0.15
_HANG_S = 30.0
_AT_ONCE = 8  # most of them wait
_MOST_RUNS = 50
_MOST_OUTPUT_BYTES = 1_000_000
_LISTENS_WITHIN_S, _ANSWERS_WITHIN_S, _LOOK_S = 8.0, 10.0, 0.05
_MOST_FILE_BYTES = 1_000_000


Run = Callable[..., ProcessRun]
"""As `run_bounded`: words, variables, folder, streams, limits, and what may have it ended."""


class Told(NamedTuple):
    """A row of the check, and what is wrong; empty where nothing is."""

    name: str
    fault: str


def check(
    words: Sequence[str],
    cases: Sequence[Case],
    environ: Mapping[str, str] = os.environ,
    folder: Path = Path(),
    run: Run = run_bounded,
    stop: threading.Event | None = None,
) -> Iterator[Told]:
    """All rows in their order, each as soon as it is known. The program runs in `folder`, unless a case says otherwise.

    Once `stop` is set, what runs is ended. Raises OSError where it cannot be started, and Cancelled where it was
    stopped.
    """
    stop = stop or threading.Event()
    player = _Player(_Program(_found_anywhere(words, folder), environ, folder, run), stop)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        played = [pool.submit(player, case) for case in cases]
        try:
            for case, each in zip(cases, played, strict=True):
                seen = result_of(each)
                if stop.is_set():
                    raise Cancelled("stopped")
                yield from (Told(row.name, row.fault(seen)) for row in case.rows)
        finally:
            stop.set()  # what still runs where nobody wants the rest


def _found_anywhere(words: Sequence[str], folder: Path) -> list[str]:
    """The command, its files by their whole paths; links stay, as a virtual environment is one."""
    first, *others = words
    is_path = os.sep in first
    files = [os.path.abspath(folder / word) if (folder / word).is_file() else word for word in others]  # noqa: PTH100
    return [os.path.abspath(folder / first) if is_path else first, *files]  # noqa: PTH100


class _Place(NamedTuple):
    """Of a case: the lab, a new folder, and a port where nobody listens yet."""

    url: str
    folder: Path
    port: int

    def filled(self, text: str) -> str:
        """With what its placeholders stand for."""
        return text.replace("{url}", self.url).replace("{folder}", str(self.folder))


class _Program(NamedTuple):
    """The person's, and what runs it."""

    words: Sequence[str]
    environ: Mapping[str, str]
    folder: Path
    run: Run


class _Player:
    def __init__(self, program: _Program, stop: threading.Event) -> None:
        self._program, self._stop = program, stop

    def __call__(self, case: Case) -> Seen:
        """Plays a case."""
        seen = self._played(case)
        while not self._stop.is_set() and len(seen.runs) < _MOST_RUNS and case.wants_more(seen):
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                more = pool.map(self._played, [Case((case.more,), ())] * _AT_ONCE)
                seen = seen._replace(runs=(*seen.runs, *(run for each in more for run in each.runs)))
        return seen

    def _played(self, case: Case) -> Seen:
        script = Script()
        with (
            tempfile.TemporaryDirectory(prefix="chat-learn-", ignore_cleanup_errors=True) as name,
            LabServer(quirks=[script.quirk], pace_s=PACE_S, hang_s=_HANG_S) as server,
        ):
            place = _Place(server.url, Path(name), _free_port() if case.calls else 0)
            for file, data in case.files.items():
                (place.folder / file).write_bytes(data)
            if case.calls:
                return self._called(case, place, script)
            return Seen(tuple(self._begun(start, place, script) for start in case.starts), _files_in(place.folder))

    def _begun(self, start: Start, place: _Place, script: Script) -> Observation:
        self._stop.wait(start.after_s)
        script.begin(start.turns)
        return self._run(start, place, script, lambda: False)

    def _called(self, case: Case, place: _Place, script: Script) -> Seen:
        """A program that listens: it is sent the calls, and ended when all are answered."""
        over = threading.Event()
        with ThreadPoolExecutor(1) as caller:
            answers = caller.submit(lambda: tuple(_answered(call, place.port, script, over) for call in case.calls))
            run = self._run(case.starts[0], place, script, answers.done)
            over.set()
            return Seen((run,), answered=answers.result())

    def _run(self, start: Start, place: _Place, script: Script, is_done: Callable[[], bool]) -> Observation:
        run = self._program.run(
            [*self._program.words, *map(place.filled, start.arguments)],
            self._variables(start, place),
            place.folder if start.in_folder else self._program.folder,
            Streams(start.stdin),
            Limits(start.limit_s, _MOST_OUTPUT_BYTES),
            lambda _: "end" if self._stop.is_set() or is_done() else None,
        )
        return Observation("openai", "", USUAL_KEY, run, script.asked)

    def _variables(self, start: Start, place: _Place) -> dict[str, str]:
        environ = self._program.environ
        home = Path(environ.get("HOME", place.folder))  # a person's packages may be there
        usual = environment_for(Client(()), Place("openai", place.url, USUAL_KEY, ""), home, environ)
        own = {name: place.filled(value) for name, value in start.environ.items()}
        listens = {"PORT": str(place.port)} if place.port else {}
        merged = {**usual, MODEL: "echo", "TMPDIR": str(place.folder), **listens, **own}
        return {name: value for name, value in merged.items() if value}


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


def _answered(call: Call, port: int, script: Script, over: threading.Event) -> Answered:
    """What comes back, and what the lab was asked for it; status 0 where nothing comes."""
    script.begin(call.turns)
    connection = _connected(port, over)
    if connection is None:
        over.set()  # nor will it for the others
        return Answered(0, is_taken=False)
    with contextlib.closing(connection):
        began_s = time.monotonic()
        pieces, times_s = [], []
        try:
            connection.request(call.method, call.path, call.body, dict(call.headers))
            response = connection.getresponse()
            while piece := response.read1():
                pieces.append(piece)
                times_s.append(time.monotonic() - began_s)
        except (OSError, http.client.HTTPException):
            return Answered(0, asked=script.asked)
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answered(response.status, headers, b"".join(pieces), tuple(times_s), script.asked)


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
