"""A batch behind a token bucket: how long 1 000 rows take, against an asker who knows the bucket.

    python benchmarks/batch.py [--rows 1000] [--per-s 50] [--burst 50]

In simulation, on a clock of its own, eight shapes of the bucket and one that is smaller than the second to which
`Retry-After` is rounded; then live: `chat batch` against the lab in this process, with the limits in headers and
without. Seconds, their ratio to the ideal, how many requests were refused (HTTP 429), and what was lost.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from clients import numbers

sys.path.insert(0, str(Path(__file__).parents[1]))

from chatbot.lab.quirks.table import Quirk
from chatbot.lab.quirks.token_bucket import token_bucket
from chatbot.lab.server.http import LabServer
from tests.layers.batch.buckets import ROUNDED, SHAPES, table

LATENCY_S = 0.3


def live(rows: int, per_s: float, burst: int, *, tells: bool) -> str:
    """One run of the program; a line of figures."""
    refused = 0

    def log(line: str) -> None:
        nonlocal refused
        refused += line.endswith(" 429")

    quirk = Quirk("", "", token_bucket(per_s, burst, tells=tells, latency_s=LATENCY_S))
    with tempfile.TemporaryDirectory() as home, LabServer(quirks=[quirk], log=log) as server:
        Path(home, "rows.txt").write_text("".join(f"question {number}\n" for number in range(rows)))
        words = ["batch", "rows.txt", "--out", "out.jsonl", "--base-url", f"{server.url}/v1", "-m", "echo", "-q"]
        env = {"PATH": os.environ["PATH"], "HOME": home}
        began_s = time.perf_counter()
        run = subprocess.run([sys.executable, "-m", "chatbot", *words], cwd=home, env=env, check=False)
        took_s = time.perf_counter() - began_s
        lines = [json.loads(line) for line in Path(home, "out.jsonl").read_text().splitlines()]
    whole = {line["id"] for line in lines if line["verdict"] == "complete"}
    ideal_s = (rows - burst) / per_s + LATENCY_S
    name = "live, with headers" if tells else "live, without"
    return (
        f"{name:34} {took_s:7.1f} s  ideal {ideal_s:6.1f} s  ratio {took_s / ideal_s:.3f}  refused {refused:3}  "
        f"lost {rows - len(whole)}  twice {len(lines) - len({line['id'] for line in lines})}  exit {run.returncode}"
    )


def main() -> None:
    said = numbers(rows=1000, per_s=50.0, burst=50)
    for line in table([*SHAPES, ROUNDED]):
        print(line)
    for tells in (True, False):
        print(live(said.rows, said.per_s, said.burst, tells=tells))


if __name__ == "__main__":
    main()
