"""What `chat serve` adds to an answer: a delay of the first byte; and what it takes: memory, with 200 streams at once.

    python benchmarks/relay.py [--runs 300]

The lab answers, a process of its own on the loopback interface, and it is asked directly and through the relay in
turns, on connections that are kept. Milliseconds from the request to the first byte of the body, medians. Then 200
clients ask at once for an answer whose words come slowly, five times over.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from clients import numbers

STREAMS, ROUNDS = 200, 5
CHAT = str(Path(sys.executable).with_name("chat"))
KEYS = {"OPENAI_API_KEY": "k" * 20, "ANTHROPIC_API_KEY": "k" * 20, "GEMINI_API_KEY": "k" * 20}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def started(words: list[str], env: dict[str, str]) -> tuple[subprocess.Popen[str], int]:
    """A server of ours, and its port, once it listens. What it says afterwards is thrown away."""
    port = free_port()
    process = subprocess.Popen([CHAT, *words, "--port", str(port)], env=env, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    for line in process.stderr:
        if "Ctrl-C ends it" in line:
            break
    threading.Thread(target=process.stderr.read, daemon=True).start()
    return process, port


def first_byte_ms(connection: http.client.HTTPConnection, model: str) -> float:
    body = json.dumps({"model": model, "stream": True, "messages": [{"role": "user", "content": "hello there"}]})
    began_s = time.perf_counter()
    connection.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    assert response.read(1)
    took_ms = (time.perf_counter() - began_s) * 1000
    assert response.status == 200
    response.read()
    return took_ms


def delays(lab: int, relay: int, runs: int) -> None:
    names = {"lab": "echo", "relay, same wire": "openai/echo", "relay, Anthropic": "anthropic/echo"}
    names["relay, Gemini"] = "gemini/echo"
    connections = {name: http.client.HTTPConnection("127.0.0.1", lab if name == "lab" else relay) for name in names}
    figures: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(runs + 10):
        for name, model in names.items():
            figures[name].append(first_byte_ms(connections[name], model))
    direct_ms = statistics.median(figures["lab"][10:])
    for name, all_ms in figures.items():
        median_ms = statistics.median(all_ms[10:])
        print(f"{name:18} first byte after {median_ms:5.2f} ms, added {median_ms - direct_ms:5.2f} ms")


def resident_mb(process: subprocess.Popen[str]) -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
    return int(found[1]) / 1000 if found else 0.0


def at_once(relay: int, process: subprocess.Popen[str], model: str) -> None:
    def ask(answers: list[bytes]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", relay, timeout=120)
        body = json.dumps({"model": model, "stream": True, "messages": [{"role": "user", "content": "hello"}]})
        connection.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
        answers.append(connection.getresponse().read())
        connection.close()

    print(f"{model}: {resident_mb(process):.1f} MB before")
    for turn in range(1, ROUNDS + 1):
        answers: list[bytes] = []
        threads = [threading.Thread(target=ask, args=(answers,)) for _ in range(STREAMS)]
        began_s = time.monotonic()
        for thread in threads:
            thread.start()
        time.sleep(1)
        during_mb = resident_mb(process)
        for thread in threads:
            thread.join()
        whole = sum(answer.rstrip().endswith(b"data: [DONE]") for answer in answers)
        print(
            f"  round {turn}: {whole} of {STREAMS} whole after {time.monotonic() - began_s:.1f} s, "
            f"{during_mb:.1f} MB during, {resident_mb(process):.1f} MB after"
        )


def main() -> None:
    runs = numbers(runs=300).runs
    with tempfile.TemporaryDirectory() as home:
        env = {"PATH": os.environ["PATH"], "HOME": home, **KEYS}
        lab, lab_port = started(["lab", "serve"], env)
        url = f"http://127.0.0.1:{lab_port}"
        env |= {"OPENAI_BASE_URL": f"{url}/v1", "ANTHROPIC_BASE_URL": url, "GEMINI_BASE_URL": f"{url}/v1beta"}
        relay, relay_port = started(["serve", "-m", "openai/echo"], env)
        try:
            delays(lab_port, relay_port, runs)
            for model in ("openai/slow", "anthropic/slow"):
                at_once(relay_port, relay, model)
        finally:
            for process in (relay, lab):
                process.terminate()
                process.wait()


if __name__ == "__main__":
    main()
