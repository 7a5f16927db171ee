"""When the first byte of an answer from the cache is there, against the moment a bare `requests` script sends.

    python benchmarks/cached.py [--runs 41]

Milliseconds from the start of each process: until `chat --cache`, its output piped, has written the first byte of an
answer that it has, and until the first byte of the script's request is at a server in this process. In random order;
lower quartiles, and that of the ratios of one turn. `miss` is `chat --cache` until its request is there, `chat` the
same without a cache.
"""

from __future__ import annotations

import os
import select
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence

from clients import clients, served, turns
from startup import BARE, Handler
from startup import Server as CountingServer

HIT, BARE_NAME = "chat --cache, a hit", "bare requests"


class Server(CountingServer):
    """Notes when the first byte of a request came."""

    arrived_s: float = 0.0

    def get_request(self) -> tuple[object, object]:  # type: ignore[override]
        found = super().get_request()
        self.arrived_s = time.perf_counter()
        return found


def measure(server: Server, command: Sequence[str], home: str, *, is_hit: bool) -> float:
    """Milliseconds until the first byte of the answer, or of the request."""
    env = {"PATH": os.environ["PATH"], "HOME": home, "OPENAI_API_KEY": "k" * 20}
    server.arrived_s, seen_s = 0.0, 0.0
    began_s = time.perf_counter()
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env=env, cwd=home, **pipes) as child:  # type: ignore[call-overload]
        server.child = child.pid
        select.select([child.stdout], [], [], 20)
        seen_s = time.perf_counter()
        out = child.stdout.read()
    if out.decode().strip() != "one two three." or bool(server.arrived_s) is is_hit:
        raise SystemExit(f"{command[0]} printed {out!r}; its request came: {bool(server.arrived_s)}")
    return ((seen_s if is_hit else server.arrived_s) - began_s) * 1000


def main() -> None:
    server = Server(("127.0.0.1", 0), Handler)
    url = served(server)
    with tempfile.TemporaryDirectory() as home:
        chats = {
            HIT: ["-m", "m", "--cache-ttl", "1h", "hello"],
            "chat --cache, a miss": ["-m", "m", "--cache", "--refresh", "hello"],
            "chat": ["-m", "m", "hello"],
        }
        commands = clients(home, url, (BARE_NAME, BARE), chats)
        measure(server, commands[HIT], home, is_hit=False)
        figures = turns(lambda name: measure(server, commands[name], home, is_hit=name == HIT), list(commands), 41)
    for name, values in figures.items():
        print(f"{name:22} {lower_quartile(values):6.1f} ms")
    ratios = [mine / bare for mine, bare in zip(figures[HIT], figures[BARE_NAME], strict=True)]
    print(f"a hit's first byte against the bare request: {lower_quartile(ratios):.2f}")


def lower_quartile(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=4)[0]


if __name__ == "__main__":
    main()
