"""How long a session takes to its prompt, against a bare prompt_toolkit prompt in the same run.

    python benchmarks/prompt.py [--runs 15] [--command COMMAND]

Each program is started in turn in a pseudo-terminal with an empty home folder; the clock stops when its prompt is on
the screen. Medians of wall-clock time; the last line is the ratio. In COMMAND, HOME stands for that folder.
"""

from __future__ import annotations

import argparse
import os
import pty
import select
import shlex
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

BARE = """
from prompt_toolkit import PromptSession
PromptSession("> ").prompt()
"""
ROOT = Path(__file__).parents[1]
NOWHERE = "--provider ollama --base-url http://127.0.0.1:9/v1 -m none"  # before a question nothing is sent
TIMEOUT_S = 20.0


def seconds_to_prompt(command: list[str], home: str) -> float:
    """From the start of the process to its prompt. The blank after it is not written, but stepped over."""
    env = {"PATH": os.environ["PATH"], "HOME": home, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
    started_s = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(home)
        os.execvpe(command[0], command, env)
    seen = b""
    try:
        while b">" not in seen:
            left_s = started_s + TIMEOUT_S - time.perf_counter()
            if left_s <= 0 or not select.select([terminal], [], [], left_s)[0]:
                raise SystemExit(f"no prompt from {command}: {seen!r}")
            seen += os.read(terminal, 65536)
        return time.perf_counter() - started_s
    except OSError as error:
        raise SystemExit(f"{command} ended: {seen.decode(errors='replace')}") from error
    finally:
        os.kill(pid, signal.SIGKILL)
        os.close(terminal)
        os.waitpid(pid, 0)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--command", default=f"{sys.executable} -m chatbot {NOWHERE}")
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        script = Path(home) / "bare.py"
        script.write_text(BARE)
        clients = {
            "interpreter alone": [sys.executable, "-c", "input('> ')"],
            "bare prompt_toolkit": [sys.executable, str(script)],
            "session": shlex.split(words.command.replace("HOME", home)),
        }
        figures: dict[str, list[float]] = {name: [] for name in clients}
        for _ in range(words.runs + 1):  # the first one warms the caches
            for name, command in clients.items():
                figures[name].append(seconds_to_prompt(command, home))
    medians = {name: statistics.median(values[1:]) for name, values in figures.items()}
    for name, median_s in medians.items():
        print(f"{name:20} {median_s * 1000:6.1f} ms to the prompt")
    print(f"ratio to bare prompt_toolkit: {medians['session'] / medians['bare prompt_toolkit']:.2f}")


if __name__ == "__main__":
    main()
