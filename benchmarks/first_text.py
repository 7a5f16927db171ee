"""When the first text of an answer is seen on a terminal, behind a server that thinks for 300 ms.

    python benchmarks/first_text.py [--runs 15]

Each client runs in a pseudo-terminal of its own. Milliseconds from its start, and from the arrival of its request at
the server, until the first word of the answer is written. Medians; the plain client is a bare `requests` script that
prints each delta.
"""

from __future__ import annotations

import http.server
import json
import os
import pty
import select
import statistics
import tempfile
import time

from clients import clients, served, turns

THINKS_S = 0.3
BARE = """
import json, sys
import requests
response = requests.post(sys.argv[1] + "/chat/completions", stream=True, timeout=60,
    headers={"Authorization": "Bearer " + "k" * 20},
    json={"model": "m", "messages": [{"role": "user", "content": "hello"}], "stream": True})
rest = b""
while chunk := response.raw.read1(65536, decode_content=True):
    *lines, rest = (rest + chunk).split(b"\\n")
    for line in lines:
        if line.startswith(b"data: {"):
            sys.stdout.write(json.loads(line[6:])["choices"][0]["delta"].get("content") or "")
            sys.stdout.flush()
"""


class Server(http.server.ThreadingHTTPServer):
    arrived_s = 0.0


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.arrived_s = time.monotonic()
        time.sleep(THINKS_S)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for text, reason in (("FIRST ", None), ("and **last**.", "stop")):
            chunk = {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": reason}]}
            self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *args: object) -> None:
        pass


def measure(server: Server, command: list[str], env: dict[str, str]) -> tuple[float, float]:
    """Milliseconds until the first word is seen: from the start of the client, and from its request."""
    started_s = time.monotonic()
    child, terminal = pty.fork()
    if child == 0:
        os.execve(command[0], command, env)
    seen, seen_s = b"", 0.0
    while True:
        select.select([terminal], [], [], 10)
        try:
            data = os.read(terminal, 65536)
        except OSError:
            break
        seen += data
        if not seen_s and b"FIRST" in seen:
            seen_s = time.monotonic()
        if not data:
            break
    os.waitpid(child, 0)
    os.close(terminal)
    if not seen_s:
        raise SystemExit(f"{command} wrote {seen!r}")
    return (seen_s - started_s) * 1000, (seen_s - server.arrived_s) * 1000


def main() -> None:
    server = Server(("127.0.0.1", 0), Handler)
    url = served(server)
    with tempfile.TemporaryDirectory() as home:
        env = {"PATH": os.environ["PATH"], "HOME": home, "TERM": "xterm-256color", "OPENAI_API_KEY": "k" * 20}
        commands = clients(home, url, ("plain client", BARE), {"chat": ["-m", "m", "hello"]})
        figures = turns(lambda name: measure(server, commands[name], env), list(commands), 15)
    for name, values in figures.items():
        start, request = (statistics.median(column) for column in zip(*values, strict=True))
        print(f"{name:14} first text {start:6.1f} ms after its start, {request:6.1f} ms after its request")


if __name__ == "__main__":
    main()
