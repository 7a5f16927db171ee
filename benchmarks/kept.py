"""What it costs to keep the HTTP of a long answer, and to show it: each figure beside its bound.

    python benchmarks/kept.py [--mb 100] [--events 10000] [--runs 5]

Memory is the peak resident size of `chat -n`, its output piped, for a stream of so many megabytes, less that without
any file. CPU is that of the finished client for so many events, told on a piped standard error, against that without
`-v`. The time after the end is the CPU that storing the exchange of a short answer takes in the main thread.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from clients import clients, numbers, served_apart
from stream import BARE, serve, stream_of

FILES = {"": [], "--log-file": ["--log-file", "log"], "--har": ["--har", "har"], "--record": ["--record", "tape"]}
LEVELS = {"": [], "-v": ["-v"], "-vv": ["-vv"], "-vvv": ["-vvv"]}
MAX_MORE_MB, MAX_MORE = 10.0, 0.1  # whichever is more
MAX_RATIO = {"-v": 1.5, "-vv": 1.5, "-vvv": 2.0}
MAX_AFTER_MS = 3.0
TIMED = """
import sys, time
from chatbot.cli.ask.recorder import RecordingView
keep = RecordingView.keep
def timed(self, exchanges):
    began_s = time.thread_time()
    keep(self, exchanges)
    sys.stderr.write(f"{(time.thread_time() - began_s) * 1000}\\n")
RecordingView.keep = timed
from chatbot.__main__ import run
run()
"""


class Cost(NamedTuple):
    cpu_s: float
    peak_mb: float
    told: bytes


def measure(command: Sequence[str], tokens: int, least_kept_bytes: int = 0) -> Cost:
    """One run in an empty home, where it must leave a file of at least so many bytes."""
    with tempfile.TemporaryDirectory() as home, Path(home, "told").open("wb+") as told:
        env = {"PATH": os.environ["PATH"], "HOME": home, "OPENAI_API_KEY": "k" * 20}
        child = subprocess.Popen(
            [*command, "-m", str(tokens), "hello"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, cwd=home,
        )  # fmt: skip
        drains = [
            subprocess.Popen(["cat"], stdin=pipe, stdout=to)
            for pipe, to in ((child.stdout, subprocess.DEVNULL), (child.stderr, told))
        ]
        _, child.returncode, usage = os.wait4(child.pid, 0)
        for drain in drains:
            drain.wait()
        kept_bytes = max((path.stat().st_size for path in Path(home).iterdir() if path.name != "told"), default=0)
        told.seek(0)
        said = told.read()
    if child.returncode or kept_bytes < least_kept_bytes:
        raise SystemExit(f"{command[0]} ended with {child.returncode}, kept {kept_bytes} bytes: {said[-300:]!r}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, said)


def line(name: str, figure: str, is_held: bool, bound: str) -> None:
    print(f"{name:28} {figure:>12}   {'holds' if is_held else 'MISSED'}: at most {bound}")


def show_memory(chat: Sequence[str], mb: float) -> None:
    tokens = max(1, round(mb * 1e6 / (len(stream_of(1_000)) / 1_000)))
    peaks = {
        name: measure([*chat, *words], tokens, round(mb * 1e6 * 0.9) if words else 0).peak_mb
        for name, words in FILES.items()
    }
    plain_mb = peaks.pop("")
    print(f"{'chat -n':28} {plain_mb:9.1f} MB   for an answer of {mb:g} MB")
    most_mb = plain_mb + max(MAX_MORE_MB, plain_mb * MAX_MORE)
    for name, peak_mb in peaks.items():
        line(f"chat -n {name}", f"{peak_mb:.1f} MB", peak_mb <= most_mb, f"{most_mb:.1f} MB")


def show_levels(chat: Sequence[str], events: int, runs: int) -> None:
    found: dict[str, list[float]] = {name: [] for name in LEVELS}
    for _ in range(runs):  # in turns: a machine is not as fast at each moment
        for name, words in LEVELS.items():
            found[name].append(measure([*chat, *words], events).cpu_s)
    costs = {name: statistics.median(figures) for name, figures in found.items()}
    plain_s = costs.pop("")
    print(f"{'chat -n':28} {plain_s * 1000:9.0f} ms   CPU for {events} events")
    for name, cost_s in costs.items():
        ratio = cost_s / plain_s
        line(f"chat -n {name}", f"x {ratio:.2f}", ratio <= MAX_RATIO[name], f"x {MAX_RATIO[name]}")


def show_after(chat: Sequence[str], runs: int) -> None:
    command = [sys.executable, "-c", TIMED, *chat[1:]]
    after_ms = statistics.median(float(measure(command, 3).told) for _ in range(runs))
    line("storing a short exchange", f"{after_ms:.1f} ms", after_ms <= MAX_AFTER_MS, f"{MAX_AFTER_MS} ms")


def main() -> None:
    args = numbers(mb=100.0, events=10_000, runs=5)
    url = served_apart(serve)
    with tempfile.TemporaryDirectory() as home:
        chat = clients(home, url, ("bare", BARE), {"chat": []})["chat"]
    show_memory([*chat, "-n"], args.mb)
    show_levels([*chat, "-n"], args.events, args.runs)
    show_after(chat, args.runs)


if __name__ == "__main__":
    main()
