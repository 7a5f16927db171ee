"""The engine: a client is run through scenes, and cases are judged on what was seen.

    marks = grade(Client(("python", "client.py", "{question}"), folder), CASES)

Each scene is played once for each wire format, many at a time, and serves all cases that are about it. A case needs no
more than a name of a scene and a pure function from what was seen to what is found, so others can bring their own.
"""

from __future__ import annotations

import os
import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from chatbot.core.errors import Cancelled
from chatbot.lab.grade.client import FACTS, WIRES, Client, Place, environment_for, words_for
from chatbot.lab.grade.observation import Found, Observation, Verdict, not_applicable
from chatbot.lab.grade.scenes import LONGEST_S, PLAIN, SCENE_BY_NAME, SCENES, SILENCE_S, Scene
from chatbot.lab.grade.stage import Stage
from chatbot.outside.background import as_they_end, result_of
from chatbot.outside.processes.running import Limits, ProcessRun, Running, Streams, Wish
from chatbot.records import NamedTuple

LIMITS = Limits(LONGEST_S, 8_000_000, grace_s=2.0)  # on a loaded machine an end takes long too
_WAIT_AT_ONCE = 10  # these need no processor; of the others many at once would be slow each, and look so
_MORE_AT_ONCE, _MOST_MORE = 8, 48
_MORE_BEGIN_S, _MORE_END_S = 38.0, 50.0  # after the start
_TIME = " #"  # goes between the name of a scene that is played more often, and its number
Seen = Mapping[str, Observation]
"""What was seen of a client on one wire, by the names of the scenes."""
_Runs = dict[tuple[str, str], "Future[Observation]"]  # by wire and scene


class Case(NamedTuple):
    """A rule: what is `done`, what is `expected`, and what it `teaches`, a sentence each.

    `judge` is given what was seen in each of the `scenes`, in their order. `streams`: it says nothing about a client
    that asks for no stream. `wires` are those it is about. As long as `wants_more` of what was seen, and time is left,
    the scenes `more` are played by turns, and both are given what was seen in these too.
    """

    name: str
    done: str
    expected: str
    teaches: str
    scenes: tuple[str, ...]
    judge: Callable[..., Found]
    streams: bool = False
    wires: tuple[str, ...] = WIRES
    more: tuple[str, ...] = ()
    wants_more: Callable[..., bool] = lambda *seen: False

    def of(self, seen: Seen) -> list[Observation]:
        """What was seen in its scenes, as far as they were played."""
        more = [each for name, each in seen.items() if name.partition(_TIME)[0] in self.more]
        return [*(seen[name] for name in self.scenes if name in seen), *more]


class Mark(NamedTuple):
    """What a case says about a client on one wire."""

    case: Case
    wire: str
    verdict: Verdict
    seen: str


class Graded(NamedTuple):
    """`wires` are those that the client speaks; `runs` how often it was run."""

    marks: tuple[Mark, ...]
    wires: tuple[str, ...]
    took_s: float = 0.0
    runs: int = 0

    def count(self, verdict: Verdict) -> int:
        """How many marks are of a kind."""
        return sum(mark.verdict == verdict for mark in self.marks)

    @property
    def score(self) -> int:
        """Of 100, rounded down: full where no case failed, also where none says anything."""
        counted = self.count("pass") + self.count("fail")
        return self.count("pass") * 100 // counted if counted else 100


class NothingAsked(Exception):
    """The client sent no question to the lab on a wire, or had its answer there and did not end; `seen` is how it went.
    The other scenes would tell nothing, and take long.
    """

    def __init__(self, seen: Observation) -> None:
        super().__init__("the client cannot be graded")
        self.seen = seen


def grade(
    client: Client,
    cases: Sequence[Case],
    *,
    wires: Sequence[str] = (),
    environ: Mapping[str, str] = os.environ,
    stop: threading.Event | None = None,
    tell: Callable[[int, int], None] = lambda done, total: None,
    limits: Limits = LIMITS,
) -> Graded:
    """The marks of a client: the cases in their order, each on the wires it speaks. Each run is within `limits`.

    Without `wires` those are found out: it is asked with the variables of each, and speaks what then comes. `tell` is
    told how many runs are over, of how many. Once `stop` is set, what runs is ended. Raises NothingAsked, OSError where
    the command cannot be started, and Cancelled where it was stopped.
    """
    began_s, stop = time.monotonic(), stop or threading.Event()
    play = _Player(client, environ, stop, limits, began_s + _MORE_END_S)
    told = _Told(tell)
    spoken: dict[str, Observation] = {}
    runs: _Runs = {}
    with ThreadPoolExecutor(_WAIT_AT_ONCE) as waiting, ThreadPoolExecutor(1 + (os.cpu_count() or 1)) as busy:
        plain = {busy.submit(play, PLAIN, wire): wire for wire in wires or ("openai", "anthropic", "gemini")}
        for run in as_they_end(plain):
            seen = run.result()
            wire = _wire_spoken(plain[run], seen, is_named=bool(wires))
            if wire is None:
                continue
            spoken[wire] = seen._replace(wire=wire)
            for scene in _scenes_of(cases, is_streamed=seen.is_streamed):
                runs[wire, scene.name] = told.over((waiting if scene.waits else busy).submit(play, scene, wire))
        more = [(case, wire) for case in cases if case.more for wire in spoken]
        while more and not stop.is_set() and time.monotonic() < began_s + _MORE_BEGIN_S:
            more = [(case, wire) for case, wire in more if _wants_more(case, wire, runs)]
            for case, wire in more:
                for key, scene in _next_scenes(case, wire, runs):
                    runs[key] = told.over(waiting.submit(play, scene, wire))
        found = {key: result_of(run) for key, run in runs.items()}
    if stop.is_set():
        raise Cancelled("stopped")
    unspoken = [run.result() for run, wire in plain.items() if wire not in spoken]
    if not spoken or (wires and unspoken):
        raise NothingAsked(next((seen for seen in unspoken if seen.asked), unspoken[0]))
    found |= {(wire, PLAIN.name): seen for wire, seen in spoken.items()}
    in_order = tuple(wire for wire in WIRES if wire in spoken)
    marks = tuple(
        judged(case, {name: seen for (on, name), seen in found.items() if on == wire}, wire)
        for case in cases
        for wire in in_order
    )
    return Graded(marks, in_order, time.monotonic() - began_s, len(runs) + len(plain))


def judged(case: Case, seen: Seen, wire: str) -> Mark:
    """What a case says of what was seen; pure. A scene that needs a stream may be missing in it."""
    if wire not in case.wires:
        return Mark(case, wire, *not_applicable("this wire format has no such thing"))
    observations = case.of(seen)
    if case.streams and not any(each.is_streamed or not each.asked for each in observations):
        return Mark(case, wire, *not_applicable("it asks for no stream"))
    return Mark(case, wire, *case.judge(*observations))


def _scenes_of(cases: Iterable[Case], *, is_streamed: bool) -> list[Scene]:
    names = {name for case in cases if is_streamed or not case.streams for name in case.scenes}
    return [scene for scene in SCENES if scene.name in names and scene is not PLAIN]


def _wants_more(case: Case, wire: str, runs: _Runs) -> bool:
    """Whether it does, of what was seen; waits until that is all there."""
    names = [name for on, name in runs if on == wire and name.partition(_TIME)[0] in (*case.scenes, *case.more)]
    times = sum(_TIME in name for name in names)
    return times < _MOST_MORE and case.wants_more(*case.of({name: result_of(runs[wire, name]) for name in names}))


def _next_scenes(case: Case, wire: str, runs: _Runs) -> list[tuple[tuple[str, str], Scene]]:
    """What is played next for a case that wants more, and by which names it is seen."""
    begun = sum(on == wire and name.partition(_TIME)[0] in case.more and _TIME in name for on, name in runs)
    names = [(number, case.more[number % len(case.more)]) for number in range(begun, begun + _MORE_AT_ONCE)]
    return [((wire, f"{name}{_TIME}{number}"), SCENE_BY_NAME[name]) for number, name in names]


def _wire_spoken(wire: str, seen: Observation, *, is_named: bool) -> str | None:
    """The wire that came when the client was asked with the variables of this one: of two of a service either, where
    none is named. None where nothing came, or the client did not end.
    """
    if not seen.asked or seen.run.ended != "exited":
        return None
    came = seen.asked[0].dialect
    return wire if is_named else came if FACTS[came] is FACTS[wire] else None


class _Told:
    """Counts the runs that are over."""

    def __init__(self, tell: Callable[[int, int], None]) -> None:
        self._tell, self._lock = tell, threading.Lock()
        self._done, self._total = 0, 0

    def over(self, run: Future[Observation]) -> Future[Observation]:
        """Counts this one, and once more when it is over."""
        self._total += 1
        run.add_done_callback(self._one_more)
        return run

    def _one_more(self, run: Future[Observation]) -> None:
        with self._lock:
            self._done += 1
            self._tell(self._done, self._total)


class _Player:
    """Plays scenes to a client."""

    def __init__(
        self, client: Client, environ: Mapping[str, str], stop: threading.Event, limits: Limits, more_until_s: float
    ) -> None:
        self._client, self._environ, self._stop, self._limits = client, environ, stop, limits
        self._more_until_s = more_until_s

    def __call__(self, scene: Scene, wire: str) -> Observation:
        """Once. Raises OSError, and Cancelled."""
        if self._stop.is_set():
            raise Cancelled("stopped")
        started: Future[Running] = Future()
        lines: list[bytes] = []

        def look() -> None:  # the client waits for its answer just now
            if scene is PLAIN:
                lines.extend(started.result(LONGEST_S).command_lines())

        with tempfile.TemporaryDirectory(prefix="chat-lab-", ignore_cleanup_errors=True) as home:
            with Stage(scene, look) as stage:
                place = Place(wire, stage.url, f"sk-lab-{secrets.token_hex(12)}", scene.question)
                run = self._run(scene, place, Path(home), stage, started)
            return _observed(stage, place, run)._replace(
                command_lines=tuple(lines), takes_stdin=self._client.takes_stdin
            )

    def _run(self, scene: Scene, place: Place, home: Path, stage: Stage, started: Future[Running]) -> ProcessRun:
        is_piped = scene.by_stdin or not self._client.is_asked_by_word
        running = Running(
            words_for(self._client, place, by_stdin=scene.by_stdin),
            environment_for(self._client, place, home, self._environ),
            self._client.folder,
            Streams(scene.question.encode() if is_piped else None, scene.output),
            self._limits,
        )
        try:
            started.set_result(running)
            return running.to_end(lambda _: self._wish(scene, stage))
        finally:
            running.close()

    def _wish(self, scene: Scene, stage: Stage) -> Wish:
        asked, silent_s = len(stage.asked), time.monotonic() - stage.happened_s
        if self._stop.is_set() or asked >= scene.most_asked or (asked and silent_s > scene.patience_s):
            return "end"
        if scene.is_more and time.monotonic() > self._more_until_s:
            return "end"
        return "interrupt" if scene.interrupts and asked and silent_s > SILENCE_S else None


def _observed(stage: Stage, place: Place, run: ProcessRun) -> Observation:
    """With times that count from the start of the program."""
    return Observation(
        place.wire,
        place.question,
        place.key,
        run,
        tuple(each._replace(at_s=each.at_s - run.began_s) for each in stage.asked),
        stage.says,
        None if stage.sent_s is None else stage.sent_s - run.began_s,
        stage.elsewhere,
    )
