"""What a token costs when the output is piped, and what memory a long answer takes, against a bare `read1` loop.

    python benchmarks/stream.py [--tokens 1000 10000 100000] [--runs 5]

Both clients read the same stream from a server in a process of its own, which writes as fast as it is read. CPU is that
of the finished client less its CPU for an answer of one token (so that start-up does not count), per 1 000 tokens;
memory is the peak resident size of the whole client. Medians, and their ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import tempfile
from multiprocessing.connection import Connection
from pathlib import Path

from clients import clients, served_apart

BARE = """
import json, sys
import requests
response = requests.post(sys.argv[1] + "/chat/completions", stream=True, timeout=60,
    headers={"Authorization": "Bearer " + "k" * 20},
    json={"model": sys.argv[2], "messages": [{"role": "user", "content": "hello"}], "stream": True})
out, rest = sys.stdout.buffer, b""
while chunk := response.raw.read1(65536, decode_content=True):
    *events, rest = (rest + chunk).split(b"\\n\\n")
    for event in events:
        if event.startswith(b"data: {"):
            choices = json.loads(event[6:])["choices"]
            if choices:
                out.write((choices[0]["delta"].get("content") or "").encode())
    out.flush()
"""


def stream_of(tokens: int) -> bytes:
    """An answer as OpenAI streams it: a role, the tokens, the finish reason, the usage, the end marker."""

    def event(delta: dict[str, str], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        return b"data: " + json.dumps({**head, "choices": [choice], "usage": None}).encode() + b"\n\n"

    usage = {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": tokens, "total_tokens": 5 + tokens}}
    words = b"".join(event({"content": f" word{number % 97}"}) for number in range(tokens))
    return (
        event({"role": "assistant", "content": ""})
        + words
        + event({}, "stop")
        + b"data: "
        + json.dumps(usage).encode()
        + b"\n\ndata: [DONE]\n\n"
    )


def serve(told: Connection) -> None:
    """Answers one request after the other; the number of tokens is the model's name."""
    listener = socket.create_server(("127.0.0.1", 0))
    told.send(listener.getsockname()[1])
    bodies: dict[int, bytes] = {}
    while True:
        connection, _ = listener.accept()
        with connection:
            request = b""
            while b'"model":' not in request:
                request += connection.recv(65536)
            tokens = int(request.split(b'"model":')[1].split(b'"')[1])
            body = bodies.setdefault(tokens, stream_of(tokens))
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
            try:
                connection.sendall(head + body)
                connection.shutdown(socket.SHUT_WR)
                connection.recv(65536)
            except OSError:
                pass


def measure(command: list[str], home: str, tokens: int) -> tuple[float, float]:
    """CPU seconds and peak memory in MB of one client."""
    env = {"PATH": os.environ["PATH"], "HOME": home, "OPENAI_API_KEY": "k" * 20}
    with Path(home, "out").open("wb+") as out:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=env, cwd=home)
        drain = subprocess.Popen(["cat"], stdin=child.stdout, stdout=out)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = status
        drain.wait()
        words = out.seek(0) or len(out.read().split())
    if status or words != tokens:
        raise SystemExit(f"{command[0]} ended with {status} after {words} of {tokens} words")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tokens", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    url = served_apart(serve)
    with tempfile.TemporaryDirectory() as home:
        chats = {"chat -n": ["-n", "hello", "-m"], "chat": ["hello", "-m"]}
        commands = clients(home, url, ("bare read1 loop", BARE), chats)
        figures: dict[tuple[str, int], list[tuple[float, float]]] = {}
        for _ in range(args.runs):
            for tokens in (1, *args.tokens):
                for name, command in commands.items():
                    figures.setdefault((name, tokens), []).append(measure([*command, str(tokens)], home, tokens))
    middle = {
        key: tuple(statistics.median(column) for column in zip(*runs, strict=True)) for key, runs in figures.items()
    }
    for tokens in args.tokens:
        costs = {}
        for name in commands:
            cpu_s, peak_mb = middle[name, tokens]
            costs[name] = (cpu_s - middle[name, 1][0]) * 1000 / tokens * 1000
            print(f"{tokens:7} tokens  {name:16} {costs[name]:6.2f} ms CPU per 1 000 tokens   peak {peak_mb:5.1f} MB")
        for name in ("chat -n", "chat"):
            print(f"{tokens:7} tokens  {name:16} ratio of CPU {costs[name] / costs['bare read1 loop']:.2f}")


if __name__ == "__main__":
    main()
