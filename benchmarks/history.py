"""What the history loses when its process is killed, and what it costs when it is full.

    python benchmarks/history.py [--kills 20] [--turns 100000]

1. Answers of ten seconds, a token every ten milliseconds, in processes that are killed with -9 at a random moment. Each
   writes every token to a pipe before it hands it to the history; lost is what came and is not in the database.
2. Four processes with a hundred turns each, at once.
3. Opening, beginning a turn, the last conversation, a page of the list and searches, in an empty history and in one of
   many turns: CPU and elapsed milliseconds, medians, each time with the file opened anew.
"""

from __future__ import annotations

import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from clients import numbers

from chatbot.core.events import Finished, Verdict
from chatbot.outside.history.store import History

COMPLETE = Finished(Verdict.COMPLETE, "stop")
ANSWER_S, TOKEN_S = 10.0, 0.01
RUNS = 15

WRITER = f"""
import os, sys, time
from pathlib import Path
from chatbot.outside.history.store import History
history = History(Path(sys.argv[1]), now=time.time, clock=time.monotonic, warn=lambda text: sys.exit(text))
writing = history.begin(None, "a long question")
started_s = time.monotonic()
for number in range({round(ANSWER_S / TOKEN_S)}):
    time.sleep(max(0.0, started_s + number * {TOKEN_S} - time.monotonic()))
    os.write(1, b".")
    writing.add(f"{{number}} ")
time.sleep(60)
"""

# Common and rare words as in a language: word number n is said about once in n words.
WORDS = [f"{syllable}{number}" for number in range(400) for syllable in ("ka", "lo", "mi", "ne", "ru")]
WEIGHTS = [1 / (number + 1) for number in range(len(WORDS))]


class WithoutFts5(sqlite3.Connection):
    """An SQLite in which FTS5 is not compiled in."""

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        if "turn_words" in sql:
            raise sqlite3.OperationalError("no such module: fts5")
        return super().execute(sql, *args)


def open_history(folder: Path, kind: type[sqlite3.Connection] = sqlite3.Connection) -> History:
    def connect(*args: Any, **options: Any) -> sqlite3.Connection:
        return sqlite3.connect(*args, factory=kind, **options)

    return History(folder, now=time.time, clock=time.monotonic, warn=sys.exit, connect=connect)


def show_kills(folder: Path, count: int) -> None:
    """All at once: nearly all of their time is waiting."""
    folders = [folder / str(number) for number in range(count)]
    processes = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE, text=True)
        for folder in folders
    ]
    for process in processes:
        assert process.stdout
        process.stdout.read(1)
    begun_s = time.monotonic()
    order = sorted((random.uniform(0.2, ANSWER_S), number) for number in range(count))
    for at_s, number in order:
        time.sleep(max(0.0, begun_s + at_s - time.monotonic()))
        processes[number].kill()
    losses = []
    for at_s, number in order:
        received = 1 + len(processes[number].communicate()[0])
        connection = sqlite3.connect(folders[number] / "history.db")
        (integrity,) = connection.execute("PRAGMA integrity_check").fetchone()
        connection.close()
        history = open_history(folders[number])
        [turn] = history.conversation(history.last_conversation_id() or "").turns
        history.close()
        stored = len(turn.answer.split())
        assert turn.answer.split() == [str(token) for token in range(stored)]
        losses.append((received - stored) * TOKEN_S * 1000)
        print(
            f"killed after {at_s:5.2f} s: {received:4} tokens came, {stored:4} stored,"
            f" {losses[-1]:5.0f} ms lost, integrity {integrity}"
        )
    print(f"most lost in {count} runs: {max(losses):.0f} ms; median {statistics.median(losses):.0f} ms\n")


def show_four_processes(folder: Path) -> None:
    started_s = time.monotonic()
    pids = []
    for process in range(4):
        pid = os.fork()
        if pid == 0:
            history = open_history(folder)
            for number in range(100):
                writing = history.begin(None, f"question {process}.{number}")
                writing.add("an answer")
                writing.finish(COMPLETE)
            os._exit(0)
        pids.append(pid)
    statuses = [os.waitpid(pid, 0)[1] for pid in pids]
    history = open_history(folder)
    print(
        f"4 processes with 100 turns each: {history.stats().turns} turns in {time.monotonic() - started_s:.2f} s,"
        f" statuses {statuses}\n"
    )
    history.close()


def fill(folder: Path, count: int) -> None:
    """Conversations of five turns, each with an answer of about 900 characters, as an import brings them."""
    chance = random.Random(0)
    history = open_history(folder)

    def text(size: int) -> str:
        return " ".join(chance.choices(WORDS, WEIGHTS, k=size))

    turn = {"provider": "p", "verdict": "complete", "reasoning": "", "images": [], "failures": [], "attempts": 1}
    usage = {"input_tokens": 50, "output_tokens": 200}
    history.import_(
        {
            "format": "chat-conversation-1",
            "id": "",
            "created_s": 1e9 + number,
            "updated_s": 1e9 + number,
            "title": f"question {number}",
            "images": {},
            "turns": [
                {
                    **turn,
                    "created_s": 1e9 + number,
                    "model": f"m{number % 4}",
                    "question": f"needle {text(15)}" if number % 5_000 == 0 else text(15),
                    "answer": text(150),
                    "usage": usage,
                }
                for _ in range(5)
            ],
        }
        for number in range(count // 5)
    )
    history.close()


def measured(
    folder: Path, action: Callable[[History], object], kind: type[sqlite3.Connection] = sqlite3.Connection
) -> tuple[float, float]:
    """CPU and elapsed ms, medians, of an action on a history that was just opened."""
    figures = []
    for _ in range(RUNS):
        history = open_history(folder, kind)
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        action(history)
        figures.append((time.process_time() - cpu_s, time.perf_counter() - wall_s))
        history.close()
    cpu, wall = (statistics.median(column) * 1000 for column in zip(*figures, strict=True))
    return cpu, wall


def whole_turn(history: History) -> None:
    writing = history.begin(None, "a question")
    for _ in range(8):
        writing.add("some more of the answer ")
        writing.flush()
    writing.finish(COMPLETE)


def resume(history: History) -> None:
    conversation = history.conversation(history.last_conversation_id() or "")
    assert conversation.turns


ACTIONS: dict[str, Callable[[History], object]] = {
    "open, last id": lambda history: history.last_conversation_id(),
    "last conversation": resume,
    "begin": lambda history: history.begin(None, "a question"),
    "begin, 8 flushes, finish": whole_turn,
    "list of 50": lambda history: history.conversations(50),
    "search, rare word": lambda history: history.search("needle", 20),
    "search, common word": lambda history: history.search("ka0", 20),
    "search, two words": lambda history: history.search("mi3 ru9", 20),
    "search, beginning": lambda history: history.search("ka1", 20),
    "search, nothing": lambda history: history.search("nothing", 20),
    "stats": lambda history: history.stats(),
}


def show_costs(empty: Path, full: Path, count: int) -> None:
    history = open_history(empty)
    history.begin(None, "a question").finish(COMPLETE)
    history.close()
    started_s = time.monotonic()
    fill(full, count)
    size_mb = (full / "history.db").stat().st_size / 1e6
    print(f"{count} turns imported in {time.monotonic() - started_s:.0f} s, {size_mb:.0f} MB")
    print(f"{'ms, median of ' + str(RUNS):28}{'empty: CPU':>12}{'elapsed':>9}{'full: CPU':>12}{'elapsed':>9}")
    for name, action in ACTIONS.items():
        figures = (*measured(empty, action), *measured(full, action))
        print(f"{name:28}{figures[0]:12.2f}{figures[1]:9.2f}{figures[2]:12.2f}{figures[3]:9.2f}")
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    history = open_history(full)
    history.delete([history.last_conversation_id() or ""])
    history.close()
    cpu, wall = (time.process_time() - cpu_s) * 1000, (time.perf_counter() - wall_s) * 1000
    print(f"{'delete one, once':28}{'':21}{cpu:12.2f}{wall:9.2f}")
    cpu, wall = measured(full, ACTIONS["search, rare word"], WithoutFts5)
    print(f"{'search, rare, without FTS5':28}{'':21}{cpu:12.2f}{wall:9.2f}")


def main() -> None:
    options = numbers(kills=20, turns=100_000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        show_kills(folder / "kills", options.kills)
        show_four_processes(folder / "four")
        show_costs(folder / "empty", folder / "full", options.turns)


if __name__ == "__main__":
    main()
