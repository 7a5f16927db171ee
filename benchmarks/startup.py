"""What `chat` costs before its request leaves, and in all, against a bare `requests` script in the same run.

    python benchmarks/startup.py [--runs 41]

Each client is run in turn, its output piped, against a server in this process. When the first byte of a request
arrives, the server reads the CPU time of the client process (all its threads) from /proc; at the end it is that of the
finished child. The ratios are those of one turn, in random order; of them, as of the figures, the lower quartile.
"""

from __future__ import annotations

import http.server
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from clients import clients, served, turns

BARE = """
import json, sys
import requests
response = requests.post(sys.argv[1] + "/chat/completions", stream=True, timeout=60,
    headers={"Authorization": "Bearer " + "k" * 20},
    json={"model": "m", "messages": [{"role": "user", "content": "hello"}], "stream": True})
for line in response.iter_lines():
    if line.startswith(b"data: {"):
        sys.stdout.write(json.loads(line[6:])["choices"][0]["delta"].get("content") or "")
"""
WORDS = ("one ", "two ", "three.")


def cpu_ms(pid: int) -> float:
    """CPU of all threads of a process so far, in milliseconds (Linux: nanoseconds in schedstat)."""
    tasks = Path(f"/proc/{pid}/task")
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir()) / 1e6


class Server(http.server.HTTPServer):
    """Answers each question with three words; notes the client's CPU at the first byte."""

    child: int = 0
    first_byte_ms: float = 0.0

    def get_request(self) -> tuple[socket.socket, object]:
        connection, address = super().get_request()
        connection.recv(1, socket.MSG_PEEK)
        self.first_byte_ms = cpu_ms(self.child)
        return connection, address


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for number, word in enumerate(WORDS):
            reason = "stop" if number == len(WORDS) - 1 else None
            chunk = {"choices": [{"index": 0, "delta": {"content": word}, "finish_reason": reason}]}
            self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *args: object) -> None:
        pass


def measure(server: Server, command: list[str], home: str) -> tuple[float, float]:
    """CPU ms at the first request byte, and at exit."""
    env = {"PATH": os.environ["PATH"], "HOME": home, "OPENAI_API_KEY": "k" * 20}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, cwd=home
    )
    server.child = child.pid
    out, error = child.communicate(timeout=60)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if out.decode().strip() != "one two three.":
        raise SystemExit(f"{command[0]} printed {out!r} {error!r}")
    total_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return server.first_byte_ms, total_s * 1000


def main() -> None:
    server = Server(("127.0.0.1", 0), Handler)
    url = served(server)
    with tempfile.TemporaryDirectory() as home:
        chats = {"chat, nothing kept": ["-m", "m", "-n", "hello"], "chat": ["-m", "m", "hello"]}
        commands = {
            "interpreter alone": [sys.executable, "-c", "print('one two three.')"],
            **clients(home, url, ("bare requests", BARE), chats),
        }
        figures = turns(lambda name: measure(server, commands[name], home), list(commands), 41)
    for name, values in figures.items():
        first, end = (lower_quartile(column) for column in zip(*values, strict=True))
        sent = "    -   " if name == "interpreter alone" else f"{first:6.1f} ms"
        print(f"{name:20} first request byte {sent}   exit {end:6.1f} ms")
    for name in ("chat, nothing kept", "chat"):
        pairs = list(zip(figures[name], figures["bare requests"], strict=True))
        first, end = (lower_quartile([mine[at] / bare[at] for mine, bare in pairs]) for at in (0, 1))
        print(f"{name:20} ratio to bare requests: first request byte {first:.2f}, exit {end:.2f}")


def lower_quartile(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=4)[0]


if __name__ == "__main__":
    main()
