"""What whole commands cost when the history is full, against an empty one in the same run.

    python benchmarks/history_commands.py [--turns 100000] [--runs 15]

Each command is run in turn in two homes, against the lab on loopback; CPU of the finished process and elapsed time,
medians.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from clients import numbers
from history import fill

from chatbot.lab.server.http import LabServer


def measure(home: Path, command: list[str]) -> tuple[float, float]:
    """CPU and elapsed milliseconds of one command."""
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "OPENAI_API_KEY": "k" * 20}
    before, started_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, env=env, cwd=home, capture_output=True, stdin=subprocess.DEVNULL, check=True, timeout=60)
    elapsed_s, after = time.monotonic() - started_s, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu_s * 1000, elapsed_s * 1000


def main() -> None:
    args = numbers(turns=100_000, runs=15)
    chat = str(Path(sys.executable).with_name("chat"))
    with tempfile.TemporaryDirectory() as folder, LabServer() as server:
        homes = {"empty": Path(folder) / "empty", "full": Path(folder) / "full"}
        for home in homes.values():
            (home / ".local/share/chat").mkdir(parents=True, mode=0o700)
        fill(homes["full"] / ".local/share/chat", args.turns)
        ask = [chat, "--provider", "openai", "--base-url", server.url + "/v1", "-m", "echo"]
        commands = {
            'chat "q"': [*ask, "q"],
            'chat -c "q"': [*ask, "-c", "q"],
            "chat logs list": [chat, "logs", "list"],
            "chat logs search amber": [chat, "logs", "search", "amber"],
        }
        figures: dict[tuple[str, str], list[tuple[float, float]]] = {}
        for home in homes.values():
            measure(home, [*ask, "a question about amber"])
        for _ in range(args.runs):
            for name, command in commands.items():
                for which, home in homes.items():
                    figures.setdefault((name, which), []).append(measure(home, command))
    for name in commands:
        cpu = {which: statistics.median(run[0] for run in figures[name, which]) for which in homes}
        elapsed = {which: statistics.median(run[1] for run in figures[name, which]) for which in homes}
        cells = "   ".join(f"{which} {cpu[which]:6.1f} ms CPU, {elapsed[which]:6.1f} ms" for which in homes)
        print(f"{name:24} {cells}   ratio of CPU {cpu['full'] / cpu['empty']:.2f}")


if __name__ == "__main__":
    main()
