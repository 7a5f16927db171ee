"""What a press of the Tab key takes, in the real shells where they are there, beside a bare `python -c pass`.

    python benchmarks/completion.py [--runs 15]

The time is that of what the shell runs at the key: its own completion function, with the script of `chat completion`,
a process of `chat`, and what the shell makes of its answer. The history holds a thousand conversations.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chatbot.core.events import Finished, Verdict
from chatbot.outside.history.store import History

LINES = {
    "chat ": [""],
    "chat --": ["--"],
    "chat -m ": ["", "-m"],
    "chat -t ": ["", "-t"],
    "chat -r ": ["", "-r"],
    "chat logs show ": ["", "logs", "show"],
}
# Each runs its completion function often, and prints the milliseconds of each.
BASH = """
. <(chat completion bash)
COMP_TYPE=9 COMP_LINE="$1" COMP_POINT=${{#1}}
for run in $(seq {runs}); do
    before=${{EPOCHREALTIME/./}}; _chat_completion chat '' ''; echo $(( (${{EPOCHREALTIME/./}} - before) / 10 ))
done 2>/dev/null
"""
ZSH = """
zmodload zsh/datetime zsh/zutil
_describe() {{ : }}; compdef() {{ : }}; compset() {{ : }}; _files() {{ : }}
. <(chat completion zsh)
words=(${{(z)1}} ''); CURRENT=$#words PREFIX=''; [[ $1 == *' --' ]] && {{ words=(chat --); CURRENT=2 PREFIX=-- }}
for run in {{1..{runs}}}; do
    before=$EPOCHREALTIME; _chat_completion; echo $(( int((EPOCHREALTIME - before) * 100000) ))
done
"""
FISH = """
chat completion fish | source
for run in (seq {runs})
    set before (date +%s%N); complete -C "$argv[1]" >/dev/null; math -s0 "($(date +%s%N) - $before) / 10000"
end
"""
SHELLS = {"bash": (BASH, ["-c"]), "zsh": ("zmodload zsh/mathfunc\n" + ZSH, ["-f", "-c"]), "fish": (FISH, ["-c"])}


def furnish(home: Path) -> dict[str, str]:
    """A home with a long history and some templates, `chat` on its PATH; its environment."""
    history = History(home / ".local/share/chat", now=time.time, clock=time.monotonic, warn=print)
    for number in range(1000):
        history.begin(None, f"question number {number}", provider="lab", model="echo").finish(
            Finished(Verdict.COMPLETE, "stop"), "An answer."
        )
    history.close()
    templates = home / ".config/chat/templates"
    templates.mkdir(parents=True)
    for number in range(50):
        (templates / f"template-{number}.toml").write_text('system = "x"\n')
    (home / "bin").mkdir()
    (home / "bin/chat").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m chatbot "$@"\n')
    (home / "bin/chat").chmod(0o755)
    return {"HOME": str(home), "PATH": f"{home}/bin:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", "TERM": "xterm"}


def child_cpu_ms() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) * 1000


def alone(words: list[str], env: dict[str, str], runs: int) -> list[float]:
    """The milliseconds of each run of this Python with these words."""
    times = []
    for _ in range(runs):
        before_s = time.perf_counter()
        subprocess.run([sys.executable, *words], env=env, cwd=env["HOME"], check=True, stdout=subprocess.DEVNULL)
        times.append((time.perf_counter() - before_s) * 1000)
    return times


def in_shell(name: str, line: str, env: dict[str, str], runs: int) -> list[float]:
    """The milliseconds of each Tab behind a line."""
    script, options = SHELLS[name]
    words = [name, *options, script.format(runs=runs), *([] if name == "fish" else [name]), line]
    done = subprocess.run(words, env=env, cwd=env["HOME"], capture_output=True, text=True, check=True)
    return [int(number) / 100 for number in done.stdout.split()]


def row(name: str, measure: Callable[..., list[float]], *about: Any) -> None:
    """Least and median time, and CPU of all processes of one run: the other work of the machine is not in it."""
    before_ms = child_cpu_ms()
    times = measure(*about)
    print(
        f"{name:34} {min(times):7.1f} {statistics.median(times):7.1f} {(child_cpu_ms() - before_ms) / len(times):7.1f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        env = furnish(Path(folder))
        print(f"{'':34} {'least':>7} {'median':>7} {'CPU':>7}  ms")
        row("python -c pass", alone, ["-c", "pass"], env, runs)
        for line, words in LINES.items():
            command = ["-m", "chatbot", "completion", "--at", "zsh", *words]
            row(f"the process alone: {line}", alone, command, env, runs)
        for name in filter(shutil.which, SHELLS):
            for line in LINES:
                row(f"{name}: {line}", in_shell, name, line, env, runs)


if __name__ == "__main__":
    main()
