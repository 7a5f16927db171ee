"""Every scenario of the lab, asked once with the command as it comes: how it exits, what it says, how often, how long.

    python benchmarks/scenarios.py [--wire openai|anthropic|gemini] [--timeout 3] [NAME ...]

Four at a time; always-500 takes the whole minute in which the command retries.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from chatbot.lab.scenarios import NAMES
from chatbot.lab.server.http import LabServer

PATHS = {"openai": "/v1", "anthropic": "", "gemini": "/v1beta"}


class Row(NamedTuple):
    name: str
    code: int
    requests: int
    took_s: float
    out: str
    err: str


def measure(name: str, wire: str, timeout_s: float) -> Row:
    variables = {f"{service}_API_KEY": "sk-scenario-0123456789abcdef" for service in ("OPENAI", "ANTHROPIC", "GEMINI")}
    with tempfile.TemporaryDirectory() as home, LabServer(hang_s=90) as server:
        words = ["--provider", wire, "--base-url", server.url + PATHS[wire], "-m", name, "--timeout", str(timeout_s)]
        started_s = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "chatbot", *words, "hello"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={"PATH": os.environ["PATH"], "HOME": home, "PYTHONPATH": str(Path.cwd()), **variables},
            cwd=home,
            timeout=120,
            check=False,
        )
        took_s = time.monotonic() - started_s
        requests = sum(request.method == "POST" for request in server.requests)
    return Row(name, done.returncode, requests, took_s, done.stdout.decode("utf-8", "replace"), done.stderr.decode())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", default=NAMES)
    parser.add_argument("--wire", choices=PATHS, default="openai")
    parser.add_argument("--timeout", type=float, default=3.0)
    args = parser.parse_args()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        rows = pool.map(lambda name: measure(name, args.wire, args.timeout), args.names)
        print(f"{'scenario':22} exit  requests  seconds  standard output / standard error")
        for row in rows:
            start = repr(row.out[:60]) + (f" ({len(row.out)})" if len(row.out) > 60 else "")
            print(f"{row.name:22} {row.code:4}  {row.requests:8}  {row.took_s:7.1f}  {start}")
            for line in row.err.splitlines():
                print(f"{'':47}{line[:110]}")


if __name__ == "__main__":
    main()
